package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// connection is one of many to a host, with members of struct tcp_info.
func connection(number int, to string, timer sock.TimerKind, numbers map[sock.TCPInfoField]uint64) *sock.Socket {
	c := &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Cookie: uint64(number), Timer: sock.Timer{Kind: timer},
		Local:  netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(number)),
		Remote: netip.AddrPortFrom(netip.MustParseAddr(to), 443), TCPInfo: &sock.TCPInfo{},
		Known: sock.FieldLocal | sock.FieldRemote | sock.FieldCookie | sock.FieldTCPInfo | sock.FieldTimer | sock.FieldSendQueue | sock.FieldRecvQueue,
	}
	for f, n := range numbers {
		c.TCPInfo.Set(f, n)
	}
	return c
}

// movedFrom puts what a connection was when its counters were zero into the first listing.
func movedFrom(s *Space, last *sock.Socket) *sock.Socket {
	first := last.Clone()
	first.SendQueue = 0
	for _, f := range compared {
		if _, known := last.TCPInfo.Get(f); known {
			first.TCPInfo.Set(f, 0)
		}
	}
	s.add(first)
	return last
}

// numbers are members of struct tcp_info.
type numbers = map[sock.TCPInfoField]uint64

// TestFlowThresholds: each rule finds what reaches its threshold in the right place,
// and nothing just below it.
func TestFlowThresholds(t *testing.T) {
	for _, test := range []struct {
		rule      string
		timer     sock.TimerKind
		bad, well numbers
		queues    [2]uint32
	}{
		{"retransmissions", sock.TimerOn, numbers{sock.TCPInfoSegsOut: 400, sock.TCPInfoTotalRetrans: 20}, numbers{sock.TCPInfoSegsOut: 401, sock.TCPInfoTotalRetrans: 20}, [2]uint32{}},
		{"retransmissions", sock.TimerOn, numbers{sock.TCPInfoSegsOut: 20, sock.TCPInfoTotalRetrans: 20}, numbers{sock.TCPInfoSegsOut: 20, sock.TCPInfoTotalRetrans: 19}, [2]uint32{}},
		{"spurious_retransmissions", sock.TimerOff, numbers{sock.TCPInfoDsackDups: 10, sock.TCPInfoSegsOut: 200}, numbers{sock.TCPInfoDsackDups: 10, sock.TCPInfoSegsOut: 201}, [2]uint32{}},
		{"spurious_retransmissions", sock.TimerOff, numbers{sock.TCPInfoDsackDups: 10, sock.TCPInfoSegsOut: 10}, numbers{sock.TCPInfoDsackDups: 9, sock.TCPInfoSegsOut: 10}, [2]uint32{}},
		{"reordering", sock.TimerOff, numbers{sock.TCPInfoReordSeen: 20}, numbers{sock.TCPInfoReordSeen: 19}, [2]uint32{}},
		{"rto_backoff", sock.TimerOn, numbers{sock.TCPInfoBackoff: 3}, numbers{sock.TCPInfoBackoff: 2}, [2]uint32{}},
		{"path_mtu", sock.TimerOff, numbers{sock.TCPInfoPMTU: 1199}, numbers{sock.TCPInfoPMTU: 1200}, [2]uint32{}},
		{"receive_window", sock.TimerOff, numbers{sock.TCPInfoBusyTime: 500_000, sock.TCPInfoRwndLimited: 250_000}, numbers{sock.TCPInfoBusyTime: 500_000, sock.TCPInfoRwndLimited: 249_999}, [2]uint32{}},
		{"receive_window", sock.TimerOff, numbers{sock.TCPInfoBusyTime: 500_000, sock.TCPInfoRwndLimited: 500_000}, numbers{sock.TCPInfoBusyTime: 499_999, sock.TCPInfoRwndLimited: 499_999}, [2]uint32{}},
		{"send_buffer", sock.TimerOff, numbers{sock.TCPInfoBusyTime: 500_000, sock.TCPInfoSndbufLimited: 250_000}, numbers{sock.TCPInfoBusyTime: 500_000, sock.TCPInfoSndbufLimited: 249_999}, [2]uint32{}},
		{"send_queue_grows", sock.TimerOn, numbers{sock.TCPInfoBytesAcked: 65535}, numbers{sock.TCPInfoBytesAcked: 65536}, [2]uint32{65536, 65536}},
		{"send_queue_grows", sock.TimerOn, numbers{sock.TCPInfoBytesAcked: 0}, numbers{sock.TCPInfoBytesAcked: 0}, [2]uint32{65536, 65535}},
	} {
		s := newSpace()
		bad, well := connection(1, "198.51.100.1", test.timer, test.bad), connection(2, "198.51.100.2", test.timer, test.well)
		bad.SendQueue, well.SendQueue = test.queues[0], test.queues[1]
		found := examine(s, nil, movedFrom(s, well), movedFrom(s, bad))
		if len(found) != 1 || found[0].Rule.Name != test.rule {
			t.Errorf("%s: %+v", test.rule, found)
			continue
		}
		f := found[0]
		if f.Evidence.Total != 1 || f.Evidence.Sockets[0].Cookie != 1 || len(f.Counters) == 0 || !strings.Contains(f.Title, "198.51.100.1") || !strings.Contains(f.Try, "dst 198.51.100.1") {
			t.Errorf("%s: %+v", test.rule, f)
		}
		if found := examine(newSpace(), nil, bad); test.rule != "path_mtu" && len(found) > 0 {
			t.Errorf("%s: a connection that was not there before: %+v", test.rule, found)
		}
	}
}

// TestWithinTheHost: what is late or out of order on the loopback is not the way's fault,
// and a handshake without an answer has its own rules.
func TestWithinTheHost(t *testing.T) {
	all := numbers{sock.TCPInfoDsackDups: 50, sock.TCPInfoSegsOut: 100, sock.TCPInfoReordSeen: 50}
	begun := connection(2, "198.51.100.1", sock.TimerOn, numbers{sock.TCPInfoSegsOut: 50, sock.TCPInfoTotalRetrans: 50})
	begun.State = sock.SynSent
	s := newSpace()
	s.machine.Partial = true // the other ends are
	if found := examine(s, nil, movedFrom(s, connection(1, "127.0.0.1", sock.TimerOff, all)), movedFrom(s, begun)); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// TestPersistIsZeroWindow: what a closed window holds up is told once, by its rule.
func TestPersistIsZeroWindow(t *testing.T) {
	s := newSpace()
	c := connection(1, "198.51.100.1", sock.TimerPersist, numbers{sock.TCPInfoBusyTime: 1e6, sock.TCPInfoRwndLimited: 1e6, sock.TCPInfoBackoff: 9, sock.TCPInfoBytesAcked: 0})
	c.SendQueue = 1 << 20
	if found := examine(s, nil, movedFrom(s, c)); len(found) != 1 || found[0].Rule != zeroWindow {
		t.Errorf("%+v", found)
	}
}

// TestNextAttempt: of several connections without an answer the first that tries again.
func TestNextAttempt(t *testing.T) {
	s := newSpace()
	var last []*sock.Socket
	for i, expires := range []time.Duration{9 * time.Second, 3 * time.Second, 5 * time.Second} {
		c := connection(i+1, "198.51.100.1", sock.TimerOn, numbers{sock.TCPInfoBackoff: uint64(4 + i)})
		c.Timer.Expires = expires
		last = append(last, movedFrom(s, c))
	}
	found := examine(s, nil, last...)
	want := []string{"198.51.100.1 acknowledges nothing on 3 connections of an unknown process; the next attempt is in 3.0s"}
	if got := titles(found, rtoBackoff); !slices.Equal(got, want) || found[0].Counters[0].Value != 6 {
		t.Errorf("%+v", found)
	}
}

// TestManyDestinations: a trouble with many hosts is one finding, with the worst of them.
func TestManyDestinations(t *testing.T) {
	s := newSpace()
	var last []*sock.Socket
	for i := 1; i <= 150; i++ {
		to := netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String()
		last = append(last, movedFrom(s, connection(i, to, sock.TimerOn, numbers{sock.TCPInfoSegsOut: 1000, sock.TCPInfoTotalRetrans: uint64(100 + i)})))
	}
	found := examine(s, nil, last...)
	if len(found) != 1 || found[0].Evidence.Total != 150 || len(found[0].Evidence.Sockets) != mostKept || found[0].Counters[1].Value != 150_000 {
		t.Fatalf("%+v", found)
	}
	if e := found[0].Evidence; e.Sockets[0].Cookie != 150 || e.Sockets[mostKept-1].Cookie != 51 || !strings.Contains(found[0].Title, "150 hosts, most of them to 198.51.100.150,") {
		t.Errorf("%s: %d to %d", found[0].Title, e.Sockets[0].Cookie, e.Sockets[mostKept-1].Cookie)
	}
	if found := examine(newSpace(), nil, last...); len(found) > 0 {
		t.Errorf("without a first listing: %+v", found)
	}
}

// TestRetransmissionsOfEnded: what no connection shows any more is in the counters.
func TestRetransmissionsOfEnded(t *testing.T) {
	s := newSpace()
	s.Counted = true
	s.After.Counters = []sock.Counter{{Group: "Tcp", Name: "RetransSegs", Value: 20}, {Group: "Tcp", Name: "OutSegs", Value: 380}}
	if found := examine(s, nil); len(found) != 1 || found[0].Rule != retransmissions || found[0].Counters[0].Value != 20 {
		t.Errorf("%+v", found)
	}
	s.After.Counters[1].Value = 381
	if found := examine(s, nil); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
