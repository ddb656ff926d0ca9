package sockdiag

import "sockeye/sock"

// tcpInfoMember says where struct tcp_info (linux/tcp.h) holds a member.
type tcpInfoMember struct {
	field  sock.TCPInfoField
	offset uint16
	size   uint8 // 1, 2, 4 or 8 bytes, in host byte order
}

// tcpInfoLayout is struct tcp_info of Linux 7.0, the newest, but for its bit
// fields; see setBitFields and setECNFields. The struct only ever grew at its
// end, so an older kernel gives a prefix of it. tcpi_last_ack_sent (offset 48) is
// left out: "Not remembered, sorry", the kernel never sets it.
var tcpInfoLayout = [...]tcpInfoMember{
	{sock.TCPInfoState, 0, 1},
	{sock.TCPInfoCAState, 1, 1},
	{sock.TCPInfoRetransmits, 2, 1},
	{sock.TCPInfoProbes, 3, 1},
	{sock.TCPInfoBackoff, 4, 1},
	{sock.TCPInfoOptions, 5, 1},
	{sock.TCPInfoRTO, 8, 4},
	{sock.TCPInfoATO, 12, 4},
	{sock.TCPInfoSndMSS, 16, 4},
	{sock.TCPInfoRcvMSS, 20, 4},
	{sock.TCPInfoUnacked, 24, 4},
	{sock.TCPInfoSacked, 28, 4},
	{sock.TCPInfoLost, 32, 4},
	{sock.TCPInfoRetrans, 36, 4},
	{sock.TCPInfoFackets, 40, 4},
	{sock.TCPInfoLastDataSent, 44, 4},
	{sock.TCPInfoLastDataRecv, 52, 4},
	{sock.TCPInfoLastAckRecv, 56, 4},
	{sock.TCPInfoPMTU, 60, 4},
	{sock.TCPInfoRcvSsthresh, 64, 4},
	{sock.TCPInfoRTT, 68, 4},
	{sock.TCPInfoRTTVar, 72, 4},
	{sock.TCPInfoSndSsthresh, 76, 4},
	{sock.TCPInfoSndCwnd, 80, 4},
	{sock.TCPInfoAdvMSS, 84, 4},
	{sock.TCPInfoReordering, 88, 4},
	{sock.TCPInfoRcvRTT, 92, 4},
	{sock.TCPInfoRcvSpace, 96, 4},
	{sock.TCPInfoTotalRetrans, 100, 4},
	{sock.TCPInfoPacingRate, 104, 8},
	{sock.TCPInfoMaxPacingRate, 112, 8},
	{sock.TCPInfoBytesAcked, 120, 8},
	{sock.TCPInfoBytesReceived, 128, 8},
	{sock.TCPInfoSegsOut, 136, 4},
	{sock.TCPInfoSegsIn, 140, 4},
	{sock.TCPInfoNotsentBytes, 144, 4},
	{sock.TCPInfoMinRTT, 148, 4},
	{sock.TCPInfoDataSegsIn, 152, 4},
	{sock.TCPInfoDataSegsOut, 156, 4},
	{sock.TCPInfoDeliveryRate, 160, 8},
	{sock.TCPInfoBusyTime, 168, 8},
	{sock.TCPInfoRwndLimited, 176, 8},
	{sock.TCPInfoSndbufLimited, 184, 8},
	{sock.TCPInfoDelivered, 192, 4},
	{sock.TCPInfoDeliveredCE, 196, 4},
	{sock.TCPInfoBytesSent, 200, 8},
	{sock.TCPInfoBytesRetrans, 208, 8},
	{sock.TCPInfoDsackDups, 216, 4},
	{sock.TCPInfoReordSeen, 220, 4},
	{sock.TCPInfoRcvOoopack, 224, 4},
	{sock.TCPInfoSndWnd, 228, 4},
	{sock.TCPInfoRcvWnd, 232, 4},
	{sock.TCPInfoRehash, 236, 4},
	{sock.TCPInfoTotalRTO, 240, 2},
	{sock.TCPInfoTotalRTORecoveries, 242, 2},
	{sock.TCPInfoTotalRTOTime, 244, 4},
	{sock.TCPInfoReceivedCE, 248, 4},
	{sock.TCPInfoDeliveredE1Bytes, 252, 4},
	{sock.TCPInfoDeliveredE0Bytes, 256, 4},
	{sock.TCPInfoDeliveredCEBytes, 260, 4},
	{sock.TCPInfoReceivedE1Bytes, 264, 4},
	{sock.TCPInfoReceivedE0Bytes, 268, 4},
	{sock.TCPInfoReceivedCEBytes, 272, 4},
}

// toldOfListener reports whether tcp_get_info sets a member for a listener before
// it returns; the rest is zero there, or stands for something else (tcpi_unacked
// and tcpi_sacked are the accept queue and its limit).
func toldOfListener(f sock.TCPInfoField) bool {
	switch f {
	case sock.TCPInfoState, sock.TCPInfoReordering, sock.TCPInfoSndCwnd,
		sock.TCPInfoPacingRate, sock.TCPInfoMaxPacingRate:
		return true
	}
	return false
}

// tcpInfo reads struct tcp_info: the members that lie wholly inside v.
func (d *inetDecoder) tcpInfo(v []byte, s *sock.Socket) bool {
	if len(v) < 1 {
		return false
	}
	d.info = sock.TCPInfo{}
	listener := v[0] == tcpListen
	if !listener {
		setBitFields(&d.info, v, bigEndianHost)
	}
	for i := range tcpInfoLayout {
		m := &tcpInfoLayout[i]
		if int(m.offset)+int(m.size) > len(v) {
			break
		}
		if !listener || toldOfListener(m.field) {
			d.info.Set(m.field, m.read(v[m.offset:]))
		}
	}
	if !listener {
		setECNFields(&d.info, v, bigEndianHost)
	}
	s.TCPInfo = &d.info
	s.Known |= sock.FieldTCPInfo
	return true
}

// read returns the number that begins v.
func (m *tcpInfoMember) read(v []byte) uint64 {
	switch m.size {
	case 4: // most of them
		return uint64(native.Uint32(v))
	case 8:
		return native.Uint64(v)
	case 2:
		return uint64(native.Uint16(v))
	}
	return uint64(v[0])
}

// setBitFields reads bytes 6 and 7: snd_wscale:4 rcv_wscale:4, then
// delivery_rate_app_limited:1 fastopen_client_fail:2. C fills a byte from its
// low end on a little-endian machine, from its high end on a big-endian one,
// and struct tcp_info does nothing about that.
func setBitFields(t *sock.TCPInfo, v []byte, bigEndian bool) {
	bits := func(b uint8, first, width int) uint64 {
		shift := first
		if bigEndian {
			shift = 8 - first - width
		}
		return uint64(b>>shift) & (1<<width - 1)
	}
	if len(v) > 6 {
		t.Set(sock.TCPInfoSndWscale, bits(v[6], 0, 4))
		t.Set(sock.TCPInfoRcvWscale, bits(v[6], 4, 4))
	}
	if len(v) > 7 {
		t.Set(sock.TCPInfoDeliveryRateAppLimited, bits(v[7], 0, 1))
		t.Set(sock.TCPInfoFastopenClientFail, bits(v[7], 1, 2))
	}
}

// ecnFieldsAt is where tcp_info holds a u32 of bit fields: ecn_mode:2
// accecn_opt_seen:2 accecn_fail_mode:4 options2:24.
const ecnFieldsAt = 276

// optionECN is TCPI_OPT_ECN: ECN was agreed on.
const optionECN = 8

// setECNFields reads the bit fields at the end. Linux 6.18 and 6.19 have two u16
// there instead, which are 0, because those kernels never agree on AccECN: 0 says
// of a connection with ECN that it is theirs, and of another what it says on
// newer ones.
func setECNFields(t *sock.TCPInfo, v []byte, bigEndian bool) {
	if len(v) < ecnFieldsAt+4 {
		return
	}
	word := native.Uint32(v[ecnFieldsAt:])
	if options, _ := t.Get(sock.TCPInfoOptions); word == 0 && options&optionECN != 0 {
		return
	}
	mode, seen, fail, options := word&3, word>>2&3, word>>4&15, word>>8
	if bigEndian {
		mode, seen, fail, options = word>>30, word>>28&3, word>>24&15, word&(1<<24-1)
	}
	t.Set(sock.TCPInfoECNMode, uint64(mode))
	t.Set(sock.TCPInfoAccECNOptSeen, uint64(seen))
	t.Set(sock.TCPInfoAccECNFailMode, uint64(fail))
	t.Set(sock.TCPInfoOptions2, uint64(options))
}
