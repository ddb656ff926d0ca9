// Package bpfiter finds the processes that hold sockets with the kernel's
// task_file iterator: a small BPF program that the kernel calls for each open
// file of each process (kernel/bpf/task_iter.c). It answers what the search
// through /proc/PID/fd of package procnet answers, several times faster, and
// without ptrace rights.
//
// It needs Linux 5.8 or later with BTF, and CAP_BPF with CAP_PERFMON (or
// CAP_SYS_ADMIN) in the first user namespace. Whatever is missing, [Open] says
// so with an [*UnavailableError], and the search through /proc is the one to
// use.
//
// The program is compiled ahead (bpf/build) and embedded as bare instructions.
// The offsets of the kernel's members are constants in it, which are replaced at
// start with what one pass over the kernel's BTF finds. No library is needed, and
// the whole start takes a millisecond or two.
//
// What it cannot see is what no descriptor refers to: sockets on their way
// through SCM_RIGHTS, and files that only io_uring holds. It shows the processes
// of the reader's PID namespace and below, as /proc does.
package bpfiter

//go:generate bpf/build
