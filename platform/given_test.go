package platform

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"sockeye/sock"
)

// telling is a source that tells owners and no inodes. It counts the listings
// that it was asked to make.
type telling struct {
	rows     []sock.Socket
	fields   sock.Field
	listings int
	queries  []sock.Query // of the streams of those listings
}

func (*telling) Name() string { return "telling" }
func (f *telling) Fields(p sock.Protocol) sock.Field {
	if p != sock.TCP && p != sock.UDP {
		return 0
	}
	return f.fields
}
func (f *telling) States(p sock.Protocol) sock.StateSet {
	return p.Descriptor().States &^ sock.States(sock.Bound)
}
func (f *telling) Open(*sock.Environment) sock.Session {
	f.listings++
	return fakeSession{rows: f.Sockets}
}
func (f *telling) Sockets(_ context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	f.queries = append(f.queries, q)
	var asked []sock.Socket
	for _, s := range f.rows {
		if q.Allows(&s) {
			asked = append(asked, s)
		}
	}
	return sockets(asked...)
}

const toldFields = sock.FieldLocal | sock.FieldOwners

func told(state sock.State, status sock.OwnerStatus, owners ...sock.Owner) sock.Socket {
	s := sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: state, Known: sock.FieldLocal}
	if status != sock.OwnerNotSearched {
		s.Known |= sock.FieldOwners
		s.Owners, s.OwnerStatus = owners, status
	}
	return s
}

func owner(pid int, name string) sock.Owner {
	return sock.Owner{Process: &sock.Process{PID: pid, Name: name}, FD: sock.NoFD}
}

func tellingHost(src sock.Source) *Host {
	return hostOf(src)
}

func listTold(t *testing.T, h *Host, want sock.Field) ([]*sock.Socket, sock.Snapshot) {
	t.Helper()
	l := h.List(t.Context(), Request{Query: sock.Query{
		Protocols: sock.Protocols(sock.TCP, sock.UDP), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.AllStates, Want: want,
	}})
	var all []*sock.Socket
	for s, err := range l.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s.Clone())
	}
	return all, l.Snapshot()
}

// TestOwnersThatTheSourceTells: they are kept as they are, nothing is searched,
// and what the source does not know stays unknown.
func TestOwnersThatTheSourceTells(t *testing.T) {
	src := &telling{fields: toldFields, rows: []sock.Socket{
		told(sock.Listen, sock.OwnerKnown, owner(812, "nginx.exe")),
		told(sock.Listen, sock.OwnerKernel, owner(4, "System")),
		told(sock.Established, sock.OwnerNotSearched),
		told(sock.TimeWait, sock.OwnerNotSearched),
	}}
	h := tellingHost(src)
	got, snap := listTold(t, h, sock.FieldLocal|sock.FieldOwners)
	if len(got) != 4 || src.listings != 1 || snap.OwnerSource != "telling" || !snap.Complete || len(snap.Warnings) != 0 {
		t.Fatalf("%d rows of %d listings, %+v", len(got), src.listings, snap)
	}
	if got[0].OwnerStatus != sock.OwnerKnown || got[0].Owners[0].PID != 812 {
		t.Errorf("a process: %v %v", got[0].OwnerStatus, got[0].Owners)
	}
	if got[1].OwnerStatus != sock.OwnerKernel || len(got[1].Owners) != 1 || got[1].Owners[0].Name != "System" {
		t.Errorf("the kernel: %v %v", got[1].OwnerStatus, got[1].Owners)
	}
	if got[2].OwnerStatus != sock.OwnerNotSearched || got[2].Knows(sock.FieldOwners) {
		t.Errorf("not told: %v, known %v", got[2].OwnerStatus, got[2].Knows(sock.FieldOwners))
	}
	if got[3].OwnerStatus != sock.OwnerTimeWait || !got[3].Knows(sock.FieldOwners) {
		t.Errorf("TIME_WAIT: %v", got[3].OwnerStatus)
	}
	if h.Fields() != toldFields|sock.FieldExposure|sock.ProcessFields&^(sock.FieldContext|sock.FieldOrigin) || h.ListsBound() || h.FindsThreads() || h.CanDestroy() {
		t.Errorf("the machine can %b", h.Fields())
	}
}

// TestOwnersNotWanted: --owners none reaches the source.
func TestOwnersNotWanted(t *testing.T) {
	src := &telling{fields: toldFields, rows: []sock.Socket{told(sock.Listen, sock.OwnerNotSearched)}}
	h := tellingHost(src)
	h.noOwners = true
	_, snap := listTold(t, h, sock.FieldLocal|sock.FieldOwners|sock.FieldExe)
	if snap.OwnerSource != "none" || !snap.Complete {
		t.Errorf("%+v", snap)
	}
	for _, q := range src.queries {
		if q.Want&(sock.FieldOwners|sock.ProcessFields) != 0 {
			t.Errorf("asked for %b", q.Want)
		}
	}
}

// TestASourceWithoutOwners says that there will be none.
func TestASourceWithoutOwners(t *testing.T) {
	src := &telling{fields: sock.FieldLocal, rows: []sock.Socket{told(sock.Listen, sock.OwnerNotSearched)}}
	got, snap := listTold(t, tellingHost(src), sock.FieldLocal|sock.FieldOwners)
	if len(got) != 1 || snap.OwnerSource != "none" || snap.Complete || len(snap.Warnings) != 1 {
		t.Errorf("%d rows, %+v", len(got), snap)
	}
	if _, snap = listTold(t, tellingHost(src), sock.FieldLocal); !snap.Complete || len(snap.Warnings) != 0 {
		t.Errorf("owners are not wanted: %+v", snap)
	}
}

// TestNamesOfToldProcesses looks up the names that the source did not tell, of
// processes that are still those that were told.
func TestNamesOfToldProcesses(t *testing.T) {
	began := time.UnixMilli(1_000_000)
	asked := 0
	g := &givenOwners{
		facts: newFactReader(t.Context(), here, &userNames{}), want: sock.FieldOwners, began: began,
		lookup: processLookup{
			name: func(_ context.Context, pid int) (string, error) {
				asked++
				if pid == 3 {
					return "", errors.New("no permission")
				}
				return "sshd", nil
			},
			started: func(_ context.Context, pid int) (time.Time, bool) {
				return began.Add(time.Duration(pid-5) * time.Second), pid != 3
			},
			exists: func(_ context.Context, pid int) bool { return pid != 2 },
		},
	}
	alive, gone, hidden, reused := owner(1, ""), owner(2, ""), owner(3, ""), owner(9, "")
	rows := []sock.Socket{
		told(sock.Listen, sock.OwnerKnown, alive, gone), told(sock.Listen, sock.OwnerKnown, gone),
		told(sock.Listen, sock.OwnerKnown, hidden), told(sock.Listen, sock.OwnerKnown, reused),
	}
	var got []*sock.Socket
	for s := range g.attach(t.Context(), sockets(rows...)) {
		got = append(got, s.Clone())
	}
	if len(got[0].Owners) != 1 || got[0].Owners[0].Name != "sshd" || got[0].OwnerStatus != sock.OwnerKnown {
		t.Errorf("one of two ended: %v %v", got[0].Owners, got[0].OwnerStatus)
	}
	for _, i := range []int{1, 3} {
		if len(got[i].Owners) != 0 || got[i].OwnerStatus != sock.OwnerExited {
			t.Errorf("row %d, whose owner ended: %v %v", i, got[i].Owners, got[i].OwnerStatus)
		}
	}
	if len(got[2].Owners) != 1 || got[2].Owners[0].Name != "" || got[2].OwnerStatus != sock.OwnerKnown {
		t.Errorf("a name that may not be read: %v %v", got[2].Owners, got[2].OwnerStatus)
	}
	if asked != 4 {
		t.Errorf("%d names asked of 4 processes", asked)
	}
}

// TestFactsOfToldProcessesAreOfTheSameProcess is the guard against a PID that
// was given to another.
func TestFactsOfToldProcessesAreOfTheSameProcess(t *testing.T) {
	then := time.UnixMilli(500_000)
	for _, c := range []struct {
		name  string
		told  time.Time // zero: not told
		now   time.Time
		known bool
		is    bool
	}{
		{name: "the time that was told", told: then.Add(300 * time.Microsecond), now: then, known: true, is: true},
		{name: "a later one", told: then, now: then.Add(time.Millisecond), known: true},
		{name: "before the listing", now: then, known: true, is: true},
		{name: "after it began", now: then.Add(time.Hour), known: true},
		{name: "not known", told: then},
	} {
		p := &sock.Process{PID: 7, StartedAt: c.told}
		if !c.told.IsZero() {
			p.Known = sock.FieldStartedAt
		}
		g := &givenOwners{began: then.Add(time.Minute), lookup: processLookup{
			started: func(context.Context, int) (time.Time, bool) { return c.now, c.known },
		}}
		if got := g.same(t.Context(), p); got != c.is {
			t.Errorf("%s: the same process %v, want %v", c.name, got, c.is)
		}
	}
}

func TestSourcesOfAMachineThatTellsOwners(t *testing.T) {
	first, second := &telling{fields: toldFields}, named("other")
	for option, want := range map[string]string{"": "telling", "auto": "telling", "telling": "telling", "other": "other"} {
		h, err := openGiven(here, Options{Source: option}, []sock.Source{first}, second)
		if err != nil || len(h.chain.sources) != 1 || h.chain.sources[0].Name() != want {
			t.Errorf("--source %q: %v, %v", option, h, err)
		}
	}
	for _, o := range []Options{{Source: "proc"}, {Owners: "proc"}, {Owners: "bpf"}} {
		var unknown *UnknownBackendError
		if _, err := openGiven(here, o, []sock.Source{first}, second); !errors.As(err, &unknown) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if h, err := openGiven(here, Options{Owners: "none"}, []sock.Source{first}); err != nil || !h.noOwners {
		t.Errorf("--owners none: %v, %v", h, err)
	}
}

// named is a source that lists nothing.
type named string

func (n named) Name() string                      { return string(n) }
func (named) Fields(sock.Protocol) sock.Field     { return 0 }
func (named) States(sock.Protocol) sock.StateSet  { return 0 }
func (named) Open(*sock.Environment) sock.Session { return fakeSession{} }
