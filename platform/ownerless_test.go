package platform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sockeye/procnet"
	"sockeye/sock"
)

// descriptors writes what the kernel tells of descriptors: by path below /proc.
func descriptors(t *testing.T, told map[string]string) procnet.FS {
	t.Helper()
	root := t.TempDir()
	for path, text := range told {
		path = filepath.Join(root, path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return procnet.At(root)
}

func stillThere(context.Context, *sock.Socket) (bool, error) { return true, nil }

// A socket that no descriptor refers to may be an io_uring instance's.
func TestAnOwnerThroughRings(t *testing.T) {
	ring := sock.Owner{Process: &sock.Process{PID: 9, Name: "uring"}, FD: 4}
	o := newStage(t, &fakeFinder{instances: []sock.Owner{ring, {Process: ring.Process, FD: 5}}})
	o.exists = stillThere
	o.proc = descriptors(t, map[string]string{"9/fdinfo/4": "UserFiles:\t2\n    0: socket:[1]\n    1: socket:[1]\n"})
	got := attached(t, o, row(tcp4, sock.Listen, 1), row(tcp4, sock.Listen, 2))
	want := []sock.Owner{{Process: ring.Process, FD: sock.NoFD}}
	if got[0].OwnerStatus != sock.OwnerKnown || !slices.Equal(got[0].Owners, want) {
		t.Errorf("%v by %v, want %v", got[0].OwnerStatus, got[0].Owners, want)
	}
	if got[1].OwnerStatus != sock.OwnerNoDescriptor || len(got[1].Owners) > 0 {
		t.Errorf("a socket that is in none: %v by %v", got[1].OwnerStatus, got[1].Owners)
	}
}

// Sockets are in transit only if as many descriptors are.
func TestSocketsInTransit(t *testing.T) {
	mailbox := &sock.Process{PID: 9, Name: "receiver"}
	for waiting, want := range map[int]sock.OwnerStatus{
		0: sock.OwnerNoDescriptor, 1: sock.OwnerNoDescriptor, 2: sock.OwnerInTransit, 7: sock.OwnerInTransit,
	} {
		o := newStage(t, &fakeFinder{owners: map[uint64][]sock.Owner{70: {{Process: mailbox, FD: 3}, {Process: mailbox, FD: 4}}}})
		o.exists, o.mailboxes = stillThere, func() []uint64 { return []uint64{70, 71} }
		o.proc = descriptors(t, map[string]string{"9/fdinfo/4": fmt.Sprintf("pos:\t0\nscm_fds: %d\n", waiting)})
		for i, s := range attached(t, o, row(tcp4, sock.Listen, 1), row(tcp4, sock.Listen, 2)) {
			if s.OwnerStatus != want {
				t.Errorf("%d waiting: socket %d is %v, want %v", waiting, i, s.OwnerStatus, want)
			}
		}
	}
}

// long returns the rows of a listing that is searched as a whole, and a finder that
// knows all but one.
func long(missing uint64) ([]sock.Socket, *fakeFinder) {
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{}, later: map[uint64][]sock.Owner{}}
	rows := make([]sock.Socket, ownerBlock)
	for i := range rows {
		rows[i] = row(tcp4, sock.Listen, uint16(i+1))
		if inode := rows[i].Inode; inode != missing {
			finder.owners[inode] = held(1, "p")
		}
	}
	return rows, finder
}

// What the search for every socket leaves out is searched for by itself, unless it
// is closed by then.
func TestWhatIsLeftIsSearchedFor(t *testing.T) {
	rows, finder := long(7)
	finder.later[7] = held(9, "thread")
	o := newStage(t, finder)
	o.exists = stillThere
	got := attached(t, o, rows...)
	if len(finder.searches) != 2 || !slices.Equal(finder.searches[1], []uint64{7}) || got[6].OwnerStatus != sock.OwnerKnown || got[6].Owners[0].PID != 9 {
		t.Errorf("%d searches, %v by %v", len(finder.searches), got[6].OwnerStatus, got[6].Owners)
	}
	rows, finder = long(7)
	o = newStage(t, finder)
	o.exists = func(context.Context, *sock.Socket) (bool, error) { return false, nil }
	if got := attached(t, o, rows...); len(finder.searches) != 1 || got[6].OwnerStatus != sock.OwnerClosed {
		t.Errorf("closed: %d searches, %v", len(finder.searches), got[6].OwnerStatus)
	}
}

// What came into being after the last search that is made is not said to be held by
// nobody.
func TestWhatIsNotSearchedFor(t *testing.T) {
	o := newStage(t, &fakeFinder{})
	o.exists = stillThere
	var reports []*sock.Partial
	o.report = func(p *sock.Partial) { reports = append(reports, p) }
	o.indexes, o.searches = []ownerIndex{fakeIndex{}}, maxSearches
	if got := attached(t, o, row(tcp4, sock.Listen, 1))[0]; got.OwnerStatus != sock.OwnerNotSearched || len(reports) != 1 || !reports[0].Incomplete {
		t.Errorf("%v, reported %v", got.OwnerStatus, reports)
	}
}

func TestWhyOwnersAreHidden(t *testing.T) {
	for _, c := range []struct {
		root, entitled bool
		want           string
	}{
		{false, false, "the owners of 2 sockets are hidden from this user; run as root to see them all"},
		{true, false, "the owners of 2 sockets are hidden: this process lacks the capabilities to look into every other"},
		{true, true, "the owners of 2 sockets are hidden: a security policy keeps this process from looking into others"},
		{false, true, "the owners of 2 sockets are hidden: a security policy keeps this process from looking into others"},
	} {
		if got := deniedMessage(2, c.root, c.entitled); got != c.want {
			t.Errorf("root %v, entitled %v: %s", c.root, c.entitled, got)
		}
	}
}
