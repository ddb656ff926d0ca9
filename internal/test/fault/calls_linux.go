package fault

import "golang.org/x/sys/unix"

// naming says how the arguments of a call name a file.
type naming uint8

const (
	nothing    naming = iota
	pathAt            // a directory's descriptor and a path
	descriptor        // a descriptor
)

// calls are the system calls that can be made to fail. Those of the launcher
// after it has installed the filter, sendmsg, recvmsg and execve, are not among
// them.
var calls = map[string]struct {
	number int
	names  naming
}{
	"openat":      {unix.SYS_OPENAT, pathAt},
	"readlinkat":  {unix.SYS_READLINKAT, pathAt},
	"getdents64":  {unix.SYS_GETDENTS64, descriptor},
	"read":        {unix.SYS_READ, descriptor},
	"sendto":      {unix.SYS_SENDTO, descriptor},
	"recvfrom":    {unix.SYS_RECVFROM, descriptor},
	"socket":      {unix.SYS_SOCKET, nothing},
	"bpf":         {unix.SYS_BPF, nothing},
	"setns":       {unix.SYS_SETNS, nothing},
	"pidfd_getfd": {unix.SYS_PIDFD_GETFD, nothing},
}
