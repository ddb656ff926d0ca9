package sockdiag

import (
	"errors"
	"net/netip"

	"sockeye/sock"
)

// RTM_NEWADDR of linux/rtnetlink.h. The message is a struct ifaddrmsg of
// linux/if_addr.h (family u8, prefixlen u8, flags u8, scope u8, index u32, in host
// byte order) with IFA_* attributes, whose values are in network byte order.
const (
	rtmNewAddr   = 20
	ifAddrMsgLen = 8
	ifaAddress   = 1
	ifaLocal     = 2
)

// ErrInterrupted is the error of a dump that was changed while the kernel made it.
var ErrInterrupted = errors.New("what was listed changed meanwhile (NLM_F_DUMP_INTR)")

var errCut = errors.New("a message is cut")

// InterfaceAddresses reads the messages of a dump of RTM_GETADDR, as NETLINK_ROUTE
// sends them. An address is the interface's own, not that of the peer at the other end
// of a link (IFA_LOCAL where there are both). The error is ErrInterrupted, or about a
// message that is not whole.
func InterfaceAddresses(dump []byte) ([]sock.InterfaceAddress, error) {
	var all []sock.InterfaceAddress
	walk := messages{dump}
	for m, ok := walk.next(); ok; m, ok = walk.next() {
		switch {
		case m.flags&nlmFDumpIntr != 0:
			return nil, ErrInterrupted
		case m.kind != rtmNewAddr:
			continue
		case len(m.payload) < ifAddrMsgLen:
			return nil, errCut
		}
		attributes := m.payload[ifAddrMsgLen:]
		address := findAttribute(attributes, ifaLocal)
		if address == nil {
			address = findAttribute(attributes, ifaAddress)
		}
		if a, ok := netip.AddrFromSlice(address); ok {
			all = append(all, sock.InterfaceAddress{Interface: native.Uint32(m.payload[4:]), Address: a})
		}
	}
	if len(walk.rest) > 0 {
		return nil, errCut
	}
	return all, nil
}
