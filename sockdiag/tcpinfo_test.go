package sockdiag

import (
	"bytes"
	"testing"

	"sockeye/sock"
)

// tcpInfoLen is how long struct tcp_info of Linux 7.0 is.
const tcpInfoLen = 280

// tcpInfoBytes is a struct tcp_info in which each member but the bit fields
// holds its offset, to the given length.
func tcpInfoBytes(length int) []byte {
	b := make([]byte, tcpInfoLen)
	for _, m := range tcpInfoLayout {
		switch at := b[m.offset:]; m.size {
		case 1:
			at[0] = byte(m.offset)
		case 2:
			native.PutUint16(at, uint16(m.offset))
		case 4:
			native.PutUint32(at, uint32(m.offset))
		case 8:
			native.PutUint64(at, uint64(m.offset))
		}
	}
	b[0] = tcpEstablished
	return b[:length]
}

func decodeInfo(t *testing.T, v []byte) *sock.TCPInfo {
	t.Helper()
	return decodeInet(t, sock.TCP, inetRow{family: afInet, state: tcpEstablished, local: "1.2.3.4:5"}.bytes(attribute(inetDiagInfo, v...))).TCPInfo
}

// TestTCPInfoOffsets checks some members against offsets counted by hand in
// linux/tcp.h, and that the table has no gap and no overlap but for what is
// said not to be read.
func TestTCPInfoOffsets(t *testing.T) {
	info := decodeInfo(t, tcpInfoBytes(tcpInfoLen))
	for f, offset := range map[sock.TCPInfoField]uint64{
		sock.TCPInfoRTO: 8, sock.TCPInfoRTT: 68, sock.TCPInfoPacingRate: 104, sock.TCPInfoMinRTT: 148,
		sock.TCPInfoDeliveryRate: 160, sock.TCPInfoBytesSent: 200, sock.TCPInfoSndWnd: 228, sock.TCPInfoTotalRTOTime: 244,
		sock.TCPInfoReceivedCE: 248, sock.TCPInfoDeliveredE0Bytes: 256, sock.TCPInfoReceivedCEBytes: 272,
	} {
		if got, ok := info.Get(f); !ok || got != offset {
			t.Errorf("%v: %d, %v, want %d", f, got, ok, offset)
		}
	}
	end := 0
	for _, m := range tcpInfoLayout {
		if gap := int(m.offset) - end; gap != 0 && !(end == 6 && gap == 2) && !(end == 48 && gap == 4) {
			t.Errorf("%v: %d bytes lie between offset %d and %d", m.field, gap, end, m.offset)
		}
		end = int(m.offset) + int(m.size)
	}
	if end != ecnFieldsAt {
		t.Errorf("the struct ends at %d, want %d", end, ecnFieldsAt)
	}
	for f := range sock.TCPInfoFieldCount {
		if _, ok := info.Get(f); ok == (f == sock.TCPInfoLastAckSent) {
			t.Errorf("%v is known: %v", f, ok)
		}
	}
}

// TestTCPInfoLengths gives every length: only members wholly inside are facts.
func TestTCPInfoLengths(t *testing.T) {
	for length := 1; length <= tcpInfoLen; length++ {
		info := decodeInfo(t, tcpInfoBytes(length))
		for _, m := range tcpInfoLayout {
			_, ok := info.Get(m.field)
			if inside := int(m.offset)+int(m.size) <= length; ok != inside {
				t.Fatalf("%d bytes: %v known %v", length, m.field, ok)
			}
		}
		if _, ok := info.Get(sock.TCPInfoECNMode); ok != (length >= tcpInfoLen) {
			t.Fatalf("%d bytes: the mode of ECN is known: %v", length, ok)
		}
	}
}

// TestTCPInfoOfANewerKernel: what is behind the members that are known changes none
// of them.
func TestTCPInfoOfANewerKernel(t *testing.T) {
	want := decodeInfo(t, tcpInfoBytes(tcpInfoLen))
	for _, more := range []int{1, 3, 8, 200} {
		longer := append(tcpInfoBytes(tcpInfoLen), bytes.Repeat([]byte{0xa5}, more)...)
		if got := decodeInfo(t, longer); *got != *want {
			t.Errorf("%d bytes more: %+v, want %+v", more, got, want)
		}
	}
}

func TestTCPInfoBitFields(t *testing.T) {
	// What gcc stores for wscale 7,9 and app_limited 1, fastopen_client_fail 2.
	for _, c := range []struct {
		big   bool
		bytes [2]byte
	}{{false, [2]byte{0x97, 0x05}}, {true, [2]byte{0x79, 0xc0}}} {
		var info sock.TCPInfo
		setBitFields(&info, append(make([]byte, 6), c.bytes[:]...), c.big)
		for f, want := range map[sock.TCPInfoField]uint64{
			sock.TCPInfoSndWscale: 7, sock.TCPInfoRcvWscale: 9,
			sock.TCPInfoDeliveryRateAppLimited: 1, sock.TCPInfoFastopenClientFail: 2,
		} {
			if got, ok := info.Get(f); !ok || got != want {
				t.Errorf("big-endian %v: %v is %d, want %d", c.big, f, got, want)
			}
		}
	}
}

// TestTCPInfoECNFields: the bit fields of Linux 7.0, and the zeros of 6.18, where
// two other members stood.
func TestTCPInfoECNFields(t *testing.T) {
	fields := []sock.TCPInfoField{sock.TCPInfoECNMode, sock.TCPInfoAccECNOptSeen, sock.TCPInfoAccECNFailMode, sock.TCPInfoOptions2}
	for name, c := range map[string]struct {
		big     bool
		options uint64
		word    uint32
		want    []uint64 // nil: not known
	}{
		"little-endian":         {false, 8, 0x0123456<<8&0xffffff00 | 9<<4 | 1<<2 | 2, []uint64{2, 1, 9, 0x123456}},
		"big-endian":            {true, 8, 2<<30 | 1<<28 | 9<<24 | 0x123456, []uint64{2, 1, 9, 0x123456}},
		"without ECN":           {false, 7, 0, []uint64{0, 0, 0, 0}},
		"ECN on Linux 6.18":     {false, 8, 0, nil},
		"RFC 3168 on Linux 7.0": {false, 8, 1, []uint64{1, 0, 0, 0}},
	} {
		v := tcpInfoBytes(tcpInfoLen)
		native.PutUint32(v[ecnFieldsAt:], c.word)
		var info sock.TCPInfo
		info.Set(sock.TCPInfoOptions, c.options)
		setECNFields(&info, v, c.big)
		for i, f := range fields {
			if got, ok := info.Get(f); ok != (c.want != nil) || ok && got != c.want[i] {
				t.Errorf("%s: %v is %d, known: %v", name, f, got, ok)
			}
		}
	}
}

// TestTCPInfoWithoutAValue: what stands for none is not known: all ones, in every
// member that is wide enough to be sure, and TCP_INFINITE_SSTHRESH.
func TestTCPInfoWithoutAValue(t *testing.T) {
	v := tcpInfoBytes(tcpInfoLen)
	for i := 8; i < len(v); i++ {
		v[i] = 0xff
	}
	info := decodeInfo(t, v)
	for _, m := range tcpInfoLayout {
		if n, ok := info.Get(m.field); ok != (m.size < 4) {
			t.Errorf("%v of %d bytes is %d, known: %v", m.field, m.size, n, ok)
		}
	}
	native.PutUint32(v[76:], 0x7fffffff)
	if n, ok := decodeInfo(t, v).Get(sock.TCPInfoSndSsthresh); ok {
		t.Errorf("TCP_INFINITE_SSTHRESH is %d", n)
	}
	native.PutUint32(v[76:], 0x7ffffffe)
	if n, ok := decodeInfo(t, v).Get(sock.TCPInfoSndSsthresh); !ok || n != 0x7ffffffe {
		t.Errorf("a threshold is %d, known: %v", n, ok)
	}
}

// TestTCPInfoWidths: the layout and the table of members agree.
func TestTCPInfoWidths(t *testing.T) {
	for _, m := range tcpInfoLayout {
		if want := m.field.Member().Bytes; m.size != want {
			t.Errorf("%v has %d bytes, want %d", m.field, m.size, want)
		}
	}
}

// TestTCPInfoOfAListener: most members are zero or alias others there.
func TestTCPInfoOfAListener(t *testing.T) {
	v := tcpInfoBytes(tcpInfoLen)
	v[0] = tcpListen
	info := decodeInfo(t, v)
	for f, want := range map[sock.TCPInfoField]bool{
		sock.TCPInfoState: true, sock.TCPInfoSndCwnd: true, sock.TCPInfoMaxPacingRate: true,
		sock.TCPInfoUnacked: false, sock.TCPInfoSacked: false, sock.TCPInfoRTT: false, sock.TCPInfoSndWscale: false,
	} {
		if _, ok := info.Get(f); ok != want {
			t.Errorf("%v known: %v, want %v", f, ok, want)
		}
	}
}

// TestTCPInfoOfUDP: only TCP gives a tcp_info.
func TestTCPInfoOfUDP(t *testing.T) {
	decodeInet(t, sock.UDP, inetRow{family: afInet, state: tcpClose}.bytes(attribute(inetDiagInfo, tcpInfoBytes(tcpInfoLen)...), attribute(inetDiagCong, 'x')))
}
