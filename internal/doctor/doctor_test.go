package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// TestRulesAreWhole: each says what it means and what to do, and none is forgotten.
func TestRulesAreWhole(t *testing.T) {
	var names []string
	for _, r := range Rules {
		names = append(names, r.Name)
		if r.Meaning == "" || r.Advice == "" || r.begin == nil {
			t.Errorf("%s is not whole", r.Name)
		}
		for _, s := range r.Settings {
			if s.Value <= 0 || s.Meaning == "" {
				t.Errorf("%s.%s is not whole", r.Name, s.Name)
			}
		}
		if found := r.begin(newSpace(), func(string) float64 { return 1 }).found(); len(found) > 0 {
			t.Errorf("%s finds something in nothing: %+v", r.Name, found)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("%v", names)
	}
}

func TestSet(t *testing.T) {
	c := Changes{}
	if err := c.Set("retransmissions.percent=2.5"); err != nil || c["retransmissions.percent"] != 2.5 {
		t.Error(err, c)
	}
	for _, word := range []string{"", "=3", "retransmissions.percent", "retransmissions.percent=x", "retransmissions.percent=-1", "nosuch.x=1", "retransmissions.x=1"} {
		if c.Set(word) == nil {
			t.Errorf("%q is accepted", word)
		}
	}
}

// TestHugeSettings: a number that no integer holds is not taken for a small one.
func TestHugeSettings(t *testing.T) {
	stalled := connection(2, "198.51.100.1", sock.TimerOff, numbers{sock.TCPInfoBytesReceived: 0})
	stalled.RecvQueue = 10
	stalled.Owners, stalled.Known = []sock.Owner{{Process: &sock.Process{PID: 7}}}, stalled.Known|sock.FieldOwners
	s := newSpace()
	last := []*sock.Socket{movedFrom(s, in(sock.CloseWait, 1, 61_000, 7)), movedFrom(s, stalled), movedFrom(s, in(sock.FinWait2, 3, 61_000, 7))}
	s.machine.Took = time.Hour
	if found := examine(s, nil, last...); len(found) != 3 {
		t.Errorf("%+v", found)
	}
	huge := Changes{"close_wait_leak.connections": 1e300, "receiver_stalled.seconds": 1e300, "fin_wait_2.connections": 1e300}
	if found := examine(s, huge, last...); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// TestTitles: one begins with a capital letter or with a name, and what is counted for all
// is not told of each.
func TestTitles(t *testing.T) {
	full := func(port int, status sock.OwnerStatus) *sock.Socket {
		l := in(sock.Listen, port, 0, 0)
		l.Known |= sock.FieldBacklog
		l.RecvQueue, l.Backlog, l.OwnerStatus = 2, 1, status
		return l
	}
	for _, test := range []struct {
		last []*sock.Socket
		want []string
	}{
		{[]*sock.Socket{full(6379, sock.OwnerPermission)}, []string{
			"The accept queue of an unknown process on port 6379 is full: 2 of 1; 3 attempts turned away",
			"An unknown process listens for other hosts on port 6379, that of Redis",
		}},
		{[]*sock.Socket{full(6379, sock.OwnerKernel), full(7, sock.OwnerPermission)}, []string{
			"The accept queue of the kernel on port 6379 is full: 2 of 1; 3 attempts turned away at all full queues",
			"The accept queue of an unknown process on port 7 is full: 2 of 1; 3 attempts turned away at all full queues",
			"The kernel listens for other hosts on port 6379, that of Redis",
		}},
	} {
		s := newSpace()
		s.After.Counters = []sock.Counter{{Group: "TcpExt", Name: "ListenOverflows", Value: 3}}
		var got []string
		for _, f := range examine(s, nil, test.last...) {
			got = append(got, f.Title)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// newSpace is the one network namespace of a machine.
func newSpace() *Space { return new(Machine).In(sock.Netns{}) }

// examine applies the rules to a namespace, with the sockets of the second listing.
func examine(s *Space, changes Changes, last ...*sock.Socket) []Finding {
	s.looks, s.machine.Changes = nil, changes
	for _, x := range last {
		s.see(x)
	}
	return s.machine.Findings()
}

// usage is a namespace in which so much of something is taken.
func usage(of sock.Protocol, name string, used, limit int64) *Space {
	s := newSpace()
	s.Counted = true
	s.After.Usage = []sock.Usage{{
		Protocol: of, Name: name, Setting: "net.ipv4.x",
		Used: sock.Amount{Value: used, Known: true}, Limit: sock.Amount{Value: limit, Known: limit > 0},
	}}
	return s
}

// TestLimits are the rules about what is limited for the whole machine.
func TestLimits(t *testing.T) {
	for rule, name := range map[string]string{"memory_pressure": "memory_bytes", "orphans": "orphaned", "time_wait": "time_wait"} {
		for _, test := range []struct {
			used, limit int64
			want        string
		}{{40, 100, ""}, {99, 100, "warning"}, {100, 100, "critical"}, {99, 0, ""}} {
			got := ""
			for _, f := range examine(usage(sock.TCP, name, test.used, test.limit), nil) {
				if f.Rule.Name != rule || f.Counters[0].Value != test.used || f.Limits[0].Value != test.limit {
					t.Errorf("%s: %+v", rule, f)
				}
				got += f.Severity.String()
			}
			if got != test.want {
				t.Errorf("%s: %d of %d is %q, want %q", rule, test.used, test.limit, got, test.want)
			}
		}
		s := usage(sock.TCP, name, 99, 100)
		if s.Counted = false; len(examine(s, nil)) > 0 {
			t.Errorf("%s looks at counters that are not known", rule)
		}
		s.Counted = true
		for _, setting := range slices.DeleteFunc(slices.Clone(Rules), func(r *Rule) bool { return r.Name != rule })[0].Settings {
			if len(examine(s, Changes{rule + "." + setting.Name: 99.5})) > 0 {
				t.Errorf("%s does not hear a change", rule)
			}
		}
	}
	s := newSpace()
	s.Counted = true
	s.After.Counters = []sock.Counter{{Group: "TcpExt", Name: "TCPTimeWaitOverflow", Value: 3}, {Group: "TcpExt", Name: "TCPMemoryPressures", Value: 1}}
	if found := examine(s, nil); len(found) != 2 {
		t.Errorf("%+v", found)
	}
}

// TestWorstFirst: what is critical stands before what is a warning, and each has
// evidence.
func TestWorstFirst(t *testing.T) {
	listener := &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Listen, Local: netip.MustParseAddrPort("0.0.0.0:6379"), RecvQueue: 5, Backlog: 4,
		Known: sock.FieldLocal | sock.FieldRecvQueue | sock.FieldBacklog,
	}
	s := newSpace()
	s.Counted = true
	s.After.Counters = []sock.Counter{{Group: "TcpExt", Name: "ListenOverflows", Value: 9}}
	found := examine(s, nil, listener)
	if len(found) != 2 || found[0].Severity != Critical || found[1].Severity != Info || found[0].Rule != acceptQueueFull {
		t.Fatalf("%+v", found)
	}
	for _, f := range found {
		if f.Evidence.Total == 0 || f.Try == "" || strings.Contains(f.Title, "%!") {
			t.Errorf("%+v", f)
		}
	}
}
