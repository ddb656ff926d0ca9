package platform

import (
	"net/netip"

	"sockeye/sock"
)

// listeners knows the listening sockets of the machine by port, to say whose
// accept queue a connection waits in. They are asked for at the first such
// connection: the kernel then gives its listeners alone, which is cheap.
type listeners struct {
	load   func() []*sock.Socket
	loaded bool
	byPort map[uint16][]*sock.Socket
}

// of returns the inodes of the sockets that the connection can be waiting for:
// more than one if the port is shared (SO_REUSEPORT), none if it is not known.
func (l *listeners) of(s *sock.Socket) []uint64 {
	if !l.loaded {
		l.loaded = true
		l.byPort = map[uint16][]*sock.Socket{}
		for _, listener := range l.load() {
			port := listener.Local.Port()
			l.byPort[port] = append(l.byPort[port], listener)
		}
	}
	var inodes []uint64
	best := 0
	for _, listener := range l.byPort[s.Local.Port()] {
		if listener.Knows(sock.FieldNetns) && listener.Netns.Inode != s.Netns.Inode {
			continue
		}
		score := accepts(listener, s)
		if score == 0 || score < best || listener.Inode == 0 {
			continue
		}
		if score > best {
			best, inodes = score, inodes[:0]
		}
		inodes = append(inodes, listener.Inode)
	}
	return inodes
}

// accepts says how well a listener fits a connection, as compute_score of
// net/ipv4/inet_hashtables.c does: 0 not at all, more for an exact address.
func accepts(listener, s *sock.Socket) int {
	if listener.Protocol != s.Protocol || listener.Family != s.Family {
		return 0
	}
	bound := listener.Local.Addr()
	switch {
	case bound == s.Local.Addr():
		return 2
	case bound == netip.IPv4Unspecified(), bound == netip.IPv6Unspecified():
		return 1
	}
	return 0
}
