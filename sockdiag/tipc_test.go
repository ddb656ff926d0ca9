package sockdiag

import (
	"slices"
	"testing"

	"sockeye/sock"
)

// tipcRow is a message about a TIPC socket as tipc_sk_fill_sock_diag of the kernel's
// net/tipc/socket.c writes it.
func tipcRow(kind, state uint32, more ...[]byte) []byte {
	return attribute(tipcNLASock, slices.Concat(append([][]byte{
		attribute(tipcSockRef, u32(1608810663)...), attribute(tipcSockAddr, u32(7)...),
		attribute(tipcSockType, u32(kind)...), attribute(tipcSockState, u32(state)...), attribute(tipcSockInode, u32(10871)...),
		attribute(tipcSockUID, u32(33)...), attribute(11), attribute(tipcSockCookie, u32(0xd, 0)...),
	}, more...)...)...)
}

func tipcStat(recv, send, drops uint32, flags ...[]byte) []byte {
	return attribute(tipcSockStat, slices.Concat(append([][]byte{attribute(0, u32(recv)...),
		attribute(1, u32(send)...), attribute(4, u32(drops)...)}, flags...)...)...)
}

func decodeTIPC(t *testing.T, b []byte) *sock.Socket {
	t.Helper()
	var d tipcDecoder
	s := &sock.Socket{Path: "left over", Known: sock.FieldPath}
	if v := d.decode(b, s); v != understood {
		t.Fatalf("parsed %d", v)
	}
	checkRecord(t, s)
	return s
}

func tipcNumbers(s *sock.Socket) map[string]uint64 {
	numbers := map[string]uint64{}
	for i, m := range sock.TIPCMembers {
		if v, known := s.TIPC.Get(i); known {
			numbers[m.Name] = v
		}
	}
	return numbers
}

func TestTIPCConnection(t *testing.T) {
	s := decodeTIPC(t, tipcRow(1, tcpEstablished,
		attribute(tipcSockCon, slices.Concat(attribute(tipcConNode, u32(8)...), attribute(tipcConSock, u32(42)...), attribute(1),
			attribute(tipcConType, u32(18888)...), attribute(tipcConInstance, u32(1)...))...),
		tipcStat(3, 4, 5, attribute(tipcStatLinkCong), attribute(tipcStatConnCong)),
		attribute(tipcSockGroup, slices.Concat(attribute(0, u32(9)...), attribute(1), attribute(2), attribute(4, u32(10)...))...)))
	want := map[string]uint64{"local_node": 7, "local_ref": 1608810663, "peer_node": 8, "peer_ref": 42, "service_type": 18888, "service_instance": 1,
		"published": 0, "link_congested": 1, "connection_congested": 1, "drops": 5, "group": 9, "group_instance": 10}
	got := tipcNumbers(s)
	for name, v := range want {
		if n, known := got[name]; !known || n != v {
			t.Errorf("%s is %d, known %v; want %d", name, n, known, v)
		}
	}
	if len(got) != len(want) || s.State != sock.Established || s.Type != sock.TypeStream || s.RecvQueue != 3 || s.SendQueue != 4 ||
		s.Inode != 10871 || s.UID != 33 || s.Cookie != 0xd || s.Protocol != sock.TIPC || s.Family != sock.FamilyTIPC {
		t.Errorf("%+v, %v", s, got)
	}
}

func TestTIPCStates(t *testing.T) {
	for _, c := range []struct {
		kind, state uint32
		want        sock.State
		ofType      sock.SocketType
	}{
		{1, tcpListen, sock.Listen, sock.TypeStream}, {5, tcpSynSent, sock.SynSent, sock.TypeSeqpacket},
		{1, tcpCloseWait, sock.CloseWait, sock.TypeStream}, {1, tcpClose, sock.Closed, sock.TypeStream},
		{4, tcpClose, sock.Unconnected, sock.TypeRDM}, {2, tcpClose, sock.Unconnected, sock.TypeDatagram},
		{2, tcpEstablished, sock.Established, sock.TypeDatagram}, {77, 1000, sock.StateUnknown, sock.TypeUnknown},
	} {
		s := decodeTIPC(t, tipcRow(c.kind, c.state, attribute(tipcSockHasPubl), tipcStat(1, 2, 0)))
		if s.State != c.want || s.Type != c.ofType || tipcNumbers(s)["published"] != 1 || s.Knows(sock.FieldSendQueue) != (c.want != sock.Listen) {
			t.Errorf("type %d, state %d: %+v", c.kind, c.state, s)
		}
	}
}

func TestTIPCMessages(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  parsed
	}{
		"in a state that was not asked for": {nil, skipped},
		"of something else":                 {attribute(3, u32(1)...), rejected},
		"a short inode":                     {tipcRow(1, tcpListen, attribute(tipcSockInode, 1)), damaged},
		"a short queue":                     {tipcRow(1, tcpListen, attribute(tipcSockStat, attribute(tipcStatRecvQ, 1)...)), damaged},
		"a short peer":                      {tipcRow(1, tcpListen, attribute(tipcSockCon, attribute(tipcConNode, 1)...)), damaged},
		"a newer kernel's":                  {tipcRow(1, tcpListen, attribute(99, 1), tipcStat(0, 0, 0, attribute(99, 1))), understood},
	} {
		var d tipcDecoder
		var s sock.Socket
		if got := d.decode(c.bytes, &s); got != c.want {
			t.Errorf("%s: parsed %d, want %d", name, got, c.want)
		}
	}
	b := tipcDump(nil, sock.Table{}, 1<<tcpListen, 0)
	if want := append([]byte{afTIPC, 0, 0, 0}, u32(1<<tcpListen)...); !slices.Equal(b[nlmsgHeaderLen:], want) {
		t.Errorf("request %x, want %x", b[nlmsgHeaderLen:], want)
	}
}

func FuzzTIPCMessage(f *testing.F) {
	f.Add(tipcRow(1, tcpEstablished, tipcStat(1, 2, 3), attribute(tipcSockCon, attribute(tipcConNode, u32(8)...)...)))
	f.Add(tipcRow(4, tcpClose, attribute(tipcSockHasPubl)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		fuzzMessage(t, sock.TIPC, &d, b)
	})
}
