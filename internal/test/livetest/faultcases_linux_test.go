package livetest

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/fault"
)

// faultErrors are the errors that are given. The first two are refusals, of
// which the program may know that they are about rights.
var faultErrors = []syscall.Errno{
	syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.EIO, syscall.EMFILE, syscall.ENOMEM,
}

// faultCase is a system call that fails.
type faultCase struct {
	name  string
	fault fault.Fault
	// whole: the answer is complete all the same, since there is another way.
	whole bool
	// beside: it hides a holder of a socket that others hold too. If it is for
	// want of a right, as users have it all the time, nothing is said of that.
	beside bool
	// part: it is for a part of a process, of which the kernel refuses all or
	// nothing (proc_fd_link in fs/proc/fd.c).
	part bool
}

// Commands of bpf(2): linux/bpf.h.
const (
	bpfProgLoad   = 5
	bpfLinkCreate = 28
	bpfIterCreate = 33
)

func faultCases(p faultPopulation) []faultCase {
	holder := fmt.Sprintf("/proc/%d/", p.deep)
	links := holder + "fd/[0-9]*"
	table := func(file string) string { return "/proc/thread-self/net/" + file }
	diag := fault.Both(fault.Arg(0, unix.AF_NETLINK), fault.Arg(2, unix.NETLINK_SOCK_DIAG))
	route := fault.Both(fault.Arg(0, unix.AF_NETLINK), fault.Arg(2, unix.NETLINK_ROUTE))
	filter := fault.Both(fault.Arg(0, unix.AF_NETLINK), fault.Arg(2, unix.NETLINK_NETFILTER))
	call := func(name string, when func(fault.Call) bool, after int) fault.Fault {
		return fault.Fault{Call: name, When: when, After: after}
	}
	return []faultCase{
		{name: "every link of a descriptor", fault: call("readlinkat", fault.On("/proc/[0-9]*/fd/[0-9]*"), 0)},
		{name: "links of one process", fault: call("readlinkat", fault.On(links), 0)},
		{name: "one link of a process", fault: call("readlinkat", fault.On(fmt.Sprint(holder, "fd/", p.deepFD)), 0), part: true},
		{name: "links after the first thousand", fault: call("readlinkat", fault.On(links), 1000), part: true},
		{name: "links of a holder of several", fault: call("readlinkat", fault.On(fmt.Sprintf("/proc/%d/fd/*", p.second)), 0), beside: true},
		{name: "the link of this process", fault: call("readlinkat", fault.On("/proc/self"), 0)},
		{name: "all links", fault: call("readlinkat", nil, 0)},

		{name: "the list of processes", fault: call("getdents64", fault.On("/proc"), 0)},
		{name: "the end of the list of processes", fault: call("getdents64", fault.On("/proc"), 1)},
		{name: "the second list of processes", fault: call("getdents64", fault.On("/proc"), 2)},
		{name: "every list of descriptors", fault: call("getdents64", fault.On("/proc/[0-9]*/fd"), 0)},
		{name: "descriptors of one process", fault: call("getdents64", fault.On(holder+"fd"), 0)},
		{name: "more descriptors of one process", fault: call("getdents64", fault.On(holder+"fd"), 1)},

		{name: "/proc", fault: call("openat", fault.On("/proc"), 0)},
		{name: "all of /proc", fault: call("openat", below("/proc"), 0)},
		{name: "directories of descriptors", fault: call("openat", fault.On("/proc/[0-9]*/fd"), 0)},
		{name: "directory of one process", fault: call("openat", fault.On(holder+"fd"), 0)},
		{name: "stat of every process", fault: call("openat", fault.On("/proc/[0-9]*/stat"), 0)},
		{name: "stat of one process", fault: call("openat", fault.On(holder+"stat"), 0)},
		{name: "all files of one process", fault: call("openat", fault.On(holder+"*"), 0)},
		{name: "mountinfo", fault: call("openat", fault.On("/proc/self/mountinfo"), 0)},
		{name: "table of TCP", fault: call("openat", fault.On(table("tcp")), 0)},
		{name: "table of TCP over IPv6", fault: call("openat", fault.On(table("tcp6")), 0)},
		{name: "all tables", fault: call("openat", fault.On(table("*")), 0)},
		{name: "BTF", fault: call("openat", fault.On("/sys/kernel/btf/vmlinux"), 0), whole: true},
		{name: "all of /sys", fault: call("openat", below("/sys"), 0), whole: true},
		{name: "the map of users", fault: call("openat", fault.On("/proc/self/uid_map"), 0), whole: true},
		{name: "the users", fault: call("openat", below("/etc"), 0), whole: true},

		{name: "reading the table of TCP", fault: call("read", fault.On("/proc/*/task/*/net/tcp"), 0)},
		{name: "reading on in the table of TCP", fault: call("read", fault.On("/proc/*/task/*/net/tcp"), 1)},
		{name: "reading what the kernel finds", fault: call("read", fault.On("anon_inode:bpf_iter"), 0)},
		{name: "reading on what the kernel finds", fault: call("read", fault.On("anon_inode:bpf_iter"), 1)},
		{name: "reading stat", fault: call("read", fault.On("/proc/[0-9]*/stat"), 0)},

		{name: "every socket", fault: call("socket", nil, 0)},
		{name: "sockets of sock_diag", fault: call("socket", diag, 0)},
		{name: "all but one socket of sock_diag", fault: call("socket", diag, 1)},
		{name: "all but three sockets of sock_diag", fault: call("socket", diag, 3)},
		{name: "sockets of rtnetlink", fault: call("socket", route, 0)},
		{name: "sockets for the rules of NAT", fault: call("socket", filter, 0), whole: true},
		{name: "addresses of the namespace", fault: call("openat", fault.On(table("fib_trie")), 0), whole: true},
		{name: "requests", fault: call("sendto", nil, 0)},
		{name: "all but three requests", fault: call("sendto", nil, 3)},
		{name: "replies", fault: call("recvfrom", nil, 0)},
		{name: "all but three replies", fault: call("recvfrom", nil, 3)},

		{name: "bpf(2)", fault: call("bpf", nil, 0), whole: true},
		{name: "loading a program", fault: call("bpf", fault.Arg(0, bpfProgLoad), 0), whole: true},
		{name: "loading a second program", fault: call("bpf", fault.Arg(0, bpfProgLoad), 1), whole: true},
		{name: "linking a program", fault: call("bpf", fault.Arg(0, bpfLinkCreate), 0), whole: true},
		{name: "linking a second program", fault: call("bpf", fault.Arg(0, bpfLinkCreate), 1), whole: true},
		{name: "iterating", fault: call("bpf", fault.Arg(0, bpfIterCreate), 0), whole: true},
	}
}

// below returns a condition: the file is in the directory, at any depth.
func below(directory string) func(fault.Call) bool {
	return func(c fault.Call) bool {
		return len(c.Path) > len(directory) && c.Path[:len(directory)+1] == directory+"/"
	}
}
