package sockdiag

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// option asks for a socket option as bytes.
func option(t *testing.T, fd, level, name int) []byte {
	t.Helper()
	b := make([]byte, 256)
	size := uint32(len(b))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		t.Fatalf("getsockopt %d/%d: %v", level, name, errno)
	}
	return b[:size]
}

// TestLiveCongestionInfo: what a listing says of vegas, dctcp and bbr is what
// getsockopt(TCP_CC_INFO) says, for each of them that the kernel has; reno has no
// details.
func TestLiveCongestionInfo(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	kinds := map[string]sock.CongestionKind{
		"reno": sock.CongestionOther, "vegas": sock.CongestionVegas, "dctcp": sock.CongestionDCTCP, "bbr": sock.CongestionBBR,
	}
	attributeOf := map[sock.CongestionKind]uint16{
		sock.CongestionVegas: inetDiagVegasInfo, sock.CongestionDCTCP: inetDiagDCTCPInfo, sock.CongestionBBR: inetDiagBBRInfo,
	}
	for name, kind := range kinds {
		client, _ := connection(t, unix.AF_INET, listening, loopback4)
		if err := unix.SetsockoptString(client, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name); errors.Is(err, unix.ENOENT) {
			t.Logf("this kernel has no %s", name)
			continue
		} else {
			must(t, "TCP_CONGESTION "+name, err)
		}
		for range 20 {
			must(t, "write", unix.Sendto(client, make([]byte, 3000), 0, nil))
		}
		s := withInode(t, collect(t, everything(sock.TCP)), client)
		// Without ECN dctcp calls itself dctcp-reno.
		told, _, _ := bytes.Cut(option(t, client, unix.IPPROTO_TCP, unix.TCP_CONGESTION), []byte{0})
		if s.Congestion != string(told) || s.Knows(sock.FieldCongestionInfo) != (kind != sock.CongestionOther) {
			t.Errorf("%s: %s, the socket says %q, details %+v", name, s.Congestion, told, s.CongestionInfo)
			continue
		}
		if kind == sock.CongestionOther {
			continue
		}
		const tcpCCInfo = 26 // linux/tcp.h
		var d inetDecoder
		var want sock.Socket
		if !d.congestionInfo(attributeOf[kind], option(t, client, unix.IPPROTO_TCP, tcpCCInfo), &want) || *s.CongestionInfo != *want.CongestionInfo {
			t.Errorf("%s: %+v, want %+v", name, s.CongestionInfo, want.CongestionInfo)
		}
		if c := s.CongestionInfo; kind == sock.CongestionBBR && (c.BBR.PacingGain == 0 || c.BBR.CwndGain == 0) {
			t.Errorf("bbr without gains: %+v", c.BBR)
		}
	}
}

// TestLiveTLS gives a connection keys for sending, where the kernel has TLS.
func TestLiveTLS(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	client, server := connection(t, unix.AF_INET, listening, loopback4)
	err := unix.SetsockoptString(client, unix.IPPROTO_TCP, unix.TCP_ULP, "tls")
	hasTLS, hasCipher := !errors.Is(err, unix.ENOENT), false
	if hasTLS {
		must(t, "TCP_ULP", err)
		info := native.AppendUint16(nil, 0x304)
		info = append(native.AppendUint16(info, 51), bytes.Repeat(secret[:8], 5)[:36]...) // struct tls12_crypto_info_aes_gcm_128
		const tlsTX = 1
		if err = unix.SetsockoptString(client, unix.SOL_TLS, tlsTX, string(info)); errors.Is(err, unix.ENOENT) {
			t.Log("this kernel has no AES-GCM")
		} else {
			must(t, "TLS_TX", err)
			hasCipher = true
		}
	}
	all := collect(t, everything(sock.TCP))
	c, s := withInode(t, all, client), withInode(t, all, server)
	if c.Knows(sock.FieldTLS) != hasTLS || s.Knows(sock.FieldTLS) {
		t.Fatalf("the kernel has TLS: %v; client knows %v, server knows %v", hasTLS, c.Knows(sock.FieldTLS), s.Knows(sock.FieldTLS))
	}
	if want := (sock.TLS{Version: "1.3", Cipher: "aes-gcm-128", TxConf: "sw", RxConf: "none"}); hasTLS && (hasCipher && *c.TLS != want || c.ULP != "tls" || c.TLS.RxConf != "none") {
		t.Errorf("ulp %s, %+v", c.ULP, c.TLS)
	}
}

// TestLiveMD5 gives a listener keys for an address and for a network: both are
// told, and the keys are not.
func TestLiveMD5(t *testing.T) {
	ownNetns(t)
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	want := []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, p := range want {
		if !setMD5(t, listening, p) {
			t.Log("this kernel has no TCP MD5 signatures")
			want = nil
			break
		}
	}
	s := withInode(t, collect(t, everything(sock.TCP)), listening)
	got := slices.Clone(s.MD5Peers)
	slices.SortFunc(got, func(a, b netip.Prefix) int { return b.Bits() - a.Bits() })
	if !slices.Equal(got, want) || s.Knows(sock.FieldMD5) != (want != nil) {
		t.Errorf("peers %v, want %v", got, want)
	}
	if bytes.Contains(fmt.Appendf(nil, "%+v", s), secret[:8]) {
		t.Error("the record holds the key")
	}
}

// setMD5 gives a socket a key for the segments of a prefix, with TCP_MD5SIG_EXT of
// linux/tcp.h, and reports whether the kernel can.
func setMD5(t *testing.T, fd int, p netip.Prefix) bool {
	t.Helper()
	sig := make([]byte, 128+8+80) // struct tcp_md5sig
	native.PutUint16(sig, unix.AF_INET)
	copy(sig[4:], p.Addr().AsSlice())
	sig[128], sig[129] = unix.TCP_MD5SIG_FLAG_PREFIX, byte(p.Bits())
	native.PutUint16(sig[130:], uint16(len(secret)))
	copy(sig[136:], secret)
	err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG_EXT, string(sig))
	if errors.Is(err, unix.ENOPROTOOPT) {
		return false
	}
	must(t, "TCP_MD5SIG_EXT", err)
	return true
}

// TestLiveSocketOptions sets each option of a socket alone: the listing tells that
// one, beside those that a new socket has.
func TestLiveSocketOptions(t *testing.T) {
	ownNetns(t)
	const (
		ipRecvErrRFC4884 = 26 // linux/in.h
		usual            = sock.OptionMulticastLoop | sock.OptionMulticastAll
	)
	names := map[sock.SocketOptions]struct{ kind, name, value int }{
		0:                            {unix.SOCK_DGRAM, unix.IP_TTL, 9},
		sock.OptionRecvErr:           {unix.SOCK_DGRAM, unix.IP_RECVERR, 1},
		sock.OptionFreebind:          {unix.SOCK_DGRAM, unix.IP_FREEBIND, 1},
		sock.OptionMulticastLoop:     {unix.SOCK_DGRAM, unix.IP_MULTICAST_LOOP, 0},
		sock.OptionTransparent:       {unix.SOCK_DGRAM, unix.IP_TRANSPARENT, 1},
		sock.OptionMulticastAll:      {unix.SOCK_DGRAM, unix.IP_MULTICAST_ALL, 0},
		sock.OptionBindAddressNoPort: {unix.SOCK_DGRAM, unix.IP_BIND_ADDRESS_NO_PORT, 1},
		sock.OptionRecvErrRFC4884:    {unix.SOCK_DGRAM, ipRecvErrRFC4884, 1},
	}
	fds := map[sock.SocketOptions]int{}
	for o, n := range names {
		fds[o] = socket(t, unix.AF_INET, n.kind, 0)
		defer unix.Close(fds[o])
		must(t, "setsockopt", unix.SetsockoptInt(fds[o], unix.IPPROTO_IP, n.name, n.value))
		must(t, "SO_PRIORITY", unix.SetsockoptInt(fds[o], unix.SOL_SOCKET, unix.SO_PRIORITY, 5))
		must(t, "connect", unix.Connect(fds[o], loopback4(9)))
	}
	all := collect(t, everything(sock.UDP))
	for o, fd := range fds {
		s := withInode(t, all, fd)
		if want := usual ^ o; !s.Knows(sock.FieldOptions) || s.Options != want {
			t.Errorf("options %b, want %b", s.Options, want)
		}
		if !s.Knows(sock.FieldClassID) || s.ClassID != 5 {
			t.Errorf("class %d, want the priority 5", s.ClassID)
		}
	}
	listening := listener(t, unix.AF_INET, loopback4(0), 5)
	if s := withInode(t, collect(t, everything(sock.TCP)), listening); s.Options&sock.OptionIsICSK == 0 {
		t.Errorf("options of TCP %b", s.Options)
	}
}
