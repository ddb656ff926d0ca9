package bpfiter

import (
	"cmp"
	"slices"
)

// tally finds out when a search has seen every holder of the wanted sockets.
//
// Each entry of a descriptor table is a reference to the file of the socket, and
// the program tells how many references the file has (record.references). If as
// many entries have been seen, no other can exist. If there are more references
// than entries, the search goes to its end: a message that carries the socket
// (SCM_RIGHTS), io_uring, a system call under way in a process with threads, or a
// process of another PID namespace may have them. So it does if an entry was seen
// that does not count.
//
// That holds at once for a socket with one reference, because the program saw the
// entry and the count at the same time. Of several entries the first may be gone
// when the last one is seen, and a new one, such as a forked process has, may have
// been counted for it. Those entries are looked at a second time
// ([search.confirmed]): all that are seen twice were there together in between,
// when the second count began, and if it says that there are as many references,
// these were all.
//
// Processes that begin during the search are found if the search comes to them,
// here as in one that goes to its end. Neither promises them.
type tally struct {
	want *wanted
	// By slot of want: the entries seen, and the most references that one of
	// them told of, so that a count that falls does not end the search.
	seen, references []uint32
	// need is how many entries are missing at least: for each wanted socket the
	// references without an entry, or one if none was seen.
	need int
	// hopeless: an entry was seen that does not count, or there are more shared
	// ones than can be looked at twice.
	hopeless bool

	shared    []place // the entries of sockets with several references
	processes int     // in shared
}

// place is an entry of a descriptor table.
type place struct {
	table table
	fd    uint32
	inode uint64
}

// maxPlaces bounds the entries that are looked at twice, and maxFirst the
// processes that are looked at one by one: each costs some 50 microseconds.
const (
	maxPlaces = 1024
	maxFirst  = 64
)

func newTally(w *wanted) *tally {
	return &tally{
		want: w, need: w.size,
		seen: make([]uint32, len(w.slots)), references: make([]uint32, len(w.slots)),
	}
}

// complete reports whether every holder has been seen.
func (t *tally) complete() bool { return t != nil && !t.hopeless && t.need == 0 }

// open reports whether the search may still end early.
func (t *tally) open() bool { return t != nil && !t.hopeless }

// note counts an entry of the socket that stands in a slot.
func (t *tally) note(slot int, r *record) {
	if t == nil || t.hopeless {
		return
	}
	if r.references == 0 {
		t.hopeless = true
		return
	}
	t.need -= t.missing(slot)
	t.seen[slot]++
	t.references[slot] = max(t.references[slot], r.references)
	t.need += t.missing(slot)
	if r.references == 1 {
		return
	}
	if n := len(t.shared); n == 0 || t.shared[n-1].table.pid != r.pid {
		t.processes++
	}
	t.shared = append(t.shared, place{r.table(), r.fd, r.inode})
	t.hopeless = len(t.shared) > maxPlaces || t.processes > maxFirst
}

// missing returns how many entries of a socket are missing at least.
func (t *tally) missing(slot int) int {
	if t.references[slot] == 0 {
		return 1
	}
	return max(0, int(t.references[slot])-int(t.seen[slot]))
}

// sharing returns the processes in shared, each as often as it comes.
func (t *tally) sharing() []int {
	pids := make([]int, 0, len(t.shared))
	for _, p := range t.shared {
		pids = append(pids, int(p.table.pid))
	}
	return pids
}

// samePlaces reports whether two lists hold the same entries, in any order, which
// they lose.
func samePlaces(a, b []place) bool {
	for _, list := range [...][]place{a, b} {
		slices.SortFunc(list, func(a, b place) int {
			return cmp.Or(cmp.Compare(a.inode, b.inode), cmp.Compare(a.table.pid, b.table.pid),
				cmp.Compare(a.table.tid, b.table.tid), cmp.Compare(a.fd, b.fd), cmp.Compare(a.table.start, b.table.start))
		})
	}
	return slices.Equal(a, b)
}
