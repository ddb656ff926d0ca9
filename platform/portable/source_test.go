package portable

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/shirou/gopsutil/v3/net"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// fake is a system, with what it was asked for.
type fake struct {
	connections []net.ConnectionStat
	err         error
	kinds       []string
}

func (f *fake) source(system string) *Source {
	return &Source{traits: systems[system], root: true,
		gather: func(_ context.Context, _ *sock.Environment, kind string) (answer, error) {
			f.kinds = append(f.kinds, kind)
			var some []net.ConnectionStat
			for _, c := range f.connections {
				tcp, v6 := c.Type == stream, c.Family == inet6
				if (strings.HasPrefix(kind, "inet") || tcp == strings.HasPrefix(kind, "tcp")) &&
					(!strings.HasSuffix(kind, "4") || !v6) && (!strings.HasSuffix(kind, "6") || v6) {
					some = append(some, c)
				}
			}
			return answer{connections: some}, f.err
		}}
}

var everything = sock.Query{
	Protocols: sock.Protocols(sock.TCP, sock.UDP), Families: sock.Families(sock.IPv4, sock.IPv6),
	States: sock.AllStates, Want: sock.AllFields,
}

// some is a population as lsof shows it: one row a descriptor.
func some() *fake {
	return &fake{connections: []net.ConnectionStat{
		conn(inet6, dgram, at("*", 53), net.Addr{}, "", 9, 3),
		conn(inet, stream, at("*", 80), net.Addr{}, "LISTEN", 20, 6),
		conn(inet6, stream, at("fe80:4::5", 80), at("fe80:4::9", 7), "ESTABLISHED", 20, 9),
		conn(inet, stream, at("*", 80), net.Addr{}, "LISTEN", 10, 7),
		conn(inet, stream, at("*", 80), net.Addr{}, "LISTEN", 10, 6),
		conn(inet, stream, at("10.0.0.5", 80), at("10.0.0.9", 7), "CLOSE_WAIT", 10, 8),
		conn(inet, dgram, at("10.0.0.5", 80), at("10.0.0.9", 7), "", 10, 9),
	}}
}

// here is this machine.
var here = &sock.Environment{Proc: "/proc"}

// list returns the sockets, the parts that failed and the tables that did.
func list(t *testing.T, src *Source, q sock.Query) (all []*sock.Socket, parts []*sock.Partial, failed []error) {
	t.Helper()
	for s, err := range socktest.Rows(context.Background(), src, here, q) {
		var partial *sock.Partial
		switch {
		case errors.As(err, &partial):
			parts = append(parts, partial)
		case err != nil:
			failed = append(failed, err)
		default:
			all = append(all, s.Clone())
		}
	}
	return all, parts, failed
}

func TestContract(t *testing.T) {
	for system, tr := range systems {
		t.Run(system, func(t *testing.T) {
			min := 7
			if tr.perHolder {
				min = 5
			}
			socktest.TestSource(t, some().source(system), here, everything, min)
		})
	}
}

func TestHoldersOfOneSocket(t *testing.T) {
	all, parts, err := list(t, some().source("darwin"), everything)
	if len(parts) != 0 || len(err) != 0 || len(all) != 5 {
		t.Fatalf("%d rows, %v, %v; want 5", len(all), parts, err)
	}
	l := all[0]
	if l.State != sock.Listen || len(l.Owners) != 3 || l.OwnerStatus != sock.OwnerKnown {
		t.Fatalf("%v with %d owners, want the listener with 3", l.State, len(l.Owners))
	}
	for i, want := range [][2]int{{10, 6}, {10, 7}, {20, 6}} {
		if o := l.Owners[i]; o.PID != want[0] || o.FD != want[1] {
			t.Errorf("owner %d: PID %d, descriptor %d, want %v", i, o.PID, o.FD, want)
		}
	}
	if l.Owners[0].Process != l.Owners[1].Process || all[1].Owners[0].Process != l.Owners[0].Process {
		t.Error("a process is not shared by its sockets")
	}
}

// TestWhatIsLost: a fact that is not told is not made up.
func TestWhatIsLost(t *testing.T) {
	const never = sock.AllFields &^ (sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldOwners)
	for system, c := range map[string]struct {
		owners bool
		fd     int
	}{
		"darwin": {true, 6}, "freebsd": {true, 6}, "windows": {true, sock.NoFD}, "openbsd": {false, 0}, "linux": {false, 0},
	} {
		src := some().source(system)
		if beyond := (src.Fields(sock.TCP) | src.Fields(sock.UDP)) & never; beyond != 0 || src.Fields(sock.Unix) != 0 {
			t.Errorf("%s claims %b", system, beyond)
		}
		if src.Fields(sock.TCP).Has(sock.FieldOwners) != c.owners {
			t.Errorf("%s: owners are claimed %v", system, !c.owners)
		}
		all, _, _ := list(t, src, everything)
		l := all[0]
		if l.Knows(sock.FieldOwners) != c.owners || c.owners && l.Owners[0].FD != c.fd {
			t.Errorf("%s: owners %v known %v", system, l.Owners, l.Knows(sock.FieldOwners))
		}
	}
	f := &fake{connections: []net.ConnectionStat{conn(inet, stream, at("*", 80), net.Addr{}, "LISTEN", 0, 6)}}
	for system := range systems {
		all, _, _ := list(t, f.source(system), everything)
		if s := all[0]; s.Knows(sock.FieldOwners) || len(s.Owners) != 0 || s.OwnerStatus != sock.OwnerNotSearched {
			t.Errorf("%s: PID 0 is %v %v", system, s.OwnerStatus, s.Owners)
		}
	}
}

func TestOneQuestion(t *testing.T) {
	for want, edit := range map[string]func(*sock.Query){
		"inet":  func(*sock.Query) {},
		"inet4": func(q *sock.Query) { q.Families = sock.Families(sock.IPv4) },
		"tcp":   func(q *sock.Query) { q.Protocols = sock.Protocols(sock.TCP) },
		"udp6":  func(q *sock.Query) { q.Protocols, q.Families = sock.Protocols(sock.UDP), sock.Families(sock.IPv6) },
		"tcp4": func(q *sock.Query) {
			q.Protocols, q.Families = sock.Protocols(sock.TCP, sock.SCTP), sock.Families(sock.IPv4)
		},
		"": func(q *sock.Query) {
			q.Protocols = sock.Protocols(sock.Unix)
		},
	} {
		f, q := some(), everything
		edit(&q)
		list(t, f.source("darwin"), q)
		if got := strings.Join(f.kinds, ","); got != want {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}
}

func TestStatesThatNobodyAsks(t *testing.T) {
	q := everything
	q.States = sock.ListeningStates
	all, _, err := list(t, some().source("darwin"), q)
	if len(err) != 0 || len(all) != 2 || all[0].State != sock.Listen || all[1].State != sock.Unconnected {
		t.Errorf("%d rows, %v; want the two that listen", len(all), err)
	}
}

func TestWhatFails(t *testing.T) {
	missing := errors.New("lsof: not found")
	f := &fake{err: missing}
	_, parts, failed := list(t, f.source("darwin"), everything)
	if len(parts) != 0 || len(failed) != 4 || len(f.kinds) != 1 {
		t.Errorf("gopsutil fails: %v, %v, asked %d times", parts, failed, len(f.kinds))
	}
	for _, err := range failed {
		if !errors.Is(err, sock.ErrUnavailable) || !errors.Is(err, missing) {
			t.Errorf("gopsutil fails: %v", err)
		}
	}
	// NetBSD: gopsutil has nothing there, and is not asked.
	f = some()
	one := everything.Only(sock.Table{Protocol: sock.TCP, Family: sock.IPv4})
	if _, _, failed = list(t, f.source("netbsd"), one); len(failed) != 1 || !errors.Is(failed[0], sock.ErrUnavailable) || len(f.kinds) != 0 {
		t.Errorf("netbsd: %v, asked %v", failed, f.kinds)
	}
	q := everything
	q.Protocols |= sock.Protocols(sock.Unix)
	all, parts, failed := list(t, some().source("darwin"), q)
	if len(parts) != 0 || len(all) != 5 || len(failed) != 1 || !strings.Contains(failed[0].Error(), "unix") {
		t.Errorf("unix sockets too: %d rows, %v, %v", len(all), parts, failed)
	}
}

func TestWhatIsNotUnderstood(t *testing.T) {
	f := some()
	f.connections = append(f.connections, conn(inet, stream, at("1.2.3", 1), net.Addr{}, "LISTEN", 1, 1))
	all, parts, err := list(t, f.source("darwin"), everything)
	if len(err) != 0 || len(all) != 5 || len(parts) != 1 || parts[0].Code != sock.CodeMalformed || !parts[0].Incomplete {
		t.Errorf("%d rows, %v, %v", len(all), parts, err)
	}
}

func TestNotRoot(t *testing.T) {
	for system, tr := range systems {
		src := some().source(system)
		src.root = false
		_, parts, _ := list(t, src, everything)
		if hidden := len(parts) == 1 && parts[0].Code == sock.CodePermission; hidden != tr.ownOnly {
			t.Errorf("%s: %v", system, parts)
		}
	}
}

// TestOneListing: the system is asked once for all that a session plans, in
// however many plans.
func TestOneListing(t *testing.T) {
	for system := range systems {
		f := some()
		session := f.source(system).Open(here)
		var readings []sock.Reading
		for phase := range everything.Phases {
			readings = append(readings, session.Plan(phase)...)
		}
		rows := 0
		for _, r := range readings {
			for _, err := range r.Rows(t.Context()) {
				if err == nil {
					rows++
				}
			}
		}
		session.Close()
		if len(f.kinds) != 1 || f.kinds[0] != "inet" || rows < 5 {
			t.Errorf("%s: %d rows, asked for %q", system, rows, f.kinds)
		}
	}
}
