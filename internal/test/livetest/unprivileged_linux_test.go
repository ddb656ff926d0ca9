package livetest

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// TestUnprivileged lists as a user who may see the tables and no descriptors.
func TestUnprivileged(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	got := run(t, asNobody(sockeye(t, "--json", "-t", "-u", "-a", "-e")))
	if got.status != 0 {
		t.Errorf("exit status %d", got.status)
	}
	// -e asks for marks, too.
	if lines := checkMessages(t, got.stderr); len(lines) != 2 || !strings.Contains(lines[0], "marks") || !strings.Contains(lines[1], "root") {
		t.Errorf("want a line about marks and one with a hint, got %q", lines)
	}
	doc := decode(t, got.stdout)
	if doc.Complete || len(doc.Warnings) != 2 || doc.Warnings[0].Code != "withheld" || doc.Warnings[1].Code != "permission" {
		t.Errorf("complete %v, warnings %v", doc.Complete, doc.Warnings)
	}
	var want, have []string
	for _, m := range told(t, set) {
		if m.Protocol == population.TCP || m.Protocol == population.UDP {
			want = append(want, hiddenLine(m))
		}
	}
	for _, r := range doc.Sockets {
		have = append(have, unseenLine(t, r))
	}
	if diff := lineDiff(want, have); diff != "" {
		t.Errorf("differs from what was made (-made +sockeye):\n%s", diff)
	}
}

// hiddenLine is what the user sees of a socket of root's: its holder is hidden,
// but why nobody holds it is not.
func hiddenLine(m population.Made) string {
	uid, status := "known", "permission"
	if m.Ownerless != "" {
		uid, status = "-", m.Ownerless
	}
	return strings.Join([]string{string(m.Protocol), string(m.Family), string(m.State), endText(m.Local), endText(m.Remote), uid, status}, " ")
}

func unseenLine(t *testing.T, r record) string {
	t.Helper()
	f := factsOf(t, r)
	uid := "-"
	if r.UID != nil {
		uid = "known"
	}
	return strings.Join([]string{r.Protocol, r.Family, r.State, f.local, f.remote, uid, deref(r.OwnerStatus)}, " ")
}

// TestHiddenProcess: what a process holds is not known to a user who may not see
// it, and is then not said to be nothing.
func TestHiddenProcess(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	pid := strconv.Itoa(os.Getpid())
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"process", pid}, 3, "is not known: owners are hidden"},
		{[]string{"process", "nosuchprogram"}, 1, "no process is called nosuchprogram"},
		{[]string{"process", "4194399"}, 1, "there is no process 4194399"},
		{[]string{"pid", pid}, 3, "run as root"},
		{[]string{"pid", pid, "-q"}, 3, "run as root"},
	} {
		got := run(t, asNobody(sockeye(t, c.args...)))
		if got.status != c.status || !strings.Contains(got.stderr, c.says) {
			t.Errorf("%v: exit status %d, %q", c.args, got.status, got.stderr)
		}
	}
	if got := run(t, sockeye(t, "process", pid)); got.status != 0 {
		t.Errorf("as root: exit status %d, %q", got.status, got.stderr)
	}
}

// TestNamespaceThatMayNotBeEntered: the question was right, and cannot be answered.
func TestNamespaceThatMayNotBeEntered(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil { // for the names of ip netns
		t.Fatal(err)
	}
	ip(t, "netns add blue")
	const want = "sockeye: the network namespace \"blue\" cannot be entered without CAP_SYS_ADMIN\n"
	if got := run(t, asNobody(sockeye(t, "-N", "blue", "-t"))); got.status != 3 || got.stderr != want || got.stdout != "" {
		t.Errorf("exit status %d, %q, %q", got.status, got.stdout, got.stderr)
	}
	if got := run(t, sockeye(t, "-N", "nosuch", "-t")); got.status != 2 {
		t.Errorf("of none: exit status %d, %q", got.status, got.stderr)
	}
}
