package nat

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// hook is where the kernel runs programs of eBPF, by the name that libbpf has for it.
type hook struct {
	name string
	at   ebpf.AttachType
}

var (
	// lookup: they choose the listener of what arrives for any port.
	lookup = []hook{{"sk_lookup", ebpf.AttachSkLookup}}
	// connecting: they choose the end that a process connects, or sends, to. They stand
	// for those on devices too: what attaches them (Cilium, Calico) translates on devices
	// what arrives. Most other programs on devices (XDP, tc) count, or drop.
	connecting = []hook{
		{"cgroup/connect4", ebpf.AttachCGroupInet4Connect},
		{"cgroup/connect6", ebpf.AttachCGroupInet6Connect},
		{"cgroup/sendmsg4", ebpf.AttachCGroupUDP4Sendmsg},
		{"cgroup/sendmsg6", ebpf.AttachCGroupUDP6Sendmsg},
	}
)

// LookupPrograms names the programs of eBPF that choose the listener of what arrives in
// the network namespace of the calling thread, with their hook: "tubular (sk_lookup)".
// Whereto they lead they alone know. It names none where the kernel has no such hook, or
// does not tell this process: that needs CAP_NET_ADMIN, and before Linux 5.19 CAP_BPF
// where unprivileged programs are disabled, in the first user namespace.
func LookupPrograms(proc string) []string {
	return attached(filepath.Join(proc, "thread-self/ns/net"), 0, lookup)
}

// ConnectPrograms names those that choose where the processes of a control group connect
// to, as [LookupPrograms] does. The group is a directory of the second version's; the
// programs of the groups above are its own too.
func ConnectPrograms(group string) []string {
	return attached(group, unix.BPF_F_QUERY_EFFECTIVE, connecting)
}

// attached names the programs at some hooks of what a file stands for.
func attached(file string, flags uint32, hooks []hook) (names []string) {
	target, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer target.Close()
	for _, h := range hooks {
		found, err := link.QueryPrograms(link.QueryOptions{Target: int(target.Fd()), Attach: h.at, QueryFlags: flags})
		if err != nil {
			continue // see LookupPrograms
		}
		for _, p := range found.Programs {
			names = append(names, programName(p.ID)+" ("+h.name+")")
		}
	}
	return names
}

// programName returns the name of a program; its number where it has none, or this
// process may not ask (CAP_SYS_ADMIN).
func programName(id ebpf.ProgramID) string {
	number := "program " + strconv.FormatUint(uint64(id), 10)
	p, err := ebpf.NewProgramFromID(id)
	if err != nil {
		return number
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil || info.Name == "" {
		return number
	}
	return info.Name
}
