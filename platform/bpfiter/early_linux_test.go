package bpfiter

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counted is a record of a file with so many references.
func counted(inode uint64, pid, tid, fd, references uint32) record {
	r := rec(inode, pid, tid, fd, 40)
	r.references = references
	return r
}

// list is an iteration that gives these records.
func list(records ...record) []step { return []step{{records: records}} }

// A search ends with the last reference of the last wanted socket, and not before.
func TestFindStops(t *testing.T) {
	alone, twice := counted(60, 8, 0, 5, 1), []record{counted(61, 8, 0, 6, 2), counted(61, 8, 0, 7, 2)}
	rest := []record{counted(70, 9, 0, 5, 1), counted(71, 9, 0, 6, 1), counted(72, 9, 0, 7, 1)}
	all := slices.Concat([]record{alone}, twice, rest)
	uncounted := counted(60, 8, 0, 5, 0)
	thread := counted(61, 8, 81, 7, 2)
	fell := []record{counted(61, 8, 0, 6, 3), counted(61, 9, 0, 6, 2), counted(61, 10, 0, 6, 2)}
	for _, c := range []struct {
		name       string
		want       []uint64
		iterations [][]step
		read       int // records
		found      int
	}{
		{"one reference", []uint64{60}, [][]step{list(all...)}, 1, 1},
		{"dup, looked at again", []uint64{61}, [][]step{list(append(twice, rest...)...), list(append(twice, rest...)...)}, 4, 2},
		{"the last of two", []uint64{60, 72}, [][]step{list(alone, rest[2], rest[0])}, 2, 2},
		{"one is held by nobody", []uint64{60, 99}, [][]step{list(all...)}, 6, 1},
		{"a reference that is no descriptor", []uint64{61}, [][]step{list(append(twice[:1:1], rest...)...)}, 4, 1},
		{"an entry that does not count", []uint64{60}, [][]step{list(append([]record{uncounted}, all...)...)}, 7, 1},
		{"a thread's own table counts, and is not asked for", []uint64{61}, [][]step{list(twice[0], thread, rest[0]), list(twice[0], thread, rest[0])}, 4, 1},
		{"the count fell", []uint64{61}, [][]step{{{records: fell[:1]}, {records: fell[1:2]}, {records: fell[2:]}}}, 6, 3},
	} {
		f, k := fakeFinder(t, append(c.iterations, c.iterations...)...)
		ix, err := f.Find(t.Context(), Query{Want: c.want})
		if err != nil {
			t.Fatal(err)
		}
		wanted := 0
		for _, inode := range c.want {
			wanted += len(ix.Owners(inode, nil))
		}
		if k.given != c.read || wanted != c.found {
			t.Errorf("%s: %d records read and %d holders, want %d and %d", c.name, k.given, wanted, c.read, c.found)
		}
		k.held(t, 2)
	}
}

// What was counted for several references is looked at again, and the search goes
// to its end unless it is all the same.
func TestFindLooksAgain(t *testing.T) {
	a, b, c, late := counted(60, 8, 0, 5, 2), counted(60, 9, 0, 5, 2), counted(60, 30, 0, 5, 2), counted(60, 20, 0, 5, 2)
	third := counted(60, 9, 0, 5, 3)
	for _, s := range []struct {
		name  string
		again [][]step // of processes 8 and 9, or 8 and 20
		rerun bool
	}{
		{"the same", [][]step{list(a), list(b)}, false},
		{"the first is gone", [][]step{nil, list(b)}, true},
		{"the first is another descriptor", [][]step{list(counted(60, 8, 0, 6, 2)), list(b)}, true},
		{"one more", [][]step{list(a), list(third)}, true},
		{"it does not count now", [][]step{list(counted(60, 8, 0, 5, 0)), list(b)}, true},
	} {
		iterations := append([][]step{list(a, b, c)}, s.again...)
		f, k := fakeFinder(t, append(iterations, list(b, late, c))...)
		ix, err := f.Find(t.Context(), Query{Want: []uint64{60}})
		if err != nil {
			t.Fatal(err)
		}
		want := []int{8, 9}
		if s.rerun {
			want = []int{9, 20, 30}
		}
		var pids []int
		for _, o := range ix.Owners(60, nil) {
			pids = append(pids, o.PID)
		}
		if d := cmp.Diff(want, pids); d != "" {
			t.Errorf("%s: %s", s.name, d)
		}
		links := []int{0, 0, 8, 9}
		if s.rerun {
			links = append(links, 0)
		}
		if d := cmp.Diff(links, k.pids); d != "" {
			t.Errorf("%s: links %s", s.name, d)
		}
		k.held(t, 2)
	}
	// Without restriction by the kernel it cannot be looked at again.
	f, k := fakeFinder(t, list(a, b, c), list(a, b, c))
	f.unrestricted.Store(true)
	if ix, err := f.Find(t.Context(), Query{Want: []uint64{60}}); err != nil || ix.Len() != 3 {
		t.Errorf("without restriction: %v", err)
	}
	k.held(t, 2)
}

// Hints are looked at first, each once, and nothing else if they hold it all.
func TestFindHints(t *testing.T) {
	one, two := counted(60, 8, 0, 5, 1), counted(61, 9, 0, 5, 1)
	for _, c := range []struct {
		name       string
		first      []int
		iterations [][]step
		links      []int // the first is that of Open
	}{
		{"they hold it all", []int{9, 8, 7}, [][]step{nil, list(one), list(two)}, []int{0, 7, 8, 9}},
		{"twice the same", []int{9, 9, 8, 8}, [][]step{list(one), list(two)}, []int{0, 8, 9}},
		{"one holder", []int{9}, [][]step{list(two), list(one, two)}, []int{0, 9, 0}},
		{"nobody", []int{7, 0, -1}, [][]step{nil, list(one, two)}, []int{0, 7, 0}},
	} {
		f, k := fakeFinder(t, c.iterations...)
		ix, err := f.Find(t.Context(), Query{Want: []uint64{60, 61}, First: c.first})
		if err != nil || ix.Len() != 2 {
			t.Errorf("%s: %d holders, %v", c.name, ix.Len(), err)
		}
		if d := cmp.Diff(c.links, k.pids); d != "" {
			t.Errorf("%s: links %s", c.name, d)
		}
		k.held(t, 2)
	}
	many := make([]int, 200)
	for i := range many {
		many[i] = 100 + i
	}
	f, k := fakeFinder(t, append(make([][]step, maxFirst), list(one, two))...)
	if ix, err := f.Find(t.Context(), Query{Want: []uint64{60, 61}, First: many}); err != nil || ix.Len() != 2 || len(k.pids) != maxFirst+2 {
		t.Errorf("%d links for 200 hints, %v", len(k.pids), err)
	}
}

// A read asks for no more than is missing, and for much where nothing can end
// the search.
func TestFindReadSizes(t *testing.T) {
	var five []uint64
	for i := range 5 {
		five = append(five, 60+uint64(i))
	}
	var many []record
	for i := range uint32(200) {
		many = append(many, counted(1000+uint64(i), 7, 0, i, 1))
	}
	for _, c := range []struct {
		name    string
		want    []uint64
		records []record
		sizes   []int // in records
	}{
		{"all references of one", []uint64{60}, []record{counted(60, 8, 0, 1, 3), counted(60, 8, 0, 2, 3), counted(60, 8, 0, 3, 3)}, []int{1, 2, 1, 2}},
		{"at least one of each", []uint64{60, 61}, []record{counted(60, 8, 0, 1, 1), counted(61, 8, 0, 2, 1)}, []int{2}},
		{"hopeless", []uint64{60}, []record{counted(60, 8, 0, 1, 0), counted(60, 8, 0, 2, 1)}, []int{1, wholeBuffer / recordSize, wholeBuffer / recordSize}},
		{"many that nobody asked for", five, many, []int{5, 5, 5, 8, 16, 32, 64, mostWary, mostWary}},
		{"every socket", nil, many[:1], []int{wholeBuffer / recordSize, wholeBuffer / recordSize}},
	} {
		f, k := fakeFinder(t, list(c.records...), list(c.records...))
		if _, err := f.Find(t.Context(), Query{Want: c.want}); err != nil {
			t.Fatal(err)
		}
		for i := range k.sizes {
			k.sizes[i] /= recordSize
		}
		if d := cmp.Diff(c.sizes, k.sizes); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// Canceled while it looks again, a search says so.
func TestFindCanceledInBetween(t *testing.T) {
	f, k := fakeFinder(t, list(counted(60, 8, 0, 1, 2), counted(60, 9, 0, 1, 2)), list(counted(60, 8, 0, 1, 2)))
	ctx, cancel := context.WithCancel(t.Context())
	k.onLink = func(pid int) {
		if pid == 8 {
			cancel()
		}
	}
	if ix, err := f.Find(ctx, Query{Want: []uint64{60}}); ix != nil || err != context.Canceled {
		t.Errorf("%v, %v", ix, err)
	}
	k.held(t, 2)
}

// Among few sockets the program that is there already looks for every one; no
// other is loaded, and its search is not restricted. Among many it is given up.
func TestFindAmongFewSockets(t *testing.T) {
	full := wholeBuffer / recordSize
	for name, c := range map[string]struct {
		sockets  int
		first    []int
		programs int
	}{
		"few":        {3, nil, 1},
		"most":       {full - 1, nil, 1},
		"many":       {full, nil, 2},
		"with hints": {3, []int{9}, 2},
	} {
		var records []record
		for i := range c.sockets {
			records = append(records, rec(uint64(100+i), 9, 0, uint32(i), 50))
		}
		wanted := records[c.sockets-1]
		again := []step{{records: []record{wanted}}}
		f, k := fakeFinder(t, []step{{records: records}}, again, again)
		if c.first != nil {
			k.reads = [][]step{again, again}
		}
		f.short = wholeBuffer
		ix, err := f.Find(t.Context(), Query{Want: []uint64{wanted.inode}, First: c.first})
		if err != nil || ix.Len() != 1 || len(k.programs) != c.programs {
			t.Errorf("%s: %d descriptors, %d programs, %v; want 1 and %d", name, ix.Len(), len(k.programs), err, c.programs)
		}
		k.held(t, 2)
	}
}
