package sockdiag

import "sockeye/sock"

// tcpInfoMember says where struct tcp_info (linux/tcp.h) holds a member.
type tcpInfoMember struct {
	field  sock.TCPInfoField
	offset uint8
	size   uint8 // 1, 2, 4 or 8 bytes, in host byte order
}

// tcpInfoLayout is struct tcp_info up to tcpi_total_rto_time. The struct only
// ever grew at its end, so an older kernel gives a prefix of it.
// tcpi_last_ack_sent (offset 48) is left out: "Not remembered, sorry", the
// kernel never sets it. Bytes 6 and 7 are bit fields; see setBitFields.
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
	for _, m := range tcpInfoLayout {
		if int(m.offset)+int(m.size) > len(v) {
			continue
		}
		if !listener || toldOfListener(m.field) {
			setMember(&d.info, m, v[m.offset:])
		}
	}
	s.TCPInfo = &d.info
	s.Known |= sock.FieldTCPInfo
	return true
}

func setMember(t *sock.TCPInfo, m tcpInfoMember, v []byte) {
	var n uint64
	switch m.size {
	case 1:
		n = uint64(v[0])
	case 2:
		n = uint64(native.Uint16(v))
	case 4:
		n = uint64(native.Uint32(v))
	case 8:
		n = native.Uint64(v)
	}
	t.Set(m.field, n)
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
