package sockdiag

import (
	"slices"
	"testing"

	"sockeye/sock"
)

// mptcpInfoBytes is struct mptcp_info as C lays it out, as far as a kernel of that
// time has it: 40 bytes since Linux 5.9, 48 since 5.13, 80 since 6.5, 88 since 6.7
// and 96 since 6.10. Each member has a value of its own.
func mptcpInfoBytes(size int) []byte {
	b := []byte{1, 2, 3, 4, 5, 6, 0, 0} // and a hole
	b = append(b, u32(3, 0xc65486ad)...)
	b = slices.Concat(b, u64(0x1bbe70b551744852), u64(0x1bbe70b551744853), u64(0x431cc2b8b2a37662))
	b = append(b, 7, 8, 1, 0)
	b = append(b, u32(9)...)
	b = slices.Concat(b, u64(10), u64(11), u64(12), u64(13), []byte{14, 15, 16, 0}, u32(17, 18, 19))
	b = append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) // a newer kernel's
	return b[:size]
}

// TestMPTCPInfo: every member is read by its name, of a struct of any length, and
// what stood in the room of alignment before is not taken for one.
func TestMPTCPInfo(t *testing.T) {
	want := []struct {
		name  string
		value uint64
	}{
		{"subflows", 1}, {"add_addr_signal", 2}, {"add_addr_accepted", 3}, {"subflows_max", 4}, {"add_addr_signal_max", 5},
		{"add_addr_accepted_max", 6}, {"flags", 3}, {"token", 0xc65486ad}, {"write_seq", 0x1bbe70b551744852},
		{"snd_una", 0x1bbe70b551744853}, {"rcv_nxt", 0x431cc2b8b2a37662}, // 40 bytes
		{"local_addr_used", 7}, {"local_addr_max", 8}, {"csum_enabled", 1}, // 48
		{"retransmits", 9}, {"bytes_retrans", 10}, {"bytes_sent", 11}, {"bytes_received", 12}, {"bytes_acked", 13}, // 80
		{"subflows_total", 14}, // 88
		{"endp_laminar_max", 15}, {"endp_fullmesh_max", 16}, {"last_data_sent_ms", 17}, {"last_data_recv_ms", 18}, {"last_ack_recv_ms", 19},
	}
	if len(want) != len(sock.MPTCPInfoMembers) {
		t.Fatalf("%d members, %d expected", len(sock.MPTCPInfoMembers), len(want))
	}
	for size, count := range map[int]int{39: 10, 40: 11, 47: 11, 48: 14, 79: 14, 80: 19, 88: 20, 95: 20, 96: 25, 104: 25} {
		row := inetRow{family: afInet, state: tcpEstablished, local: "10.0.0.1:80", remote: "10.0.0.2:9", inode: 1}
		s := decodeInet(t, sock.MPTCP, row.bytes(attribute(inetDiagInfo, mptcpInfoBytes(size)...)))
		if s.MPTCPInfo == nil {
			t.Fatalf("%d bytes: nothing", size)
		}
		for i, w := range want {
			v, known := s.MPTCPInfo.Get(sock.MemberNamed(sock.MPTCPInfoMembers, w.name))
			if known != (i < count) || known && v != w.value {
				t.Errorf("%d bytes: %s is %d, known %v; want %d, %v", size, w.name, v, known, w.value, i < count)
			}
		}
	}
	// A zero of these may be that of a kernel that has no such member.
	b := mptcpInfoBytes(96)
	b[81], b[82], b[80] = 0, 0, 0
	s := decodeInet(t, sock.MPTCP, inetRow{family: afInet, state: tcpEstablished}.bytes(attribute(inetDiagInfo, b...)))
	for name, known := range map[string]bool{"endp_laminar_max": false, "endp_fullmesh_max": false, "subflows_total": true} {
		if _, got := s.MPTCPInfo.Get(sock.MemberNamed(sock.MPTCPInfoMembers, name)); got != known {
			t.Errorf("%s of 0 is known: %v", name, got)
		}
	}
	listener := inetRow{family: afInet6, state: tcpListen, local: "[::]:80", rqueue: 1, wqueue: 5, inode: 1}
	s = decodeInet(t, sock.MPTCP, listener.bytes(attribute(inetDiagInfo, make([]byte, 96)...)))
	if s.Knows(sock.FieldMPTCPInfo) || s.RecvQueue != 1 || s.Backlog != 5 {
		t.Errorf("a listener: %+v", s)
	}
	limits := make([]byte, 96)
	limits[3] = 2
	s = decodeInet(t, sock.MPTCP, listener.bytes(attribute(inetDiagInfo, limits...)))
	for i, m := range sock.MPTCPInfoMembers {
		if v, known := s.MPTCPInfo.Get(i); known != (m.Name == "subflows_max") || known && v != 2 {
			t.Errorf("%s of a listener is %d, known %v", m.Name, v, known)
		}
	}
}

// TestMPTCPSubflow: a TCP socket says which connection it is a part of.
func TestMPTCPSubflow(t *testing.T) {
	nest := func(attributes ...[]byte) []byte {
		return attribute(inetDiagULPInfo, slices.Concat(
			attribute(inetULPInfoName, []byte("mptcp\x00")...), attribute(inetULPInfoMPTCP, slices.Concat(attributes...)...))...)
	}
	row := inetRow{family: afInet, state: tcpEstablished, local: "10.0.0.1:80", remote: "10.0.0.2:9", inode: 1}
	s := decodeInet(t, sock.TCP, row.bytes(nest(
		attribute(1, u32(0xaabbccdd)...), attribute(2, u32(0xc65486ad)...), attribute(3, u32(101)...), attribute(11),
		attribute(4, u64(0x431cc2b8b2a37662)...), attribute(5, u32(1)...), attribute(6, u32(0xbd7b46c9)...),
		attribute(7, 0x40, 0x01), attribute(8, u32(195)...), attribute(9, 2), attribute(10, 3), attribute(12, 9, 9),
	)))
	length := uint64(native.Uint16([]byte{0x40, 0x01}))
	if s.ULP != "mptcp" || s.MPTCPSubflow == nil {
		t.Fatalf("%+v", s)
	}
	want := map[string]uint64{"flags": 195, "token_remote": 0xaabbccdd, "token_local": 0xc65486ad, "id_remote": 2, "id_local": 3,
		"relwrite_seq": 101, "map_seq": 0x431cc2b8b2a37662, "map_sfseq": 1, "ssn_offset": 0xbd7b46c9, "map_datalen_bytes": length}
	for i, m := range sock.MPTCPSubflowMembers {
		if v, known := s.MPTCPSubflow.Get(i); !known || v != want[m.Name] {
			t.Errorf("%s is %#x, known %v; want %#x", m.Name, v, known, want[m.Name])
		}
	}
	for name, empty := range map[string][]byte{"a listener's": nest(), "cut": nest(attribute(2, 1, 2))} {
		if s := decodeInet(t, sock.TCP, row.bytes(empty)); s.Knows(sock.FieldMPTCPSubflow) || s.MPTCPSubflow != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestMPTCPRequest: the protocol does not fit the fixed part.
func TestMPTCPRequest(t *testing.T) {
	b := inetDump(handlerOf(sock.MPTCP), sock.Table{Protocol: sock.MPTCP, Family: sock.IPv6}, 1<<tcpListen, sock.FieldMPTCPInfo)
	const fixed = nlmsgHeaderLen + 56 // struct inet_diag_req_v2
	if b[nlmsgHeaderLen] != afInet6 || b[nlmsgHeaderLen+1] != 0 || b[nlmsgHeaderLen+2] != 1<<(inetDiagInfo-1) {
		t.Errorf("family %d, protocol %d, extensions %d", b[nlmsgHeaderLen], b[nlmsgHeaderLen+1], b[nlmsgHeaderLen+2])
	}
	if want := attribute(3, u32(262)...); !slices.Equal(b[fixed:], want) {
		t.Errorf("behind the fixed part: %x, want %x", b[fixed:], want)
	}
}

// TestDCCP: its states beyond TCP's, and the few members of tcp_info that it fills.
func TestDCCP(t *testing.T) {
	for kernel, want := range map[uint8]sock.State{
		tcpEstablished: sock.Established, tcpListen: sock.Listen, tcpClosing: sock.Closing, tcpFinWait1: sock.FinWait1,
		dccpPartOpen: sock.Established, dccpPartOpenNew: sock.Established, dccpPassiveCloseReq: sock.CloseWait, 16: sock.StateUnknown,
	} {
		row := inetRow{family: afInet, state: kernel, local: "10.0.0.1:80", remote: "10.0.0.2:9", inode: 1}
		if s := decodeInet(t, sock.DCCP, row.bytes()); s.State != want {
			t.Errorf("state %d: %v, want %v", kernel, s.State, want)
		}
	}
	info := make([]byte, 248)
	copy(info, []byte{tcpEstablished, 0, 2, 0, 1, 2})
	native.PutUint32(info[8:], 204000)
	native.PutUint32(info[60:], 1500)
	row := inetRow{family: afInet, state: tcpEstablished, timer: 1, expires: 7, local: "10.0.0.1:80", remote: "10.0.0.2:9", inode: 1}
	s := decodeInet(t, sock.DCCP, row.bytes(attribute(inetDiagInfo, info...)))
	known := map[sock.TCPInfoField]uint64{sock.TCPInfoState: 1, sock.TCPInfoRetransmits: 2, sock.TCPInfoProbes: 0,
		sock.TCPInfoBackoff: 1, sock.TCPInfoOptions: 2, sock.TCPInfoRTO: 204000, sock.TCPInfoPMTU: 1500}
	for f := range sock.TCPInfoFieldCount {
		want, told := known[f]
		if v, ok := s.TCPInfo.Get(f); ok != told || v != want {
			t.Errorf("%v is %d, known %v", f, v, ok)
		}
	}
	if s.Timer.Kind != sock.TimerOn {
		t.Errorf("timer %+v", s.Timer)
	}
}
