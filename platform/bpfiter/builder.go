package bpfiter

import (
	"slices"

	"sockeye/sock"
	"sockeye/sock/ownerindex"
)

// Index answers which processes hold a socket.
type Index = ownerindex.Index

// builder makes an Index of records.
type builder struct {
	Index
	// full are the entries before those in Index, which a slice that grows would copy
	// again and again.
	full [][]ownerindex.Entry
	// offset is that of the reader's time namespace, which the start times in
	// /proc hold too (timens_add_boottime_ns in fs/proc/array.c); nanoseconds.
	offset int64

	last       table // the table of the last record
	lastHolder int32
	tables     map[table]int32 // by table, the index of Holders
	byPID      map[uint32]identity
}

// table names a descriptor table.
type table struct {
	pid, tid uint32
	start    uint64
}

func (r *record) table() table { return table{r.pid, r.tid, r.start} }

// identity is the process that was seen last with a PID.
type identity struct {
	start uint64 // nanoseconds, as in a record
	index int32  // in Index.Processes
}

// piece is how many entries more are made room for.
const piece = 1024

func newBuilder(expected int, offset int64) *builder {
	b := &builder{
		offset: offset,
		tables: make(map[table]int32),
		byPID:  make(map[uint32]identity),
	}
	b.Entries = make([]ownerindex.Entry, 0, expected)
	return b
}

// add takes a record.
func (b *builder) add(r *record) {
	t := r.table()
	if t != b.last || len(b.Holders) == 0 {
		holder, ok := b.tables[t]
		if !ok {
			holder = b.newHolder(t, r)
		}
		b.last, b.lastHolder = t, holder
	}
	if len(b.Entries) == cap(b.Entries) {
		b.full = append(b.full, b.Entries)
		b.Entries = make([]ownerindex.Entry, 0, piece)
	}
	b.Entries = append(b.Entries, ownerindex.Entry{Inode: r.inode, Holder: b.lastHolder, FD: int32(r.fd)})
}

func (b *builder) newHolder(t table, r *record) int32 {
	h := ownerindex.Holder{TID: int32(t.tid)}
	known, ok := b.byPID[t.pid]
	switch {
	case ok && known.start == t.start:
		h.Process = b.Processes[known.index].Process
	case ok && known.start > t.start:
		// The process that had the PID before. It has no process here, and its
		// entries are dropped.
	default:
		h.Process = b.identify(t, r, known, ok)
	}
	n := int32(len(b.Holders))
	b.Holders = append(b.Holders, h)
	b.tables[t] = n
	return n
}

// identify makes the process of a table, in place of one that had its PID.
func (b *builder) identify(t table, r *record, before identity, had bool) *sock.Process {
	p := &sock.Process{PID: int(t.pid), Name: r.comm()}
	s := ownerindex.Started{Process: p, Ticks: clockTicks(t.start, b.offset)}
	if !had {
		b.byPID[t.pid] = identity{t.start, int32(len(b.Processes))}
		b.Processes = append(b.Processes, s)
		return p
	}
	old := b.Processes[before.index].Process
	for i := range b.Holders {
		if b.Holders[i].Process == old {
			b.Holders[i].Process = nil
		}
	}
	b.Processes[before.index] = s
	b.byPID[t.pid] = identity{t.start, before.index}
	return p
}

// clockTicks converts a start time to what /proc/PID/stat says: ticks of 1/100 s,
// USER_HZ on every system that Go knows (nsec_to_clock_t in kernel/time/time.c).
func clockTicks(start uint64, offset int64) uint64 {
	const perTick = 1e9 / 100
	return (start + uint64(offset)) / perTick
}

// finish sorts the entries and drops those that say nothing new: a holder whose
// PID belongs to another process, a thread's copy of a descriptor, or what the
// kernel gave twice.
func (b *builder) finish() *Index {
	ix := b.Index
	ix.Entries = slices.Concat(append(b.full, b.Entries)...)
	ix.Order()
	return &ix
}
