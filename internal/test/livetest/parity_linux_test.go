package livetest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// TestParity holds the listing against ss, both ways, fact by fact.
func TestParity(t *testing.T) {
	if !population.Alone(t, "ss", "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	t.Run("auto", func(t *testing.T) { parity(t, set, same, "-a", "-A", "all", "-e") })
	t.Run("sock_diag", func(t *testing.T) {
		parity(t, set, without("raw"), "-a", "-A", "tcp,udp,unix", "-e", "--source", "sock_diag")
	})
	t.Run("proc", func(t *testing.T) { parity(t, set, asProc, "-a", "-A", "all", "-e", "--source", "proc") })
	t.Run("exact", func(t *testing.T) { made(t, set, false, "-a", "-A", "all") })
	t.Run("exact through proc", func(t *testing.T) { made(t, set, true, "-a", "-A", "all", "--source", "proc") })
	t.Run("ndjson", func(t *testing.T) { parity(t, set, same, "-a", "-A", "all", "-e", "--ndjson") })
}

// trim takes away what a way of listing cannot know. It reports whether the
// socket is compared at all.
type trim func(*facts) bool

func same(*facts) bool { return true }

func without(protocol string) trim {
	return func(f *facts) bool { return f.protocol != protocol }
}

// asProc leaves out what the files of /proc/net do not hold: the backlog, the
// device and the scope, v6only, the cookie and the mark; the queues and the
// peer of unix sockets; and TCP sockets that are bound and do not listen. What
// they hold besides are unix connections in an accept queue, without an inode.
func asProc(f *facts) bool {
	f.backlog, f.device, f.v6only, f.cookie, f.mark = "-", "-", "-", "-", "-"
	if f.protocol == "unix" {
		f.recv, f.send, f.peer = "-", "-", "-"
	}
	return !(f.protocol == "tcp" && f.state == "UNCONN" || f.protocol == "unix" && f.inode == "-")
}

// parity lists with both and compares.
func parity(t *testing.T, set *population.Set, adjust trim, args ...string) {
	t.Helper()
	again(t, func() string {
		ss := adjusted(t, complement(t, askSS(t), set), adjust)
		ours := adjusted(t, askSockeye(t, args...), adjust)
		if diff := lineDiff(linesOf(ss), linesOf(ours)); diff != "" {
			return fmt.Sprintf("sockeye %v differs from ss (-ss +sockeye):\n%s", args, diff)
		}
		return ""
	})
}

// TestEachTable holds one table after the other against ss, as sock_diag alone
// lists it, where the kernel has that: then each fact is compared.
func TestEachTable(t *testing.T) {
	if !population.Alone(t, "ss", "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	for _, table := range ssTables {
		t.Run(table.protocol, func(t *testing.T) {
			if table.diagnosed != nil && !table.diagnosed(t) {
				t.Skipf("the kernel's sock_diag does not list %s", table.protocol)
			}
			only := func(f *facts) bool { return f.protocol == table.protocol }
			parity(t, set, only, "-a", "-A", table.protocol, "-e", "--source", "sock_diag")
		})
	}
}

func adjusted(t *testing.T, all []facts, adjust trim) []facts {
	t.Helper()
	rawFromProc := !diagnosesRaw(t)
	var kept []facts
	for _, f := range all {
		if f.protocol == "raw" && rawFromProc {
			// ss says there neither the inode nor the user, nor what the kernel's
			// diagnosis alone knows.
			f.inode, f.uid, f.cookie, f.v6only, f.device = "-", "-", "-", "-", "-"
		}
		if adjust(&f) {
			kept = append(kept, f)
		}
	}
	return kept
}

// askSockeye lists the tables that ss has too.
func askSockeye(t *testing.T, args ...string) []facts {
	t.Helper()
	var all []facts
	for _, r := range readAny(t, args...) {
		if r.Protocol != "udplite" && r.Protocol != "icmp" && !familyOnly(r) {
			all = append(all, factsOf(t, r))
		}
	}
	return all
}

// familyOnly is what TestFamilies compares: sockets without addresses or paths, of
// which the kernel and every program that asks it have some. With TIPC the kernel
// listens in each namespace, which ss -a leaves out.
func familyOnly(r record) bool {
	return r.Protocol == "tipc" && r.PID == nil || slices.Contains([]string{"packet", "netlink", "vsock", "xdp"}, r.Protocol)
}

// complement adds what an ss older than 6.8 does not ask for: TCP sockets that
// are bound and do not listen, as they were made. A kernel older than that does
// not tell them, whoever asks.
func complement(t *testing.T, ss []facts, set *population.Set) []facts {
	t.Helper()
	if !diagnosesBound(t) {
		return ss
	}
	for _, m := range set.Made {
		inode := strconv.FormatUint(m.Inode, 10)
		if m.Protocol != population.TCP || m.State != population.Bound ||
			slices.ContainsFunc(ss, func(f facts) bool { return f.inode == inode }) {
			continue
		}
		cookie, err := unix.GetsockoptUint64(m.FD, unix.SOL_SOCKET, unix.SO_COOKIE)
		if err != nil {
			t.Fatal(err)
		}
		f := facts{protocol: "tcp", family: string(m.Family), state: "UNCONN", local: endText(m.Local), remote: "-",
			device: orNone(m.Interface), recv: "0", send: "0", backlog: "-", inode: inode, uid: "0", mark: "-",
			v6only: "-", cookie: strconv.FormatUint(cookie, 16), owners: holder(m.PID, m.FD, ownComm())}
		if m.Family == population.IPv6 {
			// bind(2) to one IPv6 address sets it.
			only, err := unix.GetsockoptInt(m.FD, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
			if err != nil {
				t.Fatal(err)
			}
			f.v6only = strconv.Itoa(only)
		}
		ss = append(ss, f)
	}
	return ss
}

// ownComm is the name of this process.
func ownComm() string {
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		return err.Error()
	}
	return string(comm[:len(comm)-1])
}
