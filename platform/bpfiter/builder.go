package bpfiter

import (
	"cmp"
	"slices"

	"sockeye/sock"
)

// builder makes an Index of records.
type builder struct {
	Index
	// offset is that of the reader's time namespace, which the start times in
	// /proc hold too (timens_add_boottime_ns in fs/proc/array.c); nanoseconds.
	offset int64

	last       table // the table of the last record
	lastHolder int32
	tables     map[table]int32 // by table, the index of holders
	byPID      map[uint32]identity
	replaced   bool // a PID belonged to two processes
}

// table names a descriptor table.
type table struct {
	pid, tid uint32
	start    uint64
}

// identity is the process that was seen last with a PID.
type identity struct {
	start uint64 // nanoseconds, as in a record
	index int32  // in Index.processes
}

func newBuilder(expected int, offset int64) *builder {
	b := &builder{
		offset: offset,
		tables: make(map[table]int32),
		byPID:  make(map[uint32]identity),
	}
	b.entries = make([]entry, 0, expected)
	return b
}

// add takes a record.
func (b *builder) add(r *record) {
	t := table{r.pid, r.tid, r.start}
	if t != b.last || len(b.holders) == 0 {
		holder, ok := b.tables[t]
		if !ok {
			holder = b.newHolder(t, r)
		}
		b.last, b.lastHolder = t, holder
	}
	b.entries = append(b.entries, entry{inode: r.inode, holder: b.lastHolder, fd: int32(r.fd)})
}

func (b *builder) newHolder(t table, r *record) int32 {
	h := holder{tid: int32(t.tid)}
	known, ok := b.byPID[t.pid]
	switch {
	case ok && known.start == t.start:
		h.process = b.processes[known.index].process
	case ok && known.start > t.start:
		// The process that had the PID before. It has no process here, and its
		// entries are dropped.
		b.replaced = true
	default:
		h.process = b.identify(t, r, known, ok)
	}
	n := int32(len(b.holders))
	b.holders = append(b.holders, h)
	b.tables[t] = n
	return n
}

// identify makes the process of a table, in place of one that had its PID.
func (b *builder) identify(t table, r *record, before identity, had bool) *sock.Process {
	p := &sock.Process{PID: int(t.pid), Name: r.comm()}
	s := started{p, clockTicks(t.start, b.offset)}
	if !had {
		b.byPID[t.pid] = identity{t.start, int32(len(b.processes))}
		b.processes = append(b.processes, s)
		return p
	}
	b.replaced = true
	old := b.processes[before.index].process
	for i := range b.holders {
		if b.holders[i].process == old {
			b.holders[i].process = nil
		}
	}
	b.processes[before.index] = s
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
	ix := &Index{entries: b.entries, holders: b.holders, processes: b.processes}
	if b.replaced {
		ix.entries = slices.DeleteFunc(ix.entries, func(e entry) bool {
			return ix.holders[e.holder].process == nil
		})
	}
	slices.SortFunc(ix.entries, ix.compare)
	ix.entries = slices.CompactFunc(ix.entries, func(a, b entry) bool {
		return a.inode == b.inode && a.fd == b.fd && ix.holders[a.holder].process == ix.holders[b.holder].process
	})
	slices.SortFunc(ix.processes, func(a, b started) int { return cmp.Compare(a.process.PID, b.process.PID) })
	return ix
}

// compare orders entries by inode, then as [sock.CompareOwners] does.
func (ix *Index) compare(a, b entry) int {
	if a.inode != b.inode {
		return cmp.Compare(a.inode, b.inode)
	}
	p, q := ix.holders[a.holder], ix.holders[b.holder]
	return cmp.Or(cmp.Compare(p.process.PID, q.process.PID), cmp.Compare(a.fd, b.fd), cmp.Compare(p.tid, q.tid))
}
