package sockdiag

import "sockeye/sock"

// dccpInfo reads struct tcp_info as DCCP fills it (dccp_get_info, and get_info of
// the two kinds of congestion control, net/dccp): few members, and those of time
// only by the half of the connection that measures them. The rest is zero and
// stands for nothing.
func (d *inetDecoder) dccpInfo(v []byte, s *sock.Socket) bool {
	if !d.tcpInfo(v, s) {
		return false
	}
	all := d.info
	d.info = sock.TCPInfo{}
	for _, f := range [...]sock.TCPInfoField{
		sock.TCPInfoState, sock.TCPInfoRetransmits, sock.TCPInfoProbes, sock.TCPInfoBackoff, sock.TCPInfoOptions, sock.TCPInfoPMTU,
	} {
		if value, known := all.Get(f); known {
			d.info.Set(f, value)
		}
	}
	for _, f := range [...]sock.TCPInfoField{sock.TCPInfoRTO, sock.TCPInfoRTT, sock.TCPInfoRcvRTT} {
		if value, known := all.Get(f); known && value != 0 {
			d.info.Set(f, value)
		}
	}
	return true
}
