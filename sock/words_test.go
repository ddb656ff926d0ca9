package sock

import (
	"net/netip"
	"testing"
)

func TestStatesAreReadInEverySpelling(t *testing.T) {
	for name, want := range map[string]State{
		"LISTEN": Listen, "listening": Listen, "Listen": Listen,
		"estab": Established, "ESTABLISHED": Established,
		"syn-recv": SynReceived, "SYN_RCVD": SynReceived, "syn_received": SynReceived, "SynReceived": SynReceived,
		"fin-wait-1": FinWait1, "FIN_WAIT1": FinWait1, "finwait2": FinWait2,
		"time-wait": TimeWait, "TIMEWAIT": TimeWait,
		"close": Closed, "closed": Closed, "close-wait": CloseWait, "last ack": LastAck,
		"unconn": Unconnected, "bound-inactive": Bound, "bound": Bound,
	} {
		if got, ok := ParseState(name); !ok || got != want {
			t.Errorf("ParseState(%q) = %v, %v; want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "unknown", "established2", "-"} {
		if got, ok := ParseState(name); ok {
			t.Errorf("ParseState(%q) = %v, want none", name, got)
		}
	}
}

// TestNamesRoundTrip reads every name that is printed.
func TestNamesRoundTrip(t *testing.T) {
	for p := TCP; p < protocolEnd; p++ {
		if got, ok := ParseProtocol(p.String()); !ok || got != p {
			t.Errorf("protocol %v is read as %v", p, got)
		}
	}
	for f := IPv4; f < familyEnd; f++ {
		if got, ok := ParseFamily(f.String()); !ok || got != f {
			t.Errorf("family %v is read as %v", f, got)
		}
	}
	for s := Listen; s < stateEnd; s++ {
		if got, ok := ParseState(s.String()); !ok || got != s {
			t.Errorf("state %v is read as %v", s, got)
		}
	}
	for s := range OwnerStatuses {
		if got, ok := ParseOwnerStatus(s.String()); !ok || got != s {
			t.Errorf("owner status %v is read as %v", s, got)
		}
	}
}

func TestStateGroupsAreThoseOfSs(t *testing.T) {
	if ConnectedStates.Has(Listen) || ConnectedStates.Has(Closed) || !ConnectedStates.Has(TimeWait) || !ConnectedStates.Has(SynSent) {
		t.Error("connected is all but listening and closed")
	}
	if SynchronizedStates.Has(SynSent) || !SynchronizedStates.Has(SynReceived) {
		t.Error("synchronized is connected but SYN_SENT")
	}
	if OpenStates.Has(TimeWait) || OpenStates.Has(SynReceived) || !OpenStates.Has(CloseWait) {
		t.Error("a plain ss shows connections that hold a socket")
	}
	if !DefaultStates.Has(Listen) || !DefaultStates.Has(Unconnected) || DefaultStates.Has(TimeWait) || DefaultStates.Has(Bound) {
		t.Error("without options: listening and connected")
	}
}

func TestTablesInListingOrder(t *testing.T) {
	q := Query{Protocols: Protocols(Unix, UDP, TCP), Families: Families(IPv6, IPv4)}
	var got []string
	for table := range q.Tables {
		got = append(got, table.String())
	}
	want := []string{"tcp/ipv4", "tcp/ipv6", "udp/ipv4", "udp/ipv6", "unix"}
	if len(got) != len(want) {
		t.Fatalf("tables %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("tables %v, want %v", got, want)
		}
	}
}

func TestCloneSharesNothingThatIsReused(t *testing.T) {
	s := &Socket{Owners: []Owner{{Process: &Process{PID: 1}}}, TCPInfo: &TCPInfo{}}
	s.TCPInfo.Set(TCPInfoRTT, 7)
	numbers := map[string]func(*Socket) **Numbers{
		"mptcp_info":    func(s *Socket) **Numbers { return &s.MPTCPInfo },
		"mptcp_subflow": func(s *Socket) **Numbers { return &s.MPTCPSubflow },
		"tipc":          func(s *Socket) **Numbers { return &s.TIPC },
	}
	s.SCTPInfo, s.SMCInfo = &SCTPInfo{Peers: []netip.Addr{netip.IPv4Unspecified()}}, &SMCInfo{State: smcActive}
	for _, at := range numbers {
		*at(s) = new(Numbers)
		(*at(s)).Set(3, 7)
	}
	c := s.Clone()
	s.SCTPInfo.Peers[0], s.SCTPInfo.State, s.SMCInfo.State = netip.IPv6Unspecified(), SCTPClosed, smcInit
	if c.SCTPInfo.Peers[0] != netip.IPv4Unspecified() || c.SCTPInfo.State != SCTPNoState || c.SMCInfo.State != smcActive {
		t.Error("sctp_info or smc_info is shared")
	}
	for name, at := range numbers {
		(*at(s)).Set(3, 8)
		if v, ok := (*at(c)).Get(3); !ok || v != 7 {
			t.Errorf("%s is shared", name)
		}
	}
	s.Owners[0] = Owner{Process: &Process{PID: 2}}
	s.TCPInfo.Set(TCPInfoRTT, 8)
	if c.Owners[0].PID != 1 {
		t.Error("the owners are shared")
	}
	if v, ok := c.TCPInfo.Get(TCPInfoRTT); !ok || v != 7 {
		t.Error("tcp_info is shared")
	}
}

func TestEachProcessOnce(t *testing.T) {
	p, q := &Process{PID: 1}, &Process{PID: 2}
	s := &Socket{Owners: []Owner{{Process: p, FD: 3}, {Process: p, FD: 4}, {Process: q, FD: 3}}}
	var pids []int
	for process := range s.PIDs {
		pids = append(pids, process.PID)
	}
	if len(pids) != 2 || pids[0] != 1 || pids[1] != 2 {
		t.Errorf("PIDs %v", pids)
	}
}
