package bpfiter

// noSlot is the place of a struct's size if nobody asks for it.
const noSlot = -1

// field is a member whose offset is wanted.
type field struct {
	name string
	slot int // in layout.offsets, or one of those below
}

// target is a struct some members of which are wanted.
type target struct {
	name   string
	size   int // the slot of its size, or noSlot
	fields []field
}

// Slots for what an offset is put together from.
const (
	upidNumber   = offsetCount + iota // upid.nr, added to pid.numbers
	commonNumber                      // ns_common.inum, added to net.ns
	slotCount
)

// targets are needed to find the owners of sockets.
var targets = []target{
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

// spaceTargets lead from a socket, and from a process, to a network namespace. struct
// sock begins with struct sock_common, and skc_net is the pointer to struct net alone.
var spaceTargets = []target{
	{"file", noSlot, []field{{"private_data", filePrivate}}},
	{"socket", noSlot, []field{{"sk", socketSock}}},
	{"sock_common", noSlot, []field{{"skc_net", sockNet}}},
	{"task_struct", noSlot, []field{{"nsproxy", taskSpaces}}},
	{"nsproxy", noSlot, []field{{"net_ns", spacesNet}}},
	{"net", noSlot, []field{{"ns", netNumber}}},
	{"ns_common", noSlot, []field{{"inum", commonNumber}}},
}
