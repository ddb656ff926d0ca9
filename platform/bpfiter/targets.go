package bpfiter

// noSlot is the place of a struct's size if nobody asks for it.
const noSlot = -1

// field is a member whose offset is wanted.
type field struct {
	name string
	slot int // in layout.offsets, or upidNumber
}

// target is a struct some members of which are wanted.
type target struct {
	name   string
	size   int // the slot of its size, or noSlot
	fields []field
}

// Slots for what an offset is put together from.
const (
	upidNumber = offsetCount + iota // upid.nr, added to pid.numbers
	slotCount
)

var targets = [...]target{
	{"file", noSlot, []field{{"f_inode", fileInode}}},
	{"inode", noSlot, []field{{"i_ino", inodeNumber}, {"i_sb", inodeSuper}}},
	{"super_block", noSlot, []field{{"s_magic", superMagic}}},
	{"task_struct", noSlot, []field{
		{"signal", taskSignal}, {"thread_pid", taskPID}, {"group_leader", taskLeader},
		{"comm", taskName}, {"start_boottime", taskStart},
	}},
	{"signal_struct", noSlot, []field{{"pids", signalTGID}}},
	{"pid", noSlot, []field{{"level", pidLevel}, {"numbers", pidNumbers}}},
	{"upid", upidSize, []field{{"nr", upidNumber}}},
}

// everyTarget is the set of all targets, a bit for each.
const everyTarget uint32 = 1<<len(targets) - 1
