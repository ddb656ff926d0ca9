// Package tracer tells of TCP connections as they happen: every change of state,
// retransmission, reset and drop, with the process that owns the socket. Small BPF
// programs at the kernel's tracepoints (tp_btf) write what they see to a ring buffer;
// they know a socket by a storage of their own that the kernel keeps with it.
//
// A tracepoint runs on whichever processor has the segment, so the process that runs
// there is often another one. The owner is learnt where a process is surely at work
// on its own socket: as it connects, listens, reads, writes and closes. A connection
// that arrives has the owner of its listener until then, and [Event.Origin] says which
// of these it is. Nothing that was told is changed: later events have the better owner.
//
// It needs Linux 5.12 with BTF, and CAP_BPF with CAP_PERFMON (or CAP_SYS_ADMIN) in
// the first user namespace. [Open] says what is missing with an [*UnavailableError].
package tracer

//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -no-global-types -tags linux -target bpfel,bpfeb -cflags "-std=gnu11 -Wall -Wextra -Werror -fno-ident" trace bpf/trace.bpf.c
