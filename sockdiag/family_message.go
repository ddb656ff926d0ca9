package sockdiag

import "sockeye/sock"

// familyDecoder turns messages about packet, netlink, VSOCK and XDP sockets into
// records.
type familyDecoder struct {
	details sock.Details
	groups  []uint64
	// filtersHidden: the kernel keeps the filters of packet sockets to itself.
	filtersHidden bool
}

// begin resets a record to a socket of a protocol, with a type, an inode and a
// cookie, of which the messages of these families have one each.
func (d *familyDecoder) begin(s *sock.Socket, p sock.Protocol, f sock.Family, of uint8, inode, cookie []byte) {
	s.Reset()
	d.details = sock.Details{}
	s.Protocol, s.Family, s.State, s.Details = p, f, sock.Unconnected, &d.details
	setType(of, s)
	setCookie(cookie, s)
	setInode(uint64(native.Uint32(inode)), s)
}

// numbers sets details from numbers of 32 bits that stand in order. It reports
// whether there are enough of them.
func (d *familyDecoder) numbers(v []byte, in ...sock.Detail) bool {
	if len(v) < 4*len(in) {
		return false
	}
	for i, detail := range in {
		d.details.Set(detail, uint64(native.Uint32(v[4*i:])))
	}
	return true
}

// flags sets details that are bits of a number, from the lowest.
func (d *familyDecoder) flags(bits uint32, in ...sock.Detail) {
	for i, detail := range in {
		d.details.Set(detail, uint64(bits>>i&1))
	}
}
