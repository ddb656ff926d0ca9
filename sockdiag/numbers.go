package sockdiag

import "sockeye/sock"

// readNumbers reads those of the members from first to before end that lie wholly
// inside v, their structure. A shorter one is an older kernel's, a longer one a newer
// kernel's.
func readNumbers(n *sock.Numbers, members []sock.Member, first, end int, v []byte) {
	for i := first; i < end; i++ {
		m := &members[i]
		if int(m.Offset)+int(m.Size) <= len(v) && int(m.Since) <= len(v) {
			setNumber(n, i, m, v[m.Offset:])
		}
	}
}

// setNumber sets a member to what v begins with.
func setNumber(n *sock.Numbers, i int, m *sock.Member, v []byte) {
	value := integer(v, m.Size)
	if m.Kind == sock.MemberFlag {
		value = min(value, 1)
	}
	if value != 0 || !m.Untold {
		n.Set(i, value)
	}
}

// integer reads 1, 2, 4 or 8 bytes in host byte order.
func integer(v []byte, size uint16) uint64 {
	switch size {
	case 1:
		return uint64(v[0])
	case 2:
		return uint64(native.Uint16(v))
	case 4:
		return uint64(native.Uint32(v))
	}
	return native.Uint64(v)
}
