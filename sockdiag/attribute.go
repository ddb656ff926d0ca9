package sockdiag

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

// broken reports, after the walk, that it ended at something that is not an
// attribute. Fewer bytes than a header are padding, as for the kernel's nla_ok.
func (a *attributes) broken() bool { return len(a.rest) >= nlaHeaderLen }
