package livetest

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// asNobodyWith makes the command run as that user with some capabilities alone.
func asNobodyWith(cmd *exec.Cmd, capabilities ...uintptr) *exec.Cmd {
	cmd = asNobody(cmd)
	cmd.SysProcAttr.AmbientCaps = capabilities
	return cmd
}

// TestRights lists with the rights to one way of finding owners, to the other,
// and to none: it is the right owners or the right reason, and never a failure.
func TestRights(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	bpf := []uintptr{unix.CAP_BPF, unix.CAP_PERFMON}
	trace := []uintptr{unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH}
	for _, c := range []struct {
		name         string
		capabilities []uintptr
		owners       string // how they are searched
		source       string
		reason       bool
		seen         bool
	}{
		{"root", nil, "auto", "bpf", false, true},
		{"root, through /proc", nil, "proc", "proc", false, true},
		{"BPF alone", bpf, "auto", "bpf", false, true},
		{"BPF alone, forced", bpf, "bpf", "bpf", false, true},
		{"BPF alone, through /proc", bpf, "proc", "proc", false, false},
		{"ptrace alone", trace, "auto", "proc", true, true},
		{"none", []uintptr{}, "auto", "proc", true, false},
	} {
		cmd := sockeye(t, "--json", "-t", "-u", "-a", "--debug", "--owners", c.owners)
		if c.capabilities != nil {
			cmd = asNobodyWith(cmd, c.capabilities...)
		}
		got := run(t, cmd)
		doc := decode(t, got.stdout)
		if got.status != 0 || doc.OwnerSource != c.source || (doc.OwnerReason != "") != c.reason || doc.Complete != c.seen {
			t.Errorf("%s: exit status %d, owners from %s because of %q, complete %v", c.name, got.status, doc.OwnerSource, doc.OwnerReason, doc.Complete)
		}
		if lines := checkMessages(t, got.stderr); c.reason && !strings.Contains(lines[len(lines)-1], doc.OwnerReason) {
			t.Errorf("%s: --debug says %q", c.name, lines)
		}
		var want, have []string
		for _, m := range told(t, set) {
			if m.Protocol == population.TCP || m.Protocol == population.UDP {
				want = append(want, rightsLine(m, c.seen))
			}
		}
		for _, r := range doc.Sockets {
			have = append(have, heldLine(t, r, set))
		}
		slices.Sort(want)
		slices.Sort(have)
		if diff := lineDiff(want, have); diff != "" {
			t.Errorf("%s: differs from what was made (-made +sockeye):\n%s", c.name, diff)
		}
	}
}

// TestForcedOwners asks for a way of finding owners that is not allowed.
func TestForcedOwners(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	got := run(t, asNobody(sockeye(t, "-tul", "--owners", "bpf")))
	lines := checkMessages(t, got.stderr)
	if got.status != 3 || got.stdout != "" || len(lines) != 1 || !strings.Contains(lines[0], "CAP_BPF") {
		t.Errorf("exit status %d, %q", got.status, lines)
	}
	if got := run(t, sockeye(t, "-tul", "--owners", "pbf")); got.status != 2 || !strings.Contains(got.stderr, "bpf, proc") {
		t.Errorf("unknown: exit status %d, %q", got.status, got.stderr)
	}
}

// rightsLine is a socket with the descriptor that the population's own process
// has of it, or the reason why that cannot be told.
func rightsLine(m population.Made, seen bool) string {
	holder := "permission"
	switch {
	case m.Ownerless != "":
		holder = m.Ownerless
	case seen:
		holder = fmt.Sprintf("%d/%d", m.PID, m.FD)
	}
	return strings.Join([]string{string(m.Protocol), string(m.Family), string(m.State), endText(m.Local), endText(m.Remote), holder}, " ")
}

// heldLine is the same of what was listed. Of the holders it names the one that
// made the socket.
func heldLine(t *testing.T, r record, set *population.Set) string {
	t.Helper()
	f := factsOf(t, r)
	holder := deref(r.OwnerStatus)
	for _, m := range set.Made {
		if m.Inode == 0 || m.Inode != deref(r.Inode) {
			continue
		}
		for _, o := range r.Owners {
			if o.PID == m.PID && o.FD == m.FD {
				holder = fmt.Sprintf("%d/%d", o.PID, o.FD)
			}
		}
	}
	return strings.Join([]string{r.Protocol, r.Family, r.State, f.local, f.remote, holder}, " ")
}
