package sockdiag

import (
	"errors"
	"math"
	"syscall"
	"testing"

	"sockeye/sock"
)

// toldWire gives datagrams and errors in turn.
type toldWire struct {
	told    []any // []byte or error
	dropped []uint32
	waits   int
	failure error // of leaving

	left, closed bool
}

func (w *toldWire) receive(buf []byte, wait bool) ([]byte, error) {
	if wait {
		w.waits++
	}
	if len(w.told) == 0 {
		return nil, syscall.EAGAIN
	}
	next := w.told[0]
	w.told = w.told[1:]
	if err, failed := next.(error); failed {
		return nil, err
	}
	return buf[:copy(buf, next.([]byte))], nil
}

func (w *toldWire) drops() (uint32, error) {
	next := w.dropped[0]
	w.dropped = w.dropped[1:]
	return next, nil
}

func (w *toldWire) leave() error {
	w.left = true
	return w.failure
}

func (w *toldWire) close() { w.closed = true }

// freed is what the kernel tells of a socket (inet_diag_handler_get_info): a row
// with the protocol and the last struct tcp_info.
func freed(protocol byte, r inetRow, more ...[]byte) []byte {
	more = append([][]byte{attribute(inetDiagProtocol, protocol)}, more...)
	return netlinkMessage(sockDiagByFamily, 0, 0, 0, r.bytes(more...))
}

func TestClosings(t *testing.T) {
	tcp := inetRow{family: afInet, state: tcpClose, local: "127.0.0.1:80", remote: "127.0.0.1:4000", cookie: 7,
		rqueue: 5, wqueue: math.MaxUint32, uid: 12, inode: 99, timer: 1}
	info := make([]byte, 240)
	info[0] = tcpClose
	native.PutUint64(info[128:], 1234) // tcpi_bytes_received
	udp := inetRow{family: afInet6, state: tcpClose, local: "[::1]:53", remote: "[::]:0", cookie: 8}
	w := &toldWire{
		told: []any{
			syscall.EINTR,
			append(freed(6, tcp, attribute(inetDiagInfo, info...)), freed(17, udp)...),
			syscall.ENOBUFS, // the queue ran over; it goes on
			freed(132, tcp), // SCTP has no group
			netlinkMessage(sockDiagByFamily, 0, 0, 0, make([]byte, inetMsgLen-1)),
			freed(6, udp),
			syscall.EIO,
		},
		dropped: []uint32{3, 5, 1},
	}
	c := &Closings{wire: w, buf: make([]byte, initialBuffer), seen: math.MaxUint32 - 1}
	if s, err := c.Next(true); s != nil || err != nil {
		t.Errorf("after EINTR: %v, %v", s, err)
	}
	s, err := c.Next(false)
	if err != nil || s == nil {
		t.Fatalf("%v, %v", s, err)
	}
	const told = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldCookie | sock.FieldTCPInfo
	if s.Known != told || s.State != sock.Closed || s.Protocol != sock.TCP || s.Remote.String() != "127.0.0.1:4000" || s.Cookie != 7 {
		t.Errorf("TCP: %+v", s)
	}
	if n, known := s.TCPInfo.Get(sock.TCPInfoBytesReceived); n != 1234 || !known {
		t.Errorf("bytes received: %d, %v", n, known)
	}
	if s, err = c.Next(false); err != nil || s == nil || s.Protocol != sock.UDP || s.Knows(sock.FieldRemote) || s.State != sock.Closed || s.Local.String() != "[::1]:53" {
		t.Errorf("UDP: %+v, %v", s, err)
	}
	if s, err = c.Next(false); err != nil || s == nil || s.Cookie != 8 || s.Protocol != sock.TCP || c.Malformed() != 1 {
		t.Errorf("behind what is left out: %+v, %v, %d not understood", s, err, c.Malformed())
	}
	if s, err = c.Next(false); s != nil || !errors.Is(err, syscall.EIO) {
		t.Errorf("a failure: %v, %v", s, err)
	}
	if s, err = c.Next(false); s != nil || err != nil {
		t.Errorf("nothing: %v, %v", s, err)
	}
	for _, want := range []uint64{5, 7, 7 + math.MaxUint32 - 3} { // the counter wraps
		if lost, err := c.Lost(); lost != want || err != nil {
			t.Errorf("%d lost, %v, want %d", lost, err, want)
		}
	}
	if err := c.Stop(); err != nil || !w.left || w.closed {
		t.Errorf("stopped: %v, left %v, closed %v", err, w.left, w.closed)
	}
	w.failure = syscall.EINVAL
	if err := c.Stop(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a group that cannot be left: %v", err)
	}
	if c.Close(); !w.closed || w.waits != 1 {
		t.Errorf("closed: %v, waited %d times", w.closed, w.waits)
	}
}

func TestGroupsOfAQuery(t *testing.T) {
	q := tcp4()
	q.Protocols, q.Families = sock.Protocols(sock.TCP, sock.UDP, sock.Raw), sock.Families(sock.IPv6)
	if got := groupsOf(q); len(got) != 2 || got[0] != groupTCP6Destroy || got[1] != groupUDP6Destroy {
		t.Errorf("groups %v", got)
	}
}

func FuzzClosings(f *testing.F) {
	row := inetRow{family: afInet, state: tcpClose, local: "127.0.0.1:80", remote: "127.0.0.1:4000", cookie: 7}
	f.Add(freed(6, row, attribute(inetDiagInfo, make([]byte, 240)...)))
	f.Add(freed(17, row))
	f.Add(freed(17, row)[:40])
	f.Fuzz(func(t *testing.T, datagram []byte) {
		w := &toldWire{told: []any{datagram}}
		c := &Closings{wire: w, buf: make([]byte, len(datagram))}
		for {
			s, err := c.Next(false)
			if err != nil {
				t.Fatal(err)
			}
			if s == nil {
				return
			}
			if s.State != sock.Closed || s.Known&^closingFields != 0 || s.Protocol != sock.TCP && s.Protocol != sock.UDP {
				t.Fatalf("%+v", s)
			}
		}
	})
}
