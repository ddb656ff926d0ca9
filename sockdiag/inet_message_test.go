package sockdiag

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

func decodeInet(t *testing.T, p sock.Protocol, b []byte) *sock.Socket {
	t.Helper()
	d := inetDecoder{protocol: p}
	s := &sock.Socket{Path: "left over", Known: sock.FieldPath}
	if v := d.decode(b, s); v != understood {
		t.Fatalf("parsed %d", v)
	}
	checkRecord(t, s)
	return s
}

func wantSocket(t *testing.T, got, want *sock.Socket) {
	t.Helper()
	equal := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	info := cmp.Comparer(func(a, b *sock.TCPInfo) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) })
	details := cmp.Comparer(func(a, b *sock.Details) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) })
	if diff := cmp.Diff(want, got, equal, info, details); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeEstablished(t *testing.T) {
	row := inetRow{
		family: afInet, state: tcpEstablished, timer: 2, retrans: 3, local: "10.0.0.1:80", remote: "10.0.0.2:4000",
		ifIndex: 7, cookie: 0x0000000500000006, expires: 1500, rqueue: 11, wqueue: 12, uid: 33, inode: 4242,
	}
	got := decodeInet(t, sock.TCP, row.bytes(
		attribute(inetDiagShutdown, 2), attribute(inetDiagMark, u32(0xabcd)...),
		attribute(inetDiagCgroupID, u64(0x123456789)...), attribute(inetDiagCong, []byte("cubic\x00")...),
		attribute(inetDiagULPInfo, attribute(inetULPInfoName, []byte("tls\x00")...)...),
		attribute(inetDiagTOS, 0x10), attribute(inetDiagSKMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)...),
		attribute(inetDiagClassID, u32(0x10001)...), attribute(inetDiagSockOpt, 0xff, 0xff, 0xff),
		attribute(99, 1), // of a newer kernel
	))
	wantSocket(t, got, &sock.Socket{
		Known: sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldMark | sock.FieldRecvQueue |
			sock.FieldSendQueue | sock.FieldInode | sock.FieldUID | sock.FieldCookie | sock.FieldTimer |
			sock.FieldMemory | sock.FieldCongestion | sock.FieldULP | sock.FieldShutdown | sock.FieldTOS | sock.FieldCgroupID |
			sock.FieldClassID | sock.FieldOptions,
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established,
		Local: netip.MustParseAddrPort("10.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.2:4000"),
		IfIndex: 7, Mark: 0xabcd, RecvQueue: 11, SendQueue: 12, Inode: 4242, UID: 33, Cookie: 0x500000006,
		Timer:      sock.Timer{Kind: sock.TimerKeepalive, Expires: 1500 * time.Millisecond, Retransmits: 3},
		Memory:     sock.Memory{RmemAlloc: 1, Rcvbuf: 2, WmemAlloc: 3, Sndbuf: 4, FwdAlloc: 5, WmemQueued: 6, Optmem: 7, Backlog: 8, Drops: 9},
		Congestion: "cubic", ULP: "tls", Shutdown: sock.ShutdownSend, TOS: 0x10, CgroupID: 0x123456789,
		ClassID: 0x10001, Options: 0x7ff,
	})
}

func TestDecodeListener(t *testing.T) {
	row := inetRow{family: afInet6, state: tcpListen, local: "[::]:80", remote: "[::]:0", cookie: 1, rqueue: 3, wqueue: 511, inode: 9}
	got := decodeInet(t, sock.TCP, row.bytes(attribute(inetDiagSKV6Only, 0), attribute(inetDiagTClass, 4)))
	wantSocket(t, got, &sock.Socket{
		Known: sock.FieldLocal | sock.FieldInterface | sock.FieldV6Only | sock.FieldRecvQueue | sock.FieldBacklog | sock.FieldInode |
			sock.FieldUID | sock.FieldCookie | sock.FieldTimer | sock.FieldTrafficClass,
		Protocol: sock.TCP, Family: sock.IPv6, State: sock.Listen, Local: netip.MustParseAddrPort("[::]:80"),
		RecvQueue: 3, Backlog: 511, Inode: 9, Cookie: 1, TrafficClass: 4,
	})
}

func TestDecodeTimeWait(t *testing.T) {
	row := inetRow{
		family: afInet6, state: tcpTimeWait, timer: 3, local: "[::ffff:10.0.0.1]:80", remote: "[::ffff:10.0.0.2]:9",
		cookie: inetDiagNoCookie, expires: 59_000, uid: 5,
	}
	wantSocket(t, decodeInet(t, sock.TCP, row.bytes()), &sock.Socket{
		Known:    sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldTimer,
		Protocol: sock.TCP, Family: sock.IPv6, State: sock.TimeWait,
		Local: netip.MustParseAddrPort("10.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.2:9"),
		Timer: sock.Timer{Kind: sock.TimerTimeWait, Expires: 59 * time.Second},
	})
}

func TestDecodeCookieHalves(t *testing.T) {
	for cookie, known := range map[uint64]bool{
		inetDiagNoCookie: false, 0xffffffff: true, 0xffffffff00000000: true, 0: true,
	} {
		s := decodeInet(t, sock.UDP, inetRow{family: afInet, state: tcpClose, cookie: cookie}.bytes())
		if s.Knows(sock.FieldCookie) != known || known && s.Cookie != cookie {
			t.Errorf("%#x: %#x known %v", cookie, s.Cookie, s.Knows(sock.FieldCookie))
		}
	}
}

func TestDecodeStates(t *testing.T) {
	for _, c := range []struct {
		p     sock.Protocol
		state uint8
		local string
		want  sock.State
	}{
		{sock.TCP, tcpClose, "10.0.0.1:80", sock.Bound},
		{sock.TCP, tcpBoundInactive, "10.0.0.1:80", sock.Bound},
		{sock.TCP, tcpClose, "", sock.Closed},
		{sock.TCP, tcpNewSynRecv, "10.0.0.1:80", sock.SynReceived},
		{sock.TCP, tcpSynRecv, "10.0.0.1:80", sock.SynReceived},
		{sock.TCP, tcpFinWait2, "10.0.0.1:80", sock.FinWait2},
		{sock.TCP, 0, "10.0.0.1:80", sock.StateUnknown},
		{sock.TCP, 14, "10.0.0.1:80", sock.StateUnknown},
		{sock.UDP, tcpClose, "10.0.0.1:80", sock.Unconnected},
		{sock.UDPLite, tcpEstablished, "10.0.0.1:80", sock.Established},
		{sock.Raw, tcpClose, "10.0.0.1:80", sock.Unconnected},
	} {
		s := decodeInet(t, c.p, inetRow{family: afInet, state: c.state, local: c.local}.bytes())
		if s.State != c.want {
			t.Errorf("%v state %d: %v, want %v", c.p, c.state, s.State, c.want)
		}
	}
}

// TestDecodeNoPeer: what a socket kept of a peer that it no longer has is none.
func TestDecodeNoPeer(t *testing.T) {
	for _, c := range []struct {
		p     sock.Protocol
		state uint8
		known bool
	}{
		{sock.TCP, tcpListen, false}, {sock.TCP, tcpClose, false}, {sock.TCP, tcpEstablished, true},
		{sock.TCP, tcpTimeWait, true}, {sock.UDP, tcpClose, false}, {sock.UDP, tcpEstablished, true},
	} {
		s := decodeInet(t, c.p, inetRow{family: afInet, state: c.state, local: "10.0.0.1:80", remote: "10.0.0.2:4000"}.bytes())
		if s.Knows(sock.FieldRemote) != c.known {
			t.Errorf("%v in state %v knows a remote end: %v, want %v", c.p, s.State, !c.known, c.known)
		}
	}
}

func TestDecodeRawProtocol(t *testing.T) {
	row := inetRow{family: afInet, state: tcpClose, local: "0.0.0.0:1"}
	s := decodeInet(t, sock.Raw, row.bytes(attribute(inetDiagProtocol, 255)))
	if s.Local.Port() != 255 {
		t.Errorf("protocol %d, want 255", s.Local.Port())
	}
}

func TestDecodeTimers(t *testing.T) {
	for number, want := range map[uint8]sock.TimerKind{
		0: sock.TimerOff, 1: sock.TimerOn, 2: sock.TimerKeepalive, 3: sock.TimerTimeWait, 4: sock.TimerPersist,
		5: sock.TimerUnknown, 255: sock.TimerUnknown,
	} {
		s := decodeInet(t, sock.TCP, inetRow{family: afInet, state: tcpEstablished, timer: number, expires: 4e9, local: "1.2.3.4:5"}.bytes())
		if s.Timer.Kind != want || want != sock.TimerOff && s.Timer.Expires != 4e9*time.Millisecond {
			t.Errorf("timer %d: %+v, want %v", number, s.Timer, want)
		}
	}
}

func TestDecodeShortAttributes(t *testing.T) {
	for name, bad := range map[string][]byte{
		"mark": attribute(inetDiagMark, 1, 2, 3), "cgroup": attribute(inetDiagCgroupID, 1, 2, 3, 4),
		"shutdown": attribute(inetDiagShutdown), "info": attribute(inetDiagInfo),
		"class": attribute(inetDiagClassID, 1, 2), "options": attribute(inetDiagSockOpt, 1),
		"vegas": attribute(inetDiagVegasInfo, make([]byte, 15)...), "bbr": attribute(inetDiagBBRInfo, make([]byte, 16)...),
		"keys":     attribute(inetDiagMD5Sig, make([]byte, 99)...),
		"tls":      attribute(inetDiagULPInfo, attribute(inetULPInfoTLS, attribute(tlsInfoCipher, 1)...)...),
		"length 3": u32(0x00030003), "length beyond": {0xff, 0xff, 0, 0},
	} {
		d := inetDecoder{protocol: sock.TCP}
		var s sock.Socket
		b := inetRow{family: afInet, state: tcpListen, local: "1.2.3.4:5"}.bytes(attribute(inetDiagTOS, 1), bad)
		if v := d.decode(b, &s); v != damaged || s.TOS != 1 {
			t.Errorf("%s: parsed %d, tos %d", name, v, s.TOS)
		}
		checkRecord(t, &s)
	}
	// Old kernels tell eight values, without the drops.
	s := decodeInet(t, sock.UDP, inetRow{family: afInet, state: tcpClose}.bytes(attribute(inetDiagSKMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8)...)))
	if s.Knows(sock.FieldMemory) {
		t.Error("drops are told that the kernel did not tell")
	}
}
