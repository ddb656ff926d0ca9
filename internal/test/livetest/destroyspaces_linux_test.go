package livetest

import (
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// TestDestroyInNamespaces closes sockets of one of several namespaces that have the same
// ports, and then those of all, and no other.
func TestDestroyInNamespaces(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Namespaces(3, 2) // each listens on 1000 and 1001
	keep(t, set, err)
	left := func() string {
		got := run(t, sockeye(t, "--all-netns", "-tl", "--csv", "-C", "netns.name,local_port", "--sort", "netns.name,local_port", "-H"))
		if got.stderr != "" {
			t.Errorf("%s", got.stderr)
		}
		return strings.Join(strings.Fields(got.stdout), " ")
	}
	everything := "space0,1000 space0,1001 space1,1000 space1,1001 space2,1000 space2,1001"
	if now := left(); now != everything {
		t.Fatalf("there are %s", now)
	}
	for _, c := range []struct{ filter, results, left string }{
		{"sport = 1000 and netns = space1", "closed", strings.Replace(everything, "space1,1000 ", "", 1)},
		{"sport = 1001", "closed closed closed", "space0,1000 space2,1000"},
	} {
		got := run(t, sockeye(t, "-K", "--yes", "--all-netns", "-tl", "--csv", "-C", "result", "-H", c.filter))
		if results := strings.Join(strings.Fields(got.stdout), " "); got.status != 0 || results != c.results {
			t.Errorf("%s: status %d, %s\n%s", c.filter, got.status, results, got.stderr)
		}
		if now := left(); now != c.left {
			t.Errorf("%s: left are %s, want %s", c.filter, now, c.left)
		}
	}
}
