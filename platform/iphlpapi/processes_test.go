package iphlpapi

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// processEntry is a process to be encoded.
type processEntry struct {
	pid, parent uint32
	name        string
	started     fileTime
	threads     int
}

// encodeProcesses lays the table of SystemProcessInformation out as Windows does:
// each entry with its threads and its name behind it.
func encodeProcesses(base uint64, wordSize int, entries []processEntry) []byte {
	var table []byte
	// A SYSTEM_THREAD_INFORMATION of either word size.
	threadSize := map[int]int{4: 64, 8: 80}[wordSize]
	for i, e := range entries {
		b := make([]byte, offsetWords+wordsEnd*wordSize+128+e.threads*threadSize)
		for n := range b {
			b[n] = 0xa5 // what is not looked at
		}
		put := func(word int, v uint64) {
			if at := offsetWords + word*wordSize; wordSize == 4 {
				binary.LittleEndian.PutUint32(b[at:], uint32(v))
			} else {
				binary.LittleEndian.PutUint64(b[at:], v)
			}
		}
		binary.LittleEndian.PutUint64(b[offsetCreated:], uint64(e.started))
		put(wordPID, uint64(e.pid))
		put(wordParent, uint64(e.parent))
		put(wordName, 0)
		units := utf16.Encode([]rune(e.name))
		binary.LittleEndian.PutUint16(b[offsetNameLength:], uint16(2*len(units)))
		if e.name != "" {
			put(wordName, base+uint64(len(table)+len(b)))
		}
		for _, unit := range append(units, 0) {
			b = binary.LittleEndian.AppendUint16(b, unit)
		}
		b = append(b, make([]byte, -len(b)&7)...)
		next := len(b)
		if i == len(entries)-1 {
			next = 0
		}
		binary.LittleEndian.PutUint32(b[offsetNext:], uint32(next))
		table = append(table, b...)
	}
	return table
}

// flat is a process without pointers, to be compared.
type flat struct {
	PID, Parent int
	Name        string
	Started     time.Time
	Known       bool
}

func flatten(all []*process) (flats []flat) {
	for _, p := range all {
		flats = append(flats, flat{p.PID, int(p.parent), p.Name, p.StartedAt, p.Known.Has(sock.FieldStartedAt)})
	}
	return flats
}

func TestProcessesOfEitherWordSize(t *testing.T) {
	for wordSize, base := range map[int]uint64{4: 0x00a41000, 8: 0x0000_01e0_2000_0000} {
		table := encodeProcesses(base, wordSize, []processEntry{
			{},
			{pid: 4, name: "System", threads: 300},
			{pid: 812, parent: 4, name: "Žluťoučký 🐟.exe", started: unixEpoch + 5*stepsPerSecond + 1234567, threads: 3},
			{pid: 70000, parent: 812, started: unixEpoch + 1, threads: 1},
		})
		got, err := decodeProcesses(table, base, wordSize)
		if err != nil {
			t.Fatal(err)
		}
		want := []flat{
			{PID: 4, Name: "System"},
			{812, 4, "Žluťoučký 🐟.exe", time.Unix(5, 123456700).UTC(), true},
			{70000, 812, "", time.Unix(0, 100).UTC(), true},
		}
		if diff := cmp.Diff(want, flatten(got)); diff != "" {
			t.Errorf("words of %d bytes: %s", wordSize, diff)
		}
	}
}

// recordedBase is where testdata/record.c says that its table of processes is.
const recordedBase = 0x10000

func TestRecordedProcesses(t *testing.T) {
	got, err := decodeProcesses(recorded(t)["SYSTEM_PROCESS_INFORMATION"], recordedBase, 8)
	if err != nil {
		t.Fatal(err)
	}
	want := []flat{{812, 4, "nginx.exe", bound, true}, {70000, 812, "node.exe", bound, true}}
	if diff := cmp.Diff(want, flatten(got)); diff != "" {
		t.Error(diff)
	}
}

func TestProcessesThatLie(t *testing.T) {
	const base = 0x10000
	whole := encodeProcesses(base, 8, []processEntry{{pid: 4, name: "System"}, {pid: 8, name: "abc", threads: 1}, {pid: 12, name: "def"}})
	last := strings.LastIndex(string(whole), "d\x00e\x00f\x00")
	for n := range last + 6 {
		if _, err := decodeProcesses(whole[:n:n], base, 8); !errors.Is(err, errMalformed) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
	}
	edit := func(at int, v uint64, size int) []byte {
		b := append([]byte(nil), whole...)
		copy(b[at:at+size], binary.LittleEndian.AppendUint64(nil, v))
		return b
	}
	for name, b := range map[string][]byte{
		"the next process is this one":          edit(offsetNext, 8, 4),
		"the next process is behind the table":  edit(offsetNext, uint64(len(whole)), 4),
		"the next process is before the table":  edit(offsetNext, 1<<32-8, 4),
		"a name before the table":               edit(offsetWords+8, base-2, 8),
		"a name behind the table":               edit(offsetWords+8, base+uint64(len(whole)), 8),
		"a name that runs out of the table":     edit(offsetWords+8, base+uint64(len(whole))-10, 8),
		"a name at the end of the address room": edit(offsetWords+8, 1<<64-4, 8),
		"a name longer than the table":          edit(offsetNameLength, 1<<16-2, 2),
	} {
		if got, err := decodeProcesses(b, base, 8); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v, %v", name, flatten(got), err)
		}
	}
}

func FuzzProcesses(f *testing.F) {
	for _, wordSize := range []int{4, 8} {
		f.Add(encodeProcesses(0x1000, wordSize, []processEntry{{pid: 4, name: "System"}, {pid: 8, name: "abc", threads: 1}}), uint64(0x1000), wordSize == 8)
	}
	f.Add(make([]byte, 200), uint64(1<<64-1), true)
	f.Fuzz(func(t *testing.T, b []byte, base uint64, wide bool) {
		wordSize := 4
		if wide {
			wordSize = 8
		}
		all, err := decodeProcesses(b[:len(b):len(b)], base, wordSize)
		if err != nil && !errors.Is(err, errMalformed) || err == nil && len(all) > len(b)/(offsetWords+wordsEnd*wordSize) {
			t.Fatalf("%d processes in %d bytes, %v", len(all), len(b), err)
		}
		for _, p := range all {
			if p.PID == pidNone || !utf8.ValidString(p.Name) || p.Known.Has(sock.FieldStartedAt) == p.StartedAt.IsZero() {
				t.Fatalf("%+v", p.Process)
			}
		}
		// Whatever it says of parents, asking for children ends.
		ps := newProcesses(0, all)
		for pid := range ps.byPID {
			ps.children(nil, pid, 0)
		}
	})
}

// TestProcessesThatNeedRoom: more processes than the first buffer holds.
func TestProcessesThatNeedRoom(t *testing.T) {
	f := newFake()
	for pid := range uint32(3000) {
		f.names[4*pid+8] = strings.Repeat("x", 100)
	}
	ps, err := readProcesses(&f.source().sys)
	if err != nil || len(ps.byPID) != 3001 || f.snapshots != 2 {
		t.Errorf("%d processes in %d calls, %v", len(ps.byPID), f.snapshots, err)
	}
	f.processed = codeLengthMismatch // for ever
	if _, err := readProcesses(&f.source().sys); err == nil || f.snapshots > 2+maxTries {
		t.Errorf("%v after %d calls", err, f.snapshots)
	}
}

// TestChildren are those that can have inherited what their parent held at a
// time, the parent having ended.
func TestChildren(t *testing.T) {
	const bound = unixEpoch + 10*clockStep
	entry := func(pid, parent uint32, steps fileTime) processEntry {
		return processEntry{pid: pid, parent: parent, started: bound + steps*clockStep, name: "x"}
	}
	table := encodeProcesses(0, 8, []processEntry{
		entry(24, 8, 5), entry(12, 8, 1), {pid: 16, parent: 8, started: bound - clockStep - 1}, entry(20, 4, 5),
		entry(40, 32, 1), entry(44, 32, 9), entry(32, 32, 7), // 32 was given to another at 7
	})
	all, err := decodeProcesses(table, 0, 8)
	if err != nil {
		t.Fatal(err)
	}
	ps := newProcesses(0, all)
	for _, c := range []struct {
		pid   uint32
		since fileTime
		want  []int
	}{
		{8, bound, []int{12, 24}}, {8, 0, []int{12, 16, 24}}, {32, bound, []int{40}}, {99, 0, nil},
	} {
		var got []int
		for _, p := range ps.children(nil, c.pid, c.since) {
			got = append(got, p.PID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("children of %d: %s", c.pid, diff)
		}
	}
}
