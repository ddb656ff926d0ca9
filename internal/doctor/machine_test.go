package doctor

import (
	"net/netip"
	"slices"
	"testing"

	"sockeye/sock"
	"sockeye/sock/change"
)

// listenerIn is a listener of a network namespace whose accept queue is full.
func listenerIn(inode uint64, port string) *sock.Socket {
	return &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Listen, Local: netip.MustParseAddrPort("10.0.0.1:" + port), RecvQueue: 5, Backlog: 4,
		Netns: sock.Netns{Inode: inode}, Known: sock.FieldLocal | sock.FieldRecvQueue | sock.FieldBacklog | sock.FieldNetns,
	}
}

// counted says that a counter of a namespace stood at a value, at both times.
func counted(sp *Space, before, after int64) {
	of := func(n int64) []sock.Counter {
		return []sock.Counter{{Group: "TcpExt", Name: "ListenOverflows", Value: n}}
	}
	sp.Counted, sp.Before.Counters, sp.After.Counters = true, of(before), of(after)
}

// TestSpacesAreNotMixed: each namespace has its own sockets and counters, and a finding
// says in which it is.
func TestSpacesAreNotMixed(t *testing.T) {
	var m Machine
	counted(m.In(sock.Netns{Inode: 7, Name: "blue"}), 10, 13)
	counted(m.In(sock.Netns{Inode: 8, Name: "red"}), 50, 50)
	m.See(listenerIn(7, "80"))
	m.See(listenerIn(8, "80"))
	found := m.Findings()
	if len(found) != 2 || m.Spaces() != 2 {
		t.Fatalf("%d spaces: %+v", m.Spaces(), found)
	}
	for i, want := range []struct {
		name     string
		severity Severity
	}{{"blue", Critical}, {"red", Warning}} {
		if f := found[i]; f.Netns.Name != want.name || f.Severity != want.severity || f.Evidence.Total != 1 {
			t.Errorf("%+v", f)
		}
	}
}

// TestMachineIsToldOnce: what is of the whole machine is found once, and in no namespace.
func TestMachineIsToldOnce(t *testing.T) {
	var m Machine
	for inode := range uint64(3) {
		sp := m.In(sock.Netns{Inode: inode + 1})
		whole, own := usage(sock.TCP, "memory_bytes", 99, 100), usage(sock.TCP, "time_wait", 99, 100)
		whole.After.Usage[0].Machine = true
		sp.Counted, sp.After.Usage = true, append(whole.After.Usage, own.After.Usage...)
	}
	found := map[string]int{}
	for _, f := range m.Findings() {
		found[f.Rule.Name]++
		if f.Machine != (f.Netns.Inode == 0) {
			t.Errorf("%+v", f)
		}
	}
	if found["memory_pressure"] != 1 || found["time_wait"] != 3 {
		t.Errorf("%v", found)
	}
}

// TestSkipped: what a rule needs and the sample has not is said, and it finds nothing.
func TestSkipped(t *testing.T) {
	var m Machine
	whole := Machine{Partial: true}
	leftOut := slices.DeleteFunc(whole.Skipped(), func(s Skip) bool { return !s.Partial })
	if len(leftOut) != 1 || leftOut[0].Rule != halfOpen {
		t.Errorf("%+v", leftOut)
	}
	m.Once, m.Lacks = true, sock.FieldBacklog
	m.See(listenerIn(7, "80"))
	if found := m.Findings(); len(found) > 0 {
		t.Errorf("found %+v", found)
	}
	reasons := map[string]Skip{}
	for _, s := range m.Skipped() {
		reasons[s.Rule.Name] = s
	}
	if !reasons["memory_pressure"].Counters || !reasons["half_open"].Twice || reasons["accept_queue_full"].Lacks != sock.FieldBacklog {
		t.Errorf("%+v", reasons)
	}
	if _, skipped := reasons["exposed_service"]; skipped {
		t.Errorf("%+v", reasons)
	}
	counted(m.In(sock.Netns{Inode: 7}), 1, 1)
	for _, s := range m.Skipped() {
		if s.Counters {
			t.Errorf("%s is skipped, and there are counters", s.Rule.Name)
		}
	}
}

// TestOnce: of one listing a state is taken for one that lasted.
func TestOnce(t *testing.T) {
	stuck := &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.SynSent, Local: netip.MustParseAddrPort("10.0.0.1:4000"), Remote: netip.MustParseAddrPort("10.0.0.9:80"),
		Known: sock.FieldLocal | sock.FieldRemote | sock.FieldTimer, Timer: sock.Timer{Kind: sock.TimerOn, Retransmits: 3},
	}
	for _, test := range []struct {
		once, before bool
		want         int
	}{{true, false, 1}, {false, true, 1}, {false, false, 0}} {
		m := Machine{Once: test.once, Identity: change.ByEnds}
		if test.before {
			m.Add(stuck)
		}
		m.See(stuck)
		if found := m.Findings(); len(found) != test.want {
			t.Errorf("%+v: %+v", test, found)
		}
	}
}
