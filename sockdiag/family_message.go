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
	if n := native.Uint32(inode); n != 0 {
		s.Inode = uint64(n)
		s.Known |= sock.FieldInode
	}
}

// each walks the attributes behind the fixed part of a message. read reports whether
// one was long enough; one that is longer is a newer kernel.
func (d *familyDecoder) each(b []byte, read func(kind uint16, v []byte) bool) parsed {
	result := understood
	walk := attributes{b}
	for {
		kind, value, ok := walk.next()
		if !ok {
			break
		}
		if !read(kind, value) {
			result = damaged
		}
	}
	if walk.broken() {
		return damaged
	}
	return result
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

// setQueues reads what the memory of a socket tells of its queues, and the rest of
// it: u32[SK_MEMINFO_VARS] of linux/sock_diag.h.
func setQueues(v []byte, s *sock.Socket) bool {
	if len(v) < 12 {
		return false
	}
	s.RecvQueue, s.SendQueue = native.Uint32(v), native.Uint32(v[8:])
	s.Known |= sock.FieldRecvQueue | sock.FieldSendQueue
	setMemory(v, s)
	return true
}

// setUser reads the number of a user.
func setUser(v []byte, s *sock.Socket) bool {
	if len(v) < 4 {
		return false
	}
	s.UID = native.Uint32(v)
	s.Known |= sock.FieldUID
	return true
}

// setDevice reads the index of the device that a socket is bound to.
func setDevice(v []byte, s *sock.Socket) {
	s.IfIndex = native.Uint32(v)
	s.Known |= sock.FieldInterface
}
