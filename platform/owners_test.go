package platform

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"slices"
	"testing"

	"sockeye/procnet"
	"sockeye/sock"
)

// fakeFinder holds who owns which inode, and remembers what was asked.
type fakeFinder struct {
	closed    int
	owners    map[uint64][]sock.Owner
	later     map[uint64][]sock.Owner // what the second and further searches find more
	blind     int
	gone      uint64
	instances []sock.Owner
	err       error
	searches  [][]uint64
}

func (f *fakeFinder) name() string { return "fake" }

func (f *fakeFinder) reason() string                       { return "" }
func (f *fakeFinder) prepare()                             {}
func (f *fakeFinder) close()                               { f.closed++ }
func (f *fakeFinder) confirm(context.Context) (int, error) { return 0, nil }

func (f *fakeFinder) find(_ context.Context, want []uint64) (ownerIndex, error) {
	f.searches = append(f.searches, slices.Clone(want))
	found := map[uint64][]sock.Owner{}
	for inode, owners := range f.owners {
		if want == nil || slices.Contains(want, inode) {
			found[inode] = owners
		}
	}
	if len(f.searches) > 1 {
		for inode, owners := range f.later {
			if want == nil || slices.Contains(want, inode) {
				found[inode] = owners
			}
		}
	}
	return fakeIndex{found, f.blind, f.gone, f.instances}, f.err
}

type fakeIndex struct {
	owners    map[uint64][]sock.Owner
	blind     int
	gone      uint64 // the inode of a socket whose process ended
	instances []sock.Owner
}

func (x fakeIndex) Owners(inode uint64, buf []sock.Owner) []sock.Owner {
	return append(buf, x.owners[inode]...)
}
func (x fakeIndex) hidden() int                        { return x.blind }
func (x fakeIndex) failure() error                     { return nil }
func (x fakeIndex) WasLeft(inode uint64) bool          { return x.gone == inode }
func (x fakeIndex) rings(context.Context) []sock.Owner { return x.instances }
func (x fakeIndex) sameProcess(int) bool               { return true }

func held(pid int, name string) []sock.Owner {
	return []sock.Owner{{Process: &sock.Process{PID: pid, Name: name}, FD: 3}}
}

func newStage(t *testing.T, finder *fakeFinder) *ownerStage {
	return &ownerStage{
		finder: finder, want: sock.FieldOwners, proc: procnet.At(t.TempDir()),
		entitled: func() bool { return false }, mailboxes: func() []uint64 { return nil },
		facts:  newFactReader(t.Context(), here, &userNames{}),
		report: func(p *sock.Partial) { t.Logf("reported: %v", p) },
		queues: &listeners{load: func() []*sock.Socket { return nil }},
	}
}

// sockets streams records over one reused memory, as a source does.
func sockets(rows ...sock.Socket) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		var reused sock.Socket
		for _, s := range rows {
			reused = s
			if !yield(&reused, nil) {
				return
			}
		}
	}
}

func attached(t *testing.T, o *ownerStage, rows ...sock.Socket) []*sock.Socket {
	t.Helper()
	var got []*sock.Socket
	for s, err := range o.attach(t.Context(), sockets(rows...)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s.Clone())
	}
	return got
}

func TestAShortListingSearchesItsOwnSocketsOnly(t *testing.T) {
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{1: held(10, "one"), 2: held(20, "two"), 3: held(30, "three")}}
	got := attached(t, newStage(t, finder), row(tcp4, sock.Listen, 1), row(tcp4, sock.Listen, 3))
	if len(finder.searches) != 1 || !slices.Equal(finder.searches[0], []uint64{1, 3}) {
		t.Errorf("searched %v, want the two inodes once", finder.searches)
	}
	if got[0].Owners[0].PID != 10 || got[1].Owners[0].PID != 30 || got[0].OwnerStatus != sock.OwnerKnown {
		t.Errorf("owners %v %v", got[0].Owners, got[1].Owners)
	}
}

func TestNothingHeldMeansNoSearch(t *testing.T) {
	gone := row(tcp4, sock.TimeWait, 9)
	gone.Inode, gone.Known = 0, sock.FieldLocal
	finder := &fakeFinder{}
	if attached(t, newStage(t, finder), gone); len(finder.searches) != 0 {
		t.Errorf("searched %v for a socket that nobody can hold", finder.searches)
	}
}

func TestALongListingSearchesOnceAndStreams(t *testing.T) {
	const n = 3 * ownerBlock
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{}}
	var rows []sock.Socket
	for i := uint64(1); i <= n; i++ {
		s := row(tcp4, sock.Established, uint16(i))
		s.Inode = i
		rows = append(rows, s)
		finder.owners[i] = held(int(i), "p")
	}
	got := attached(t, newStage(t, finder), rows...)
	if len(got) != n {
		t.Fatalf("%d rows of %d", len(got), n)
	}
	for i, s := range got {
		if s.Inode != uint64(i+1) || len(s.Owners) != 1 || s.Owners[0].PID != i+1 {
			t.Fatalf("row %d: inode %d, owners %v", i, s.Inode, s.Owners)
		}
	}
	if len(finder.searches) != 1 || finder.searches[0] != nil {
		t.Errorf("%d searches, want one for every socket", len(finder.searches))
	}
}

// Behind the first search more rows wait for a further one.
func TestFurtherSearchesAreForManyRows(t *testing.T) {
	const n = ownerBlock + laterBlock + 10
	finder := &fakeFinder{later: map[uint64][]sock.Owner{n: held(7, "young")}}
	var rows []sock.Socket
	for i := uint64(1); i <= n; i++ {
		s := row(tcp4, sock.Established, uint16(i))
		s.Inode = i
		rows = append(rows, s)
	}
	got := attached(t, newStage(t, finder), rows...)
	var searched []int
	for _, want := range finder.searches {
		searched = append(searched, len(want))
	}
	if !slices.Contains(searched, laterBlock) || searched[len(searched)-1] != 10 || len(got) != n || got[n-1].OwnerStatus != sock.OwnerKnown {
		t.Errorf("searched for %v sockets, the last of %d is %v", searched, len(got), got[len(got)-1].OwnerStatus)
	}
}

func TestASocketBornDuringTheListingIsSearchedAgain(t *testing.T) {
	const n = ownerBlock + 10
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{}, later: map[uint64][]sock.Owner{n - 3: held(7, "young")}}
	var rows []sock.Socket
	for i := uint64(1); i <= n; i++ {
		s := row(tcp4, sock.Established, uint16(i))
		s.Inode = i
		rows = append(rows, s)
		if i != n-3 {
			finder.owners[i] = held(1, "old")
		}
	}
	got := attached(t, newStage(t, finder), rows...)
	if s := got[n-4]; len(s.Owners) != 1 || s.Owners[0].PID != 7 {
		t.Errorf("owners of the young socket: %v, %v", s.Owners, s.OwnerStatus)
	}
	if len(finder.searches) != 2 || !slices.Equal(finder.searches[1], []uint64{n - 3}) {
		t.Errorf("%d searches, the second for %v", len(finder.searches), finder.searches[1:])
	}
	for i, s := range got {
		if s.Inode != uint64(i+1) {
			t.Fatalf("row %d has inode %d: the order changed", i, s.Inode)
		}
	}
}

func TestEveryMissingOwnerHasItsReason(t *testing.T) {
	there := func(context.Context, *sock.Socket) (bool, error) { return true, nil }
	gone := func(context.Context, *sock.Socket) (bool, error) { return false, nil }
	for _, c := range []struct {
		name   string
		finder fakeFinder
		exists func(context.Context, *sock.Socket) (bool, error)
		want   sock.OwnerStatus
	}{
		{name: "all was seen", exists: there, want: sock.OwnerNoDescriptor},
		{name: "all was seen, the source cannot be asked", want: sock.OwnerNoDescriptor},
		{name: "some was hidden", finder: fakeFinder{blind: 3}, exists: there, want: sock.OwnerPermission},
		{name: "even the number is hidden", finder: fakeFinder{blind: -1}, exists: gone, want: sock.OwnerPermission},
		{name: "closed meanwhile", exists: gone, want: sock.OwnerClosed},
		{name: "its process ended", finder: fakeFinder{gone: 1}, exists: gone, want: sock.OwnerExited},
		{name: "its process ended, another has it", finder: fakeFinder{gone: 1}, exists: there, want: sock.OwnerNoDescriptor},
		{name: "the search failed", finder: fakeFinder{err: errors.New("no /proc")}, exists: there, want: sock.OwnerNotSearched},
	} {
		o := newStage(t, &c.finder)
		o.exists = c.exists
		if got := attached(t, o, row(tcp4, sock.Listen, 1))[0]; got.OwnerStatus != c.want || len(got.Owners) != 0 {
			t.Errorf("%s: %v, want %v", c.name, got.OwnerStatus, c.want)
		}
	}
}

func TestWhatHasNoDescriptorSaysWhy(t *testing.T) {
	for state, want := range map[sock.State]sock.OwnerStatus{
		sock.TimeWait: sock.OwnerTimeWait, sock.SynReceived: sock.OwnerRequest, sock.Established: sock.OwnerAcceptQueue,
		sock.CloseWait: sock.OwnerAcceptQueue, sock.FinWait1: sock.OwnerOrphaned, sock.FinWait2: sock.OwnerOrphaned,
		sock.LastAck: sock.OwnerOrphaned, sock.Closing: sock.OwnerOrphaned,
	} {
		if got := unheld(&sock.Socket{Protocol: sock.TCP, State: state}); got != want {
			t.Errorf("%v without inode: %v, want %v", state, got, want)
		}
	}
}

func TestAConnectionInTheAcceptQueueNamesItsListener(t *testing.T) {
	waiting := row(tcp4, sock.Established, 80)
	waiting.Local = netip.MustParseAddrPort("10.0.0.5:80")
	waiting.Inode, waiting.Known = 0, sock.FieldLocal
	wildcard, exact, twin := row(tcp4, sock.Listen, 80), row(tcp4, sock.Listen, 80), row(tcp4, sock.Listen, 80)
	exact.Local, exact.Inode = waiting.Local, 81
	twin.Inode = 82
	finder := fakeFinder{owners: map[uint64][]sock.Owner{80: held(1, "wild"), 81: held(2, "exact"), 82: held(3, "twin")}}
	for _, c := range []struct {
		name      string
		listening []*sock.Socket
		want      int
	}{
		{"one", []*sock.Socket{&wildcard}, 1},
		{"the exact address first", []*sock.Socket{&wildcard, &exact}, 2},
		{"twins with processes of their own: none by chance", []*sock.Socket{&wildcard, &twin}, 0},
		{"none left", nil, 0},
	} {
		o := newStage(t, &fakeFinder{owners: finder.owners})
		o.queues = &listeners{load: func() []*sock.Socket { return c.listening }}
		got := attached(t, o, waiting)[0]
		pid := 0
		if got.Listener != nil {
			pid = got.Listener.PID
		}
		if got.OwnerStatus != sock.OwnerAcceptQueue || pid != c.want || len(got.Owners) != 0 {
			t.Errorf("%s: %v of %d, want the accept queue of %d", c.name, got.OwnerStatus, pid, c.want)
		}
	}
}
