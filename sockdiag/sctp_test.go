package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sockeye/sock"
)

// sockaddrs is struct sockaddr_storage[], with a port that nobody reads.
func sockaddrs(addresses ...string) (b []byte) {
	for _, text := range addresses {
		a := netip.MustParseAddr(text)
		v := make([]byte, sockaddrLen)
		binary.BigEndian.PutUint16(v[2:], 7001)
		if a.Is4() {
			native.PutUint16(v, afInet)
			copy(v[4:], a.AsSlice())
		} else {
			native.PutUint16(v, afInet6)
			copy(v[8:], a.AsSlice())
		}
		b = append(b, v...)
	}
	return b
}

// sctpInfoBytes is struct sctp_info as C lays it out, each member with a value of
// its own.
func sctpInfoBytes() []byte {
	b := u32(0xaabbccdd, 3, 65536)
	for _, v := range []uint16{1, 2, 3, 4} {
		b = native.AppendUint16(b, v)
	}
	b = append(b, u32(5, 6, 7, 8, 9, 10, 11, 0x11223344)...)
	b = append(b, 0x77, 1, 0, 0)
	for i := range uint64(14) {
		b = append(b, u64(100+i)...)
	}
	b = append(b, sockaddrs("10.0.0.2")...)
	b = append(b, u32(2, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210)...)
	b = native.AppendUint16(b, 211)
	b = append(b, 0, 0)
	b = append(b, u32(301, 302, 303)...)
	b = append(b, 1, 0, 1, 2)
	return append(b, u32(2, 0)...)
}

func decodeSCTP(t *testing.T, b []byte) *sock.Socket {
	t.Helper()
	var d decoder
	s := &sock.Socket{Path: "left over", Known: sock.FieldPath}
	if v := sctpMessage(handlerOf(sock.SCTP), &d, b, s); v != understood {
		t.Fatalf("parsed %d", v)
	}
	checkRecord(t, s)
	return s
}

func TestSCTPAssociation(t *testing.T) {
	row := inetRow{family: afInet, state: 3, timer: sctpTimerT3, retrans: 5, expires: 1500, ifIndex: 2, cookie: 9,
		local: "10.0.0.1:7001", remote: "10.0.0.2:4000", rqueue: 332, wqueue: 12, inode: 1859}
	info := sctpInfoBytes()
	if len(info) != 368 {
		t.Fatalf("struct sctp_info has %d bytes", len(info))
	}
	s := decodeSCTP(t, row.bytes(attribute(inetDiagLocals, sockaddrs("10.0.0.1", "192.168.0.1")...),
		attribute(inetDiagPeers, sockaddrs("192.168.0.2", "10.0.0.2")...), attribute(inetDiagInfo, info...)))
	if s.State != sock.Established || s.Local.String() != "10.0.0.1:7001" || s.Remote.String() != "10.0.0.2:4000" ||
		s.RecvQueue != 332 || s.SendQueue != 12 || s.Knows(sock.FieldBacklog) || s.Knows(sock.FieldInterface) || s.Inode != 1859 {
		t.Errorf("%+v", s)
	}
	if want := (sock.Timer{Kind: sock.TimerOn, Expires: 1500 * time.Millisecond, Retransmits: 5}); s.Timer != want {
		t.Errorf("timer %+v", s.Timer)
	}
	i := s.SCTPInfo
	if i.State != sock.SCTPEstablished || i.Primary != "10.0.0.2" ||
		!slices.Equal(i.Peers, []netip.Addr{netip.MustParseAddr("192.168.0.2"), netip.MustParseAddr("10.0.0.2")}) || len(i.Locals) != 2 {
		t.Errorf("%+v", i)
	}
	want := map[string]uint64{"tag": 0xaabbccdd, "rwnd_bytes": 65536, "unackdata": 1, "penddata": 2, "instrms": 3, "outstrms": 4,
		"fragmentation_point_bytes": 5, "inqueue": 6, "outqueue": 7, "overall_error": 8, "max_burst": 9, "maxseg_bytes": 10,
		"peer_rwnd_bytes": 11, "peer_tag": 0x11223344, "peer_capable": 0x77, "peer_sack": 1,
		"isacks": 100, "osacks": 101, "opackets": 102, "ipackets": 103, "rtxchunks": 104, "outofseqtsns": 105, "idupchunks": 106,
		"gapcnt": 107, "ouodchunks": 108, "iuodchunks": 109, "oodchunks": 110, "iodchunks": 111, "octrlchunks": 112, "ictrlchunks": 113,
		"p_state": 2, "p_cwnd_bytes": 201, "p_srtt_ms": 202, "p_rto_ms": 203, "p_hbinterval_ms": 204, "p_pathmaxrxt": 205,
		"p_sackdelay_ms": 206, "p_sackfreq": 207, "p_ssthresh_bytes": 208, "p_partial_bytes_acked": 209, "p_flight_size_bytes": 210, "p_error": 211,
		"s_autoclose_seconds": 301, "s_adaptation_ind": 302, "s_pd_point_bytes": 303, "s_nodelay": 1, "s_disable_fragments": 0,
		"s_v4mapped": 1, "s_frag_interleave": 2, "s_type": 2}
	for n, m := range sock.SCTPInfoMembers {
		if v, known := i.Get(n); !known || v != want[m.Name] {
			t.Errorf("%s is %d, known %v; want %d", m.Name, v, known, want[m.Name])
		}
		delete(want, m.Name)
	}
	if len(want) > 0 {
		t.Errorf("no members: %v", want)
	}
	// What a shorter struct does not have is not known.
	s = decodeSCTP(t, row.bytes(attribute(inetDiagPeers, sockaddrs("10.0.0.2")...), attribute(inetDiagInfo, info[:60]...)))
	for n, m := range sock.SCTPInfoMembers {
		if _, known := s.SCTPInfo.Get(n); known != (m.Offset+m.Size <= 60) {
			t.Errorf("%s is known %v of 60 bytes", m.Name, known)
		}
	}
	if s.SCTPInfo.Primary != "" || s.SCTPInfo.Locals == nil && s.Local.String() != "10.0.0.1:7001" {
		t.Errorf("%+v, %+v", s, s.SCTPInfo)
	}
}

// TestSCTPStates: an association has the state of TCP that is like its own.
func TestSCTPStates(t *testing.T) {
	want := []sock.State{sock.Closed, sock.SynSent, sock.SynSent, sock.Established, sock.FinWait1, sock.FinWait2, sock.CloseWait, sock.LastAck}
	names := []string{"closed", "cookie_wait", "cookie_echoed", "established", "shutdown_pending", "shutdown_sent", "shutdown_received", "shutdown_ack_sent"}
	for kernel := range uint8(10) {
		row := inetRow{family: afInet, state: kernel, local: "10.0.0.1:1", remote: "10.0.0.2:2", inode: 1}
		s := decodeSCTP(t, row.bytes(attribute(inetDiagPeers, sockaddrs("10.0.0.2")...), attribute(inetDiagInfo)))
		state, name := sock.StateUnknown, ""
		if int(kernel) < len(want) {
			state, name = want[kernel], names[kernel]
		}
		if s.State != state || sock.SCTPStateNames()[s.SCTPInfo.State] != name || !s.Knows(sock.FieldRemote) || s.Remote.String() != "10.0.0.2:2" {
			t.Errorf("state %d: %v, %d, %v", kernel, s.State, s.SCTPInfo.State, s.Remote)
		}
	}
}

// TestSCTPListener: the address is that of the socket, of which the fixed part may
// hold what an association over IPv4 left there, and struct sctp_info its options.
func TestSCTPListener(t *testing.T) {
	row := inetRow{family: afInet6, state: tcpListen, local: "[::ffff:127.0.0.1]:7003", rqueue: 2, wqueue: 5, cookie: 11, inode: 1864}
	s := decodeSCTP(t, row.bytes(attribute(inetDiagSKV6Only, 0), attribute(inetDiagLocals, sockaddrs("::")...), attribute(inetDiagInfo, sctpInfoBytes()...)))
	if s.State != sock.Listen || s.Local.String() != "[::]:7003" || s.RecvQueue != 2 || s.Backlog != 5 || s.Knows(sock.FieldRemote) ||
		s.SCTPInfo.State != sock.SCTPNoState || s.SCTPInfo.Primary != "" {
		t.Errorf("%+v, %+v", s, s.SCTPInfo)
	}
	for n, m := range sock.SCTPInfoMembers {
		if _, known := s.SCTPInfo.Get(n); known != (m.Name[:2] == "s_") {
			t.Errorf("%s is known %v of a listener", m.Name, known)
		}
	}
}

// TestSCTPMixedFamilies: an IPv6 socket has associations over IPv4, for whose
// addresses the fixed part has no place.
func TestSCTPMixedFamilies(t *testing.T) {
	locals := attribute(inetDiagLocals, sockaddrs("127.0.0.1", "::1")...)
	row := inetRow{family: afInet6, state: 3, local: "[::]:7003", remote: "[::]:39781", cookie: 11, inode: 1864}
	for peer, want := range map[string]string{"127.0.0.1": "127.0.0.1:7003 127.0.0.1:39781", "::1": "[::1]:7003 [::1]:39781"} {
		s := decodeSCTP(t, row.bytes(locals, attribute(inetDiagPeers, sockaddrs(peer)...)))
		if got := s.Local.String() + " " + s.Remote.String(); got != want || s.Family != sock.IPv6 {
			t.Errorf("%s: %s", peer, got)
		}
	}
	linkLocal := inetRow{family: afInet6, state: 3, ifIndex: 7, local: "[fe80::1]:1", remote: "[fe80::2]:2", inode: 1}
	s := decodeSCTP(t, linkLocal.bytes(attribute(inetDiagLocals, sockaddrs("fe80::1")...), attribute(inetDiagPeers, sockaddrs("fe80::2")...)))
	if !s.Knows(sock.FieldInterface) || s.IfIndex != 7 {
		t.Errorf("the scope is lost: %+v", s)
	}
}

// TestSCTPRows: a socket that does not listen is no row beside its associations, of
// which two that share the cookie are two.
func TestSCTPRows(t *testing.T) {
	row := func(state uint8, remote string, attributes ...[]byte) []byte {
		return inetRow{family: afInet, state: state, local: "127.0.0.1:7002", remote: remote, cookie: 2, inode: 1860}.bytes(attributes...)
	}
	peer := attribute(inetDiagPeers, sockaddrs("127.0.0.1")...)
	var d decoder
	var s sock.Socket
	for name, b := range map[string][]byte{"one to one": row(tcpEstablished, "127.0.0.1:9"), "one to many": row(tcpClose, "0.0.0.0:0")} {
		if p := sctpMessage(handlerOf(sock.SCTP), &d, b, &s); p != skipped {
			t.Errorf("%s: parsed %d", name, p)
		}
	}
	ids := map[uint64]bool{}
	for _, b := range [][]byte{row(3, "127.0.0.1:50092", peer), row(3, "127.0.0.1:54916", peer), row(tcpListen, "0.0.0.0:0")} {
		if p := sctpMessage(handlerOf(sock.SCTP), &d, b, &s); p != understood {
			t.Fatalf("parsed %d", p)
		}
		ids[identityOf(&s, b)] = true
	}
	if len(ids) != 3 {
		t.Errorf("%d rows of 3", len(ids))
	}
	// The associations are told where more than listeners is asked for.
	h := handlerOf(sock.SCTP)
	if h.mask(sock.States(sock.Listen)) != 1<<tcpListen || h.mask(sock.States(sock.Closed))&^(1<<tcpListen|1<<tcpClose) == 0 {
		t.Errorf("masks %b, %b", h.mask(sock.States(sock.Listen)), h.mask(sock.States(sock.Closed)))
	}
}

func FuzzSCTPMessage(f *testing.F) {
	f.Add(inetRow{family: afInet, state: 3, local: "10.0.0.1:1", remote: "10.0.0.2:2", inode: 1}.bytes(
		attribute(inetDiagLocals, sockaddrs("10.0.0.1", "fe80::1")...), attribute(inetDiagPeers, sockaddrs("10.0.0.2")...), attribute(inetDiagInfo, sctpInfoBytes()...)))
	f.Add(inetRow{family: afInet6, state: tcpListen, inode: 1}.bytes(attribute(inetDiagLocals, sockaddrs("::")...)))
	f.Add(inetRow{family: afInet6, state: 200, timer: 4}.bytes(attribute(inetDiagPeers, sockaddrs("::ffff:1.2.3.4")...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		fuzzMessage(t, sock.SCTP, &d, b)
	})
}

// TestSCTPSame: a socket that is there does not stand for an association that is not.
func TestSCTPSame(t *testing.T) {
	peer := attribute(inetDiagPeers, sockaddrs("127.0.0.1")...)
	row := func(state uint8, remote string, attributes ...[]byte) []byte {
		return inetRow{family: afInet, state: state, local: "127.0.0.1:7002", remote: remote, cookie: 2, inode: 1860}.bytes(attributes...)
	}
	asked := decodeSCTP(t, row(3, "127.0.0.1:50092", peer)).Clone()
	for name, c := range map[string]struct {
		bytes []byte
		want  bool
	}{
		"itself":              {row(3, "127.0.0.1:50092", peer), true},
		"another association": {row(3, "127.0.0.1:54916", peer), false},
		"the listener":        {row(tcpListen, "0.0.0.0:0"), false},
	} {
		q := question{socket: asked, record: *decodeSCTP(t, c.bytes)}
		if q.same() != c.want {
			t.Errorf("%s is the same: %v", name, !c.want)
		}
	}
}
