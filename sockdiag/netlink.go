package sockdiag

import (
	"encoding/binary"
)

// struct nlmsghdr of linux/netlink.h, in host byte order:
// len u32, type u16, flags u16, seq u32, pid u32.
const nlmsgHeaderLen = 16

// NLMSG_* types of linux/netlink.h and SOCK_DIAG_BY_FAMILY of linux/sock_diag.h.
const (
	nlmsgNoop        = 1
	nlmsgError       = 2
	nlmsgDone        = 3
	nlmsgOverrun     = 4
	sockDiagByFamily = 20
	sockDestroy      = 21
)

// NLM_F_* flags of linux/netlink.h.
const (
	nlmFRequest  = 0x1
	nlmFAck      = 0x4
	nlmFDumpIntr = 0x10
	nlmFRoot     = 0x100
	nlmFMatch    = 0x200
	nlmFDump     = nlmFRoot | nlmFMatch
)

// native is the byte order of netlink integers.
var native = binary.NativeEndian

// bigEndianHost decides where C puts the first member of a bit field.
var bigEndianHost = native.Uint16([]byte{0, 1}) == 1

// align4 is NLMSG_ALIGN and NLA_ALIGN of linux/netlink.h.
func align4(n int) int { return (n + 3) &^ 3 }

// message is one netlink message; payload is what follows the header.
type message struct {
	kind, flags uint16
	seq, port   uint32
	payload     []byte
}

// messages walks the netlink messages of one datagram. After the walk rest is
// empty, unless the datagram holds something that is not a whole message.
type messages struct{ rest []byte }

// next returns the next whole message, which aliases the datagram.
func (m *messages) next() (message, bool) {
	b := m.rest
	if len(b) < nlmsgHeaderLen {
		return message{}, false
	}
	size := native.Uint32(b)
	if size < nlmsgHeaderLen || uint64(size) > uint64(len(b)) {
		return message{}, false
	}
	// The last message of a datagram may come without its padding.
	m.rest = b[min(align4(int(size)), len(b)):]
	return message{
		kind:    native.Uint16(b[4:]),
		flags:   native.Uint16(b[6:]),
		seq:     native.Uint32(b[8:]),
		port:    native.Uint32(b[12:]),
		payload: b[nlmsgHeaderLen:size],
	}, true
}

// appendHeader appends an nlmsghdr whose length and sequence number are still
// to be set. The port stays 0: the kernel knows who sends.
func appendHeader(b []byte, kind, flags uint16) []byte {
	b = native.AppendUint32(b, 0)
	b = native.AppendUint16(b, kind)
	b = native.AppendUint16(b, flags)
	b = native.AppendUint32(b, 0)
	return native.AppendUint32(b, 0)
}

// seal sets the length and the sequence number of the request that b holds.
func seal(b []byte, seq uint32) {
	native.PutUint32(b, uint32(len(b)))
	native.PutUint32(b[8:], seq)
}

// messageErrno reads the payload of NLMSG_ERROR and NLMSG_DONE: a negative
// errno, or 0 or more if there was no error. The second result is false if the
// payload is too short to hold one.
func messageErrno(payload []byte) (errno uint32, ok bool) {
	if len(payload) < 4 {
		return 0, false
	}
	code := int64(int32(native.Uint32(payload)))
	if code >= 0 {
		return 0, true
	}
	return uint32(-code), true
}

// struct nlattr of linux/netlink.h: len u16 (with this header), type u16, in
// host byte order; the value follows, and padding to four bytes.
const (
	nlaHeaderLen = 4
	nlaTypeMask  = 0x3fff // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
)

// attributes walks the attributes behind the fixed part of a message.
type attributes struct{ rest []byte }

// next returns the next attribute; value aliases the message.
func (a *attributes) next() (kind uint16, value []byte, ok bool) {
	b := a.rest
	if len(b) < nlaHeaderLen {
		return 0, nil, false
	}
	size := int(native.Uint16(b))
	if size < nlaHeaderLen || size > len(b) {
		return 0, nil, false
	}
	a.rest = b[min(align4(size), len(b)):]
	return native.Uint16(b[2:]) & nlaTypeMask, b[nlaHeaderLen:size], true
}

// eachAttribute hands the attributes in b to read, which reports whether one was long
// enough; one that is longer is a newer kernel's. It reports whether each was whole.
func eachAttribute(b []byte, read func(kind uint16, v []byte) bool) (whole bool) {
	whole = true
	for walk := (attributes{b}); ; {
		kind, v, ok := walk.next()
		if !ok {
			return whole && !walk.broken()
		}
		whole = read(kind, v) && whole
	}
}

// findAttribute returns the value of the first attribute of a kind, or nil.
func findAttribute(b []byte, kind uint16) []byte {
	for walk := (attributes{b}); ; {
		k, v, ok := walk.next()
		if !ok || k == kind {
			return v
		}
	}
}

// broken reports, after the walk, that it ended at something that is not an
// attribute. Fewer bytes than a header are padding, as for the kernel's nla_ok.
func (a *attributes) broken() bool { return len(a.rest) >= nlaHeaderLen }
