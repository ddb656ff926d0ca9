package sockdiag

import "sockeye/sock"

// congestionInfo reads one of union tcp_cc_info: struct tcpvegas_info,
// tcp_dctcp_info or tcp_bbr_info of linux/inet_diag.h. It reports whether the
// attribute was long enough.
func (d *inetDecoder) congestionInfo(kind uint16, v []byte, s *sock.Socket) bool {
	need := 16
	if kind == inetDiagBBRInfo {
		need = 20
	}
	if len(v) < need {
		return false
	}
	at := func(offset int) uint32 { return native.Uint32(v[offset:]) }
	d.congestion = sock.CongestionInfo{}
	switch kind {
	case inetDiagVegasInfo:
		d.congestion.Kind = sock.CongestionVegas
		d.congestion.Vegas = sock.VegasInfo{Enabled: at(0) != 0, RTTCount: at(4), RTT: at(8), MinRTT: at(12)}
	case inetDiagDCTCPInfo:
		d.congestion.Kind = sock.CongestionDCTCP
		d.congestion.DCTCP = sock.DCTCPInfo{
			Enabled: native.Uint16(v) != 0, CEState: native.Uint16(v[2:]), Alpha: at(4), ABECN: at(8), ABTotal: at(12),
		}
	case inetDiagBBRInfo: // the low half of the bandwidth is first, in either byte order
		d.congestion.Kind = sock.CongestionBBR
		d.congestion.BBR = sock.BBRInfo{
			Bandwidth: uint64(at(0)) | uint64(at(4))<<32, MinRTT: at(8), PacingGain: at(12), CwndGain: at(16),
		}
	}
	s.CongestionInfo = &d.congestion
	s.Known |= sock.FieldCongestionInfo
	return true
}
