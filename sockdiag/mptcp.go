package sockdiag

import "sockeye/sock"

// mptcpInfo reads struct mptcp_info of linux/mptcp.h. Of a listener an older kernel
// tells the limits, a newer one nothing (seen on 6.1 and 6.18): a zero says nothing.
func (d *inetDecoder) mptcpInfo(v []byte, s *sock.Socket) {
	d.numbers = sock.Numbers{}
	readNumbers(&d.numbers, sock.MPTCPInfoMembers, 0, len(sock.MPTCPInfoMembers), v)
	if s.State == sock.Listen {
		d.numbers = d.numbers.WithoutZeros()
		if d.numbers == (sock.Numbers{}) {
			return
		}
	}
	s.MPTCPInfo = &d.numbers
	s.Known |= sock.FieldMPTCPInfo
}

// mptcpSubflow reads the attributes MPTCP_SUBFLOW_ATTR_* of linux/mptcp.h. A
// listener has none, and the kernel then leaves their nest empty.
func (d *inetDecoder) mptcpSubflow(v []byte, s *sock.Socket) {
	d.numbers = sock.Numbers{}
	eachAttribute(v, func(kind uint16, value []byte) bool {
		for i := range sock.MPTCPSubflowMembers {
			m := &sock.MPTCPSubflowMembers[i]
			if m.Offset == kind && int(m.Size) <= len(value) {
				setNumber(&d.numbers, i, m, value)
				s.MPTCPSubflow = &d.numbers
				s.Known |= sock.FieldMPTCPSubflow
			}
		}
		return true
	})
}
