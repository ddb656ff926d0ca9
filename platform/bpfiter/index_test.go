package bpfiter

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// encodeRecord is the inverse of decodeRecord.
func encodeRecord(r record) []byte {
	b := make([]byte, recordSize)
	binary.NativeEndian.PutUint64(b, r.inode)
	binary.NativeEndian.PutUint64(b[8:], r.start)
	binary.NativeEndian.PutUint32(b[16:], r.pid)
	binary.NativeEndian.PutUint32(b[20:], r.tid)
	binary.NativeEndian.PutUint32(b[24:], r.fd)
	copy(b[32:], r.name[:])
	return b
}

func TestRecord(t *testing.T) {
	b := make([]byte, recordSize)
	for i := range b {
		b[i] = byte(i)
	}
	clear(b[28:32]) // the one member that says nothing
	r := decodeRecord(b)
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		want := record{
			inode: 0x0706050403020100, start: 0x0f0e0d0c0b0a0908,
			pid: 0x13121110, tid: 0x17161514, fd: 0x1b1a1918, name: [16]byte(b[32:]),
		}
		if r != want {
			t.Errorf("%+v", r)
		}
	}
	if name := r.comm(); name != string(b[32:48]) {
		t.Errorf("without a NUL: %q", name)
	}
	b[35] = 0
	r = decodeRecord(b)
	if r.comm() != " !\"" {
		t.Errorf("name %q", r.comm())
	}
	if d := cmp.Diff(b, encodeRecord(r)); d != "" {
		t.Error(d)
	}
}

// build makes an index of records.
func build(offset int64, records ...record) *Index {
	b := newBuilder(0, offset)
	for i := range records {
		b.add(&records[i])
	}
	return b.finish()
}

func process(pid int, name string) *sock.Process { return &sock.Process{PID: pid, Name: name} }

func TestIndexSortsAndSaysEverythingOnce(t *testing.T) {
	at := func(inode uint64, pid, tid, fd uint32) record {
		return record{inode: inode, pid: pid, tid: tid, fd: fd, start: uint64(pid) * 10_000_000, name: [16]byte{'n'}}
	}
	ix := build(0,
		at(5, 20, 0, 7), at(5, 20, 0, 3), at(4, 20, 0, 4),
		at(5, 10, 12, 3), at(5, 10, 11, 3), at(5, 10, 0, 3), // threads' copies, before the process's own
		at(5, 10, 12, 9), at(5, 10, 11, 9), // in two threads, but not in the process
		at(5, 20, 0, 7), // twice
	)
	p, q := process(10, "n"), process(20, "n")
	want := []sock.Owner{{Process: p, FD: 3}, {Process: p, FD: 9, TID: 11}, {Process: q, FD: 3}, {Process: q, FD: 7}}
	got := ix.Owners(5, nil)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !slices.IsSortedFunc(got, sock.CompareOwners) {
		t.Error("not in the order of owners")
	}
	if got[0].Process != got[1].Process || got[2].Process != ix.Owners(4, nil)[0].Process {
		t.Error("the processes are not shared")
	}
	if ix.Len() != 5 {
		t.Errorf("%d descriptors", ix.Len())
	}
	if got := ix.Owners(6, got[:1]); len(got) != 1 {
		t.Errorf("of an unknown socket: %v", got[1:])
	}
	if ticks, ok := ix.StartTicks(20); !ok || ticks != 20 {
		t.Errorf("started at %d, %v", ticks, ok)
	}
	if _, ok := ix.StartTicks(12); ok {
		t.Error("a thread is said to be a process")
	}
	if _, ok := new(Index).StartTicks(0); ok || new(Index).Owners(0, nil) != nil {
		t.Error("the zero index knows something")
	}
}

// Of two processes that had a PID in turn, the later one counts, in whichever
// order they were seen.
func TestIndexOfAReusedPID(t *testing.T) {
	old := record{inode: 5, pid: 10, fd: 3, start: 100 * 10_000_000, name: [16]byte{'o'}}
	young := record{inode: 6, pid: 10, fd: 3, start: 200 * 10_000_000, name: [16]byte{'y'}}
	thread := old
	thread.tid, thread.inode = 12, 7
	for _, records := range [][]record{{old, thread, young}, {young, old, thread}, {old, young, thread, old, young}} {
		ix := build(0, records...)
		if ix.Owners(5, nil) != nil || ix.Owners(7, nil) != nil {
			t.Errorf("the process before owns %v %v", ix.Owners(5, nil), ix.Owners(7, nil))
		}
		if d := cmp.Diff([]sock.Owner{{Process: process(10, "y"), FD: 3}}, ix.Owners(6, nil)); d != "" {
			t.Error(d)
		}
		if ticks, ok := ix.StartTicks(10); !ok || ticks != 200 {
			t.Errorf("started at %d, %v", ticks, ok)
		}
	}
}

func TestClockTicks(t *testing.T) {
	for _, c := range []struct {
		start  uint64
		offset int64
		want   uint64
	}{
		{0, 0, 0}, {9_999_999, 0, 0}, {10_000_000, 0, 1}, {1_234_567_890, 0, 123},
		{1e9, 2_500_000_000, 350}, {3e9, -1e9, 200},
	} {
		if got := clockTicks(c.start, c.offset); got != c.want {
			t.Errorf("clockTicks(%d, %d) = %d, want %d", c.start, c.offset, got, c.want)
		}
	}
}

// The index gives what a plain list gives.
func TestIndexAgainstAList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := newBuilder(0, 0)
		list := map[uint64]map[sock.Owner]bool{}
		processes := map[uint32]*sock.Process{}
		for range random.IntN(300) {
			r := record{
				inode: 1 + random.Uint64N(30), pid: 1 + random.Uint32N(8), fd: random.Uint32N(5),
				start: 10_000_000,
			}
			if processes[r.pid] == nil {
				processes[r.pid] = process(int(r.pid), "")
			}
			if list[r.inode] == nil {
				list[r.inode] = map[sock.Owner]bool{}
			}
			list[r.inode][sock.Owner{Process: processes[r.pid], FD: int(r.fd)}] = true
			b.add(&r)
		}
		ix := b.finish()
		total := 0
		for inode := range uint64(32) {
			var want []sock.Owner
			for o := range list[inode] {
				want = append(want, o)
			}
			sock.SortOwners(want)
			total += len(want)
			if d := cmp.Diff(want, ix.Owners(inode, nil)); d != "" {
				t.Fatal(d)
			}
		}
		if ix.Len() != total {
			t.Fatalf("%d descriptors, want %d", ix.Len(), total)
		}
	}
}

// Any records make an index in order.
func FuzzRecords(f *testing.F) {
	f.Add(append(encodeRecord(record{inode: 5, pid: 10, fd: 3}), encodeRecord(record{inode: 5, pid: 10, tid: 11, start: 1 << 63, fd: 3})...))
	f.Add(slices.Repeat([]byte{0xff}, 3*recordSize))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newBuilder(0, -1)
		for ; len(data) >= recordSize; data = data[recordSize:] {
			r := decodeRecord(data)
			b.add(&r)
		}
		ix := b.finish()
		for i, e := range ix.Entries {
			if i > 0 && ix.Compare(ix.Entries[i-1], e) >= 0 {
				t.Fatal("not in order")
			}
			o := ix.Owners(e.Inode, nil)
			if len(o) == 0 || o[0].Process == nil {
				t.Fatal("no owner")
			}
			if _, ok := ix.StartTicks(o[0].PID); !ok {
				t.Fatal("no start time")
			}
		}
	})
}

func TestWanted(t *testing.T) {
	if !newWanted(nil).has(7) {
		t.Error("nil does not stand for every socket")
	}
	if w := newWanted([]uint64{}); w == nil || w.has(7) {
		t.Error("nothing stands for every socket")
	}
	w := newWanted([]uint64{9, 0, 3, 9})
	for inode := range uint64(12) {
		if w.has(inode) != (inode == 3 || inode == 9) {
			t.Errorf("wrong about %d", inode)
		}
	}
}

func TestSpans(t *testing.T) {
	for name, c := range map[string]struct {
		inodes []uint64
		spans  []span
	}{
		"every socket": {nil, everything},
		"none":         {[]uint64{0}, []span{{0, 0}}},
		"few":          {[]uint64{9, 3, 0, 3}, []span{{3, 0}, {9, 0}}},
		"the most":     {[]uint64{1, 2, 3, 4}, []span{{1, 0}, {2, 0}, {3, 0}, {4, 0}}},
		"more":         {[]uint64{10, 12, 100, 103, 1 << 40, 500}, []span{{10, 2}, {100, 3}, {500, 0}, {1 << 40, 0}}},
	} {
		spans := newWanted(c.inodes).spans()
		if d := cmp.Diff(c.spans, spans, cmp.AllowUnexported(span{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		var inodes []uint64
		for range 1 + random.IntN(60) {
			inodes = append(inodes, 1+random.Uint64()>>random.IntN(64))
		}
		spans := newWanted(inodes).spans()
		for _, inode := range inodes {
			if inode != 0 && !slices.ContainsFunc(spans, func(s span) bool { return inode-s.first <= s.further }) || len(spans) > filterSize {
				t.Fatalf("%d of %v is not in %v", inode, inodes, spans)
			}
		}
	}
}
