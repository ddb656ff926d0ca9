package sock

// UnixFile is the file that a unix socket with a path was bound to.
type UnixFile struct {
	Device string // of its file system: "8:1", as in /proc/PID/mountinfo
	Inode  uint64 // of the file, of which the kernel tells 32 bits
}
