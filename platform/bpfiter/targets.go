package bpfiter

// noSlot is the place of a struct's size if nobody asks for it.
const noSlot = -1

// field is a member whose offset is wanted.
type field struct {
	name string
	slot int // in layout.offsets, or one of the slots that follow
	// optional: it serves to count references, and the search goes without.
	optional bool
}

// target is a struct some members of which are wanted.
type target struct {
	name     string
	size     int // the slot of its size, or noSlot
	fields   []field
	optional bool // as of a field
}

// Slots for what an offset is put together from.
const (
	upidNumber  = offsetCount + iota // upid.nr, added to pid.numbers
	fileCount                        // file.f_count, before Linux 6.13
	fileRef                          // file.f_ref, since
	pathDentry                       // path.dentry, added to file.f_path
	lockrefSize                      // says where its count is
	slotCount
)

var targets = [...]target{
	{name: "file", size: noSlot, fields: []field{
		{name: "f_inode", slot: fileInode}, {"f_path", fileDentry, true},
		{"f_count", fileCount, true}, {"f_ref", fileRef, true},
	}},
	{name: "inode", size: noSlot, fields: []field{{name: "i_ino", slot: inodeNumber}, {name: "i_sb", slot: inodeSuper}}},
	{name: "super_block", size: noSlot, fields: []field{{name: "s_magic", slot: superMagic}}},
	{name: "task_struct", size: noSlot, fields: []field{
		{name: "signal", slot: taskSignal}, {name: "thread_pid", slot: taskPID}, {name: "group_leader", slot: taskLeader},
		{name: "comm", slot: taskName}, {name: "start_boottime", slot: taskStart},
		{"files", taskFiles, true},
	}},
	{name: "signal_struct", size: noSlot, fields: []field{
		{name: "pids", slot: signalTGID}, {"nr_threads", signalCount, true},
	}},
	{name: "pid", size: noSlot, fields: []field{{name: "level", slot: pidLevel}, {name: "numbers", slot: pidNumbers}}},
	{name: "upid", size: upidSize, fields: []field{{name: "nr", slot: upidNumber}}},
	{name: "path", size: noSlot, optional: true, fields: []field{{name: "dentry", slot: pathDentry}}},
	{name: "dentry", size: noSlot, optional: true, fields: []field{{name: "d_lockref", slot: dentryCount}}},
	{name: "lockref", size: lockrefSize, optional: true},
	{name: "files_struct", size: noSlot, optional: true, fields: []field{{name: "count", slot: filesCount}, {name: "fdt", slot: filesTable}}},
	{name: "fdtable", size: noSlot, optional: true, fields: []field{{name: "fd", slot: tableFiles}}},
}

// Sets of targets, a bit for each.
var (
	everyTarget     uint32 = 1<<len(targets) - 1
	neededTargets          = everyTarget &^ optionalTargets
	optionalTargets        = func() (set uint32) {
		for i, t := range targets {
			if t.optional {
				set |= 1 << i
			}
		}
		return set
	}()
)
