package sockdiag

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// detailed decodes a connection with more attributes.
func detailed(t *testing.T, attributes ...[]byte) *sock.Socket {
	t.Helper()
	return decodeInet(t, sock.TCP, inetRow{family: afInet, state: tcpEstablished, local: "1.2.3.4:5"}.bytes(attributes...))
}

// TestCongestionInfo decodes each struct of linux/inet_diag.h, also from a kernel
// that has more behind it.
func TestCongestionInfo(t *testing.T) {
	u16 := func(v ...uint16) (b []byte) {
		for _, n := range v {
			b = native.AppendUint16(b, n)
		}
		return b
	}
	for name, c := range map[string]struct {
		attribute []byte
		want      sock.CongestionInfo
	}{
		"vegas": {attribute(inetDiagVegasInfo, u32(1, 7, 2500, 2400)...), sock.CongestionInfo{
			Kind: sock.CongestionVegas, Vegas: sock.VegasInfo{Enabled: true, RTTCount: 7, RTT: 2500, MinRTT: 2400}}},
		"dctcp": {attribute(inetDiagDCTCPInfo, slices.Concat(u16(1, 1), u32(512, 3, 4))...), sock.CongestionInfo{
			Kind: sock.CongestionDCTCP, DCTCP: sock.DCTCPInfo{Enabled: true, CEState: 1, Alpha: 512, ABECN: 3, ABTotal: 4}}},
		"dctcp without ECN": {attribute(inetDiagDCTCPInfo, make([]byte, 16)...), sock.CongestionInfo{Kind: sock.CongestionDCTCP}},
		"bbr": {attribute(inetDiagBBRInfo, u32(5, 1, 40, 739, 512, 99)...), sock.CongestionInfo{
			Kind: sock.CongestionBBR, BBR: sock.BBRInfo{Bandwidth: 1<<32 + 5, MinRTT: 40, PacingGain: 739, CwndGain: 512}}},
	} {
		s := detailed(t, c.attribute)
		if !s.Knows(sock.FieldCongestionInfo) || *s.CongestionInfo != c.want {
			t.Errorf("%s: %+v", name, s.CongestionInfo)
		}
	}
}

func TestTLSInfo(t *testing.T) {
	u16 := func(kind uint16, n uint16) []byte { return attribute(kind, native.AppendUint16(nil, n)...) }
	ulp := func(parts ...[]byte) []byte {
		return attribute(inetDiagULPInfo, slices.Concat(attribute(inetULPInfoName, []byte("tls\x00")...),
			attribute(0x8000|inetULPInfoTLS, slices.Concat(parts...)...))...)
	}
	for name, c := range map[string]struct {
		attribute []byte
		want      sock.TLS
	}{
		"all": {ulp(u16(1, 0x304), u16(2, 52), u16(3, 2), u16(4, 4), attribute(5), attribute(6), u16(9, 9)),
			sock.TLS{Version: "1.3", Cipher: "aes-gcm-256", TxConf: "sw", RxConf: "hw-record", ZeroCopyTx: true, NoPadRx: true}},
		"no keys yet":    {ulp(u16(3, 1), u16(4, 1)), sock.TLS{TxConf: "none", RxConf: "none"}},
		"newer than we":  {ulp(u16(1, 0x305), u16(2, 77), u16(3, 9)), sock.TLS{Version: "0x305", Cipher: "0x4d", TxConf: "0x9"}},
		"old, with SM4":  {ulp(u16(1, 0x303), u16(2, 55), u16(4, 3)), sock.TLS{Version: "1.2", Cipher: "sm4-gcm", RxConf: "hw"}},
		"nothing inside": {ulp(), sock.TLS{}},
	} {
		s := detailed(t, c.attribute)
		if !s.Knows(sock.FieldTLS|sock.FieldULP) || s.ULP != "tls" || *s.TLS != c.want {
			t.Errorf("%s: %q %+v", name, s.ULP, s.TLS)
		}
	}
	if s := detailed(t, attribute(inetDiagULPInfo, attribute(inetULPInfoName, []byte("espintcp\x00")...)...)); s.Knows(sock.FieldTLS) || s.ULP != "espintcp" {
		t.Errorf("%q %+v", s.ULP, s.TLS)
	}
}

// secret is a key that must not be seen anywhere.
var secret = bytes.Repeat([]byte("s3cr3t!-"), 10)

// md5sig is one struct tcp_diag_md5sig.
func md5sig(prefix string) []byte {
	p := netip.MustParsePrefix(prefix)
	b := []byte{afInet, byte(p.Bits())}
	if p.Addr().Is6() {
		b[0] = afInet6
	}
	b = native.AppendUint16(b, uint16(len(secret)))
	b = append(b, p.Addr().AsSlice()...)
	return append(append(b, make([]byte, md5Key-len(b))...), secret...)
}

// TestMD5PeersWithoutTheirKeys: addresses and lengths are read, and of the key there
// is nothing in the record nor in what a dump writes of the message.
func TestMD5PeersWithoutTheirKeys(t *testing.T) {
	keys := slices.Concat(md5sig("192.0.2.7/32"), md5sig("2001:db8::/48"), md5sig("10.0.0.0/8"))
	message := inetRow{family: afInet, state: tcpListen, local: "1.2.3.4:5", inode: 3}.bytes(attribute(inetDiagShutdown, 0),
		attribute(inetDiagMD5Sig, keys...), attribute(inetDiagCong, []byte("cubic\x00")...))
	s := decodeInet(t, sock.TCP, message)
	var got []string
	for _, p := range s.MD5Peers {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{"192.0.2.7/32", "2001:db8::/48", "10.0.0.0/8"}, got); diff != "" || !s.Knows(sock.FieldMD5) {
		t.Errorf("known %v: %s", s.Knows(sock.FieldMD5), diff)
	}
	if text := fmt.Sprintf("%+v", s); bytes.Contains([]byte(text), secret[:8]) {
		t.Error("the record holds the key")
	}
	k := newFakeKernel(t, []delivery{datagram(row(message), done(0))}, []delivery{datagram(done(0))})
	file, rows, errs := dumped(t, k, anyTCP(), nil)
	if len(rows) != 1 || len(errs) > 0 || len(rows[0].MD5Peers) != 3 {
		t.Fatalf("%d rows, errors %v", len(rows), errs)
	}
	if bytes.Contains(file, secret[:8]) {
		t.Error("the dump holds the key")
	}
	again, _, err := readDump(t, file, anyTCP())
	if err != nil || len(again) != 1 || !slices.Equal(again[0].MD5Peers, rows[0].MD5Peers) || again[0].Congestion != "cubic" {
		t.Errorf("read again: %+v, %v", again, err)
	}
}

// TestForgetKeysOfDamage: keys are overwritten in what is cut too.
func TestForgetKeysOfDamage(t *testing.T) {
	for cut := range 130 {
		whole := inetRow{family: afInet}.bytes(attribute(inetDiagMD5Sig, slices.Concat(md5sig("10.0.0.1/32"), md5sig("10.0.0.2/32"))[:70+cut]...))
		forgetKeys(whole)
		if bytes.Contains(whole, secret[:8]) {
			t.Fatalf("%d bytes of keys: the key is there", 70+cut)
		}
		forgetKeys(whole[:cut])
	}
}

func TestSocketOptions(t *testing.T) {
	for _, c := range []struct {
		bytes [2]byte
		big   bool
		want  sock.SocketOptions
	}{
		{[2]byte{0x51, 0xf8}, false, sock.OptionRecvErr | sock.OptionMulticastLoop | sock.OptionMulticastAll},
		{[2]byte{0x02, 0x05}, false, sock.OptionIsICSK | sock.OptionBindAddressNoPort | sock.OptionDeferConnect},
		{[2]byte{0x80, 0x60}, true, sock.OptionRecvErr | sock.OptionRecvErrRFC4884 | sock.OptionDeferConnect},
		{[2]byte{0x01, 0x1f}, true, sock.OptionNoDefrag},
	} {
		if got := socketOptions(c.bytes, c.big); got != c.want {
			t.Errorf("%x, big-endian %v: %b, want %b", c.bytes, c.big, got, c.want)
		}
	}
}
