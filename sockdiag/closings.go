package sockdiag

import (
	"errors"
	"syscall"

	"sockeye/sock"
)

// The groups of linux/sock_diag.h that are told of each socket when the kernel frees
// it.
const (
	groupTCP4Destroy = 1 // SKNLGRP_INET_TCP_DESTROY
	groupUDP4Destroy = 2 // SKNLGRP_INET_UDP_DESTROY
	groupTCP6Destroy = 3 // SKNLGRP_INET6_TCP_DESTROY
	groupUDP6Destroy = 4 // SKNLGRP_INET6_UDP_DESTROY
)

// closingProtocols are those that have groups, by IPPROTO_* of linux/in.h.
var closingProtocols = map[uint8]sock.Protocol{6: sock.TCP, 17: sock.UDP}

// closingFields is what is told of a socket that is freed. It has no inode and no
// user any more, and nothing in its queues means anything.
const closingFields = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldCookie | sock.FieldTCPInfo

// groupsOf returns the groups of the tables that a query asks; none for tables
// without.
func groupsOf(q sock.Query) []uint {
	var groups []uint
	for t := range q.Tables {
		switch t {
		case sock.Table{Protocol: sock.TCP, Family: sock.IPv4}:
			groups = append(groups, groupTCP4Destroy)
		case sock.Table{Protocol: sock.UDP, Family: sock.IPv4}:
			groups = append(groups, groupUDP4Destroy)
		case sock.Table{Protocol: sock.TCP, Family: sock.IPv6}:
			groups = append(groups, groupTCP6Destroy)
		case sock.Table{Protocol: sock.UDP, Family: sock.IPv6}:
			groups = append(groups, groupUDP6Destroy)
		}
	}
	return groups
}

// closingWire is a netlink socket that has joined groups. Its errors are the
// operating system's.
type closingWire interface {
	// receive returns one datagram in buf: with wait it waits a moment for it. If
	// there is none the error is EAGAIN.
	receive(buf []byte, wait bool) (datagram []byte, err error)
	// leave leaves the groups. What was told before can still be received.
	leave() error
	// drops returns how many messages had no room in the socket's queue; it wraps.
	drops() (uint32, error)
	close()
}

// Closings tells of TCP and UDP sockets as the kernel frees them, with their last
// struct tcp_info (Linux 4.3; any user may know). It is used by one goroutine.
type Closings struct {
	wire      closingWire
	buf       []byte
	datagram  messages
	decoder   inetDecoder
	record    sock.Socket
	malformed int
	seen      uint32 // of the wire's drops
	lost      uint64
}

// Closings begins to tell of the sockets of the tables that a query asks. What was
// closed before is not told. The error wraps [sock.ErrUnavailable] where the system
// or the kernel has no such groups.
func (s *Source) Closings(env *sock.Environment, q sock.Query) (*Closings, error) {
	c := &Closings{buf: make([]byte, initialBuffer)}
	err := env.Do(func() (err error) {
		c.wire, err = openClosings(groupsOf(q))
		return err
	})
	if err != nil {
		return nil, &opError{"subscribe", err}
	}
	return c, nil
}

// Next returns the next socket, whose record is valid until the next call; nil if
// there is none: with wait it waits a moment for one. A queue that ran over is no
// error; see [Closings.Lost].
func (c *Closings) Next(wait bool) (*sock.Socket, error) {
	for {
		for m, ok := c.datagram.next(); ok; m, ok = c.datagram.next() {
			if m.kind != sockDiagByFamily {
				continue
			}
			if s := c.read(m.payload); s != nil {
				return s, nil
			}
		}
		datagram, err := c.wire.receive(c.buf, wait)
		switch {
		case err == nil:
			c.datagram = messages{datagram}
		case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.EAGAIN):
			return nil, nil
		case errors.Is(err, syscall.ENOBUFS):
		default:
			return nil, &opError{"receive", err}
		}
	}
}

// read reads a message about a socket that was freed; nil if it is none of those that
// are meant, or cannot be understood.
func (c *Closings) read(payload []byte) *sock.Socket {
	if len(payload) < inetMsgLen {
		c.malformed++
		return nil
	}
	protocol := sock.ProtocolUnknown
	if v := findAttribute(payload[inetMsgLen:], inetDiagProtocol); len(v) > 0 {
		protocol = closingProtocols[v[0]]
	}
	if protocol == sock.ProtocolUnknown {
		return nil
	}
	s := &c.record
	c.decoder.protocol = protocol
	if c.decoder.decode(payload, s) == rejected {
		c.malformed++
		return nil
	}
	// A message of a listing that says CLOSED with a port means Bound, and a peer
	// there is a leftover. Here the socket has had both to its end.
	s.State = sock.Closed
	s.Known &= closingFields
	if _, remote := ends(payload, s.Family); remote.Port() != 0 {
		s.Remote, s.Known = remote, s.Known|sock.FieldRemote
	}
	return s
}

// Lost returns how many sockets the kernel could not tell of so far, since nobody
// read fast enough.
func (c *Closings) Lost() (uint64, error) {
	now, err := c.wire.drops()
	if err != nil {
		return c.lost, &opError{"getsockopt", err}
	}
	c.lost += uint64(now - c.seen)
	c.seen = now
	return c.lost, nil
}

// Stop ends the telling: [Closings.Next] returns what the kernel has told until then.
func (c *Closings) Stop() error {
	if err := c.wire.leave(); err != nil {
		return &opError{"leave", err}
	}
	return nil
}

// Malformed returns how many messages were not understood.
func (c *Closings) Malformed() int { return c.malformed }

// Close frees what it holds.
func (c *Closings) Close() { c.wire.close() }
