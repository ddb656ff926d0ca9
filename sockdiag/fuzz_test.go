package sockdiag

import (
	"reflect"
	"slices"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// inetProtocols are the protocols that the inet decoder serves.
var inetProtocols = [...]sock.Protocol{sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.MPTCP, sock.DCCP}

func FuzzInetMessage(f *testing.F) {
	f.Add(uint8(0), established(1))
	f.Add(uint8(0), inetRow{family: afInet6, state: tcpListen, local: "[::]:80", rqueue: 1, wqueue: 9, inode: 3}.
		bytes(attribute(inetDiagSKV6Only, 1), attribute(inetDiagInfo, tcpInfoBytes(248)...)))
	f.Add(uint8(0), inetRow{family: afInet6, state: tcpTimeWait, timer: 3, local: "[::ffff:1.2.3.4]:80", remote: "[::ffff:1.2.3.5]:8"}.bytes())
	f.Add(uint8(1), inetRow{family: afInet, state: tcpClose, local: "0.0.0.0:53"}.
		bytes(attribute(inetDiagSKMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...), attribute(inetDiagCong, 'x', 0)))
	f.Add(uint8(3), inetRow{family: afInet, state: tcpClose}.bytes(attribute(inetDiagProtocol, 1), []byte{9, 0, 1}))
	f.Add(uint8(4), inetRow{family: afInet, state: tcpEstablished}.bytes(attribute(inetDiagInfo, mptcpInfoBytes(96)...)))
	f.Add(uint8(5), inetRow{family: afInet, state: dccpPartOpen}.bytes(attribute(inetDiagInfo, tcpInfoBytes(248)...)))
	f.Add(uint8(0), inetRow{family: afInet, state: tcpEstablished}.bytes(attribute(inetDiagULPInfo, attribute(inetULPInfoMPTCP, attribute(2, 1, 2, 3, 4)...)...)))
	f.Add(uint8(0), inetRow{family: afInet, state: tcpEstablished, local: "1.2.3.4:5"}.bytes(attribute(inetDiagMD5Sig, md5sig("10.0.0.0/8")...),
		attribute(inetDiagBBRInfo, u32(5, 1, 40, 739, 512)...), attribute(inetDiagULPInfo, attribute(inetULPInfoTLS, attribute(1, 4, 3)...)...)))
	f.Fuzz(func(t *testing.T, protocol uint8, b []byte) {
		d := inetDecoder{protocol: inetProtocols[int(protocol)%len(inetProtocols)]}
		var s sock.Socket
		if d.decode(b, &s) == rejected {
			return
		}
		checkRecord(t, &s)
		// A second reading of the same bytes, into what the first left, is the same.
		first := s.Clone()
		if d.decode(b, &s); !reflect.DeepEqual(first, &s) {
			t.Errorf("read twice: %+v, then %+v", first, s)
		}
		forgetKeys(b)
	})
}

func FuzzUnixMessage(f *testing.F) {
	f.Add(unixRow{kind: 1, state: tcpEstablished, inode: 77, cookie: 1}.bytes(
		attribute(unixDiagName, []byte("/run/a\x00")...), attribute(unixDiagPeer, u32(78)...), attribute(unixDiagRQLen, u32(5, 6)...)))
	f.Add(unixRow{kind: 5, state: tcpListen, inode: 1}.bytes(attribute(unixDiagName, []byte("\x00abstract")...), attribute(unixDiagUID, u32(3)...), attribute(unixDiagIcons, u32(3, 0)...), attribute(unixDiagVFS, u32(3, 4)...)))
	f.Add(unixRow{kind: 2, state: tcpClose, inode: 1}.bytes(attribute(unixDiagMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...), attribute(unixDiagName, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := unixDecoder{peers: map[uint64]string{78: "/run/peer"}}
		var s sock.Socket
		if d.decode(b, &s) == rejected {
			return
		}
		checkRecord(t, &s)
		first := s.Clone()
		if d.decode(b, &s); !reflect.DeepEqual(first, &s) {
			t.Errorf("read twice: %+v, then %+v", first, s)
		}
	})
}

// FuzzDump replays arbitrary bytes as what the kernel sends.
func FuzzDump(f *testing.F) {
	message := func(kind uint16, payload []byte) []byte { return netlinkMessage(kind, 0, 1, testPort, payload) }
	f.Add(slices.Concat(message(sockDiagByFamily, established(1)), message(nlmsgDone, errnoPayload(0))))
	f.Add(message(nlmsgError, append(errnoPayload(-2), make([]byte, 16)...)))
	f.Add(message(nlmsgDone, errnoPayload(-2)))
	f.Add(slices.Concat(netlinkMessage(sockDiagByFamily, nlmFDumpIntr, 1, testPort, established(1)), message(nlmsgOverrun, nil), message(99, nil)))
	f.Add(message(sockDiagByFamily, established(1))[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		// The walk ends where it must: nothing is read twice or behind the end.
		walk, total := messages{b}, 0
		for {
			m, ok := walk.next()
			if !ok {
				break
			}
			total += nlmsgHeaderLen + len(m.payload)
		}
		if total+len(walk.rest) > len(b) {
			t.Fatalf("%d bytes of messages and %d left in %d", total, len(walk.rest), len(b))
		}
		k := &fakeKernel{t: t, scripts: [][]delivery{{{raw: b}}, {{raw: b}}, {{raw: b}}, {{raw: b}}}}
		rows, failures := 0, 0
		for s, err := range socktest.Rows(t.Context(), k.source(), here, tcp4()) {
			if _, part := err.(*sock.Partial); failures > 0 {
				t.Errorf("the stream goes on after its end: %v, %v", s, err)
			} else if err != nil && !part {
				failures++
			} else if err == nil {
				rows++
				checkRecord(t, s)
			}
		}
		if k.opened != k.closed {
			t.Errorf("%d opened, %d closed", k.opened, k.closed)
		}
	})
}
