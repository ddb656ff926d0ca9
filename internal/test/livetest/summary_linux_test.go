package livetest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/test/population"
)

// counts are numbers of sockets by protocol, family and state.
type counts map[string]map[string]map[string]int

// TestSummary: the summary of a population that rests is what counting a listing
// of it gives, with and without a filter, and the kernel's own numbers agree.
func TestSummary(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	schema := compileSchema(t, "")
	for _, args := range [][]string{
		{"-a", "-A", "all"}, {"-t", "-a"}, {"-x", "-u", "-a"}, {"-tl"}, {"-a", "state", "time-wait"}, {"-a", "family", "=", "ipv6"},
		{"-a", "pid", ">", "1"},
	} {
		text := run(t, sockeye(t, append([]string{"-s", "-s", "--json"}, args...)...)).stdout
		validate(t, schema, args, text)
		want := counts{}
		for _, r := range readDocument(t, args...).Sockets {
			if want[r.Protocol] == nil {
				want[r.Protocol] = map[string]map[string]int{}
			}
			if want[r.Protocol][r.Family] == nil {
				want[r.Protocol][r.Family] = map[string]int{}
			}
			want[r.Protocol][r.Family][r.State]++
		}
		got, _ := readSummary(t, text)
		if args[len(args)-1] == "all" && len(got) < 4 {
			t.Errorf("%v: %d protocols", args, len(got))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-listing +summary):\n%s", args, diff)
		}
	}
	_, told := readSummary(t, run(t, sockeye(t, "-s", "-s", "--json", "-t", "state", "time-wait")).stdout)
	var tw struct {
		Tcp struct {
			States   map[string]int
			TimeWait *int `json:"time_wait"`
			Memory   *int `json:"memory_bytes"`
			Orphaned *int
			Limits   map[string]int
		}
	}
	if err := json.Unmarshal(told, &tw); err != nil {
		t.Fatal(err)
	}
	// The kernel counts orphans in FIN_WAIT_2 too, which it keeps in the same record.
	half := len(readDocument(t, "-t", "-a", "state", "fin-wait-2").Sockets)
	if n := tw.Tcp.States["TIME_WAIT"]; n == 0 || tw.Tcp.TimeWait == nil || *tw.Tcp.TimeWait < n || *tw.Tcp.TimeWait > n+half ||
		tw.Tcp.Memory == nil || tw.Tcp.Orphaned == nil {
		t.Errorf("TIME_WAIT is counted %d; the kernel says %s", n, told)
	}
	if tw.Tcp.Limits["backlog"] == 0 || tw.Tcp.Limits["time_wait"] == 0 {
		t.Errorf("limits: %v", tw.Tcp.Limits)
	}
	people := list(t, "-s", "-t")
	if !strings.HasPrefix(people, "PROTO") || !strings.Contains(people, "net.core.somaxconn") {
		t.Errorf("for people:\n%s", people)
	}
}

// readSummary returns the counts of a summary that holds any, and the member as it
// is.
func readSummary(t *testing.T, text string) (counts, json.RawMessage) {
	t.Helper()
	var doc struct{ Summary json.RawMessage }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in %.200q", err, text)
	}
	var parts map[string]struct {
		Total    int
		Families map[string]struct {
			Total  int
			States map[string]int
		}
	}
	if err := json.Unmarshal(doc.Summary, &parts); err != nil {
		t.Fatal(err)
	}
	found := counts{}
	for name, part := range parts {
		sum := 0
		for family, f := range part.Families {
			if found[name] == nil {
				found[name] = map[string]map[string]int{}
			}
			found[name][family] = f.States
			sum += f.Total
			for _, n := range f.States {
				f.Total -= n
			}
			if f.Total != 0 {
				t.Errorf("%s: the states of %s are not its total", name, family)
			}
		}
		if sum != part.Total {
			t.Errorf("%s: the families are not the total %d", name, part.Total)
		}
	}
	return found, doc.Summary
}
