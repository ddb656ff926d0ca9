package livetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"sockeye/internal/test/population"
)

// TestOneRouteSocket: the interfaces are read once for a listing, whoever needs
// them: the filter, which looks up a name, each reading, whose program compares
// its number, and the rows, which show a name.
func TestOneRouteSocket(t *testing.T) {
	if !population.Alone(t, "strace", "ip") {
		return
	}
	set, err := population.Parity(t.TempDir()) // sockets that are bound to a device
	keep(t, set, err)
	for _, c := range []struct {
		want  int
		words []string
	}{
		{1, []string{"-ta", "dev", "lo"}},
		{1, []string{"-tua"}},
		{1, []string{"-tuwa", "dev", "sockeye0", "or", "dev", "lo"}},
		{0, []string{"-xa"}},
		{0, []string{"-tl", "exposure", "=", "private", "and", "src", "127.0.0.0/8"}}, // no address is looked for
		{1, []string{"-tu", "--exposed"}},                                             // addresses, VRFs, the names of link-local ones and of devices
	} {
		trace := filepath.Join(t.TempDir(), "trace")
		args := append([]string{"-f", "-o", trace, "-e", "trace=socket", os.Getenv(binaryEnv), "--no-processes"}, c.words...)
		if out, err := exec.CommandContext(t.Context(), "strace", args...).CombinedOutput(); err != nil {
			if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 { // nothing matched
				population.Skip(t, "strace: "+err.Error()+" "+string(out))
			}
		}
		text, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(regexp.MustCompile(`NETLINK_ROUTE`).FindAll(text, -1)); n != c.want {
			t.Errorf("%v: %d sockets of NETLINK_ROUTE, want %d\n%s", c.words, n, c.want, text)
		}
		if n := len(regexp.MustCompile(`NETLINK_SOCK_DIAG`).FindAll(text, -1)); n == 0 {
			t.Errorf("%v: strace saw no socket\n%s", c.words, text)
		}
	}
}
