package sockdiag

import (
	"errors"
	"net/netip"
	"syscall"

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
	err := eachOf(dump, rtmNewAddr, ifAddrMsgLen, func(payload []byte) {
		attributes := payload[ifAddrMsgLen:]
		address := findAttribute(attributes, ifaLocal)
		if address == nil {
			address = findAttribute(attributes, ifaAddress)
		}
		if a, ok := netip.AddrFromSlice(address); ok {
			all = append(all, sock.InterfaceAddress{Interface: native.Uint32(payload[4:]), Address: a})
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachOf calls read with the messages of a kind in a dump, whose fixed part is there.
func eachOf(dump []byte, kind uint16, fixed int, read func(payload []byte)) error {
	walk := messages{dump}
	for m, ok := walk.next(); ok; m, ok = walk.next() {
		switch {
		case m.flags&nlmFDumpIntr != 0:
			return ErrInterrupted
		case m.kind != kind:
			continue
		case len(m.payload) < fixed:
			return errCut
		}
		read(m.payload)
	}
	if len(walk.rest) > 0 {
		return errCut
	}
	return nil
}

// DumpEnd reports whether a datagram of NETLINK_ROUTE ends a dump. The error is the
// kernel's, as an errno, or about a message that is not whole.
func DumpEnd(datagram []byte) (ended bool, err error) {
	walk := messages{datagram}
	for m, ok := walk.next(); ok; m, ok = walk.next() {
		if m.kind != nlmsgDone && m.kind != nlmsgError {
			continue
		}
		errno, whole := messageErrno(m.payload)
		switch {
		case !whole:
			return true, errCut
		case errno != 0:
			return true, syscall.Errno(errno)
		}
		return true, nil
	}
	if len(walk.rest) > 0 {
		return true, errCut
	}
	return false, nil
}
