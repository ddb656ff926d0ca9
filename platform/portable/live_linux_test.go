package portable

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/sock"
	"sockeye/sock/socktest"
	"sockeye/sockdiag"
)

func TestMain(m *testing.M) {
	population.RunHelper()
	os.Exit(m.Run())
}

// ends are what tells a socket from others, of the facts that both sources have.
func ends(s *sock.Socket) string {
	return fmt.Sprintf("%v %v %v %v %v", s.Protocol, s.Family, s.State, s.Local, s.Remote)
}

// madeEnds are the same of a socket that was made.
func madeEnds(m population.Made) string {
	return fmt.Sprintf("%s %s %s %v %v", m.Protocol, m.Family, m.State, m.Local, m.Remote)
}

// parity makes sockets of every kind and state, and returns the ends of those that
// sock_diag lists.
func parity(t *testing.T) (set *population.Set, exact map[string]bool) {
	t.Helper()
	set, err := population.Parity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	exact = map[string]bool{}
	for s, err := range socktest.Rows(t.Context(), sockdiag.New(), here, everything) {
		if err != nil {
			t.Fatal(err)
		}
		exact[ends(s)] = true
	}
	return set, exact
}

// TestBesideSockDiag compares the rows with those of sock_diag, over every kind
// of socket and every state.
func TestBesideSockDiag(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, exact := parity(t)
	all, parts, failed := list(t, New(), everything)
	if len(failed) != 0 || len(parts) != 0 {
		t.Fatalf("%v, %v", parts, failed)
	}
	var rows []string
	for _, s := range all {
		rows = append(rows, ends(s))
		if !exact[ends(s)] {
			t.Errorf("sock_diag does not list %s", ends(s))
		}
	}
	states := map[population.State]int{}
	for _, m := range set.Made {
		if m.Protocol != population.TCP && m.Protocol != population.UDP || m.State == population.Bound {
			continue // not in the tables that are read
		}
		states[m.State]++
		if made := madeEnds(m); !slices.Contains(rows, made) {
			t.Errorf("not listed: %s (%s)", made, m.Label)
		}
	}
	if states[population.Listen] == 0 || states[population.Established] == 0 || len(states) < 8 {
		t.Errorf("the population has %v", states)
	}
	socktest.TestSource(t, New(), here, everything, len(rows))
}
