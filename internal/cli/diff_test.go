package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDiffOfRandomSnapshots holds what diff says against the difference of two maps.
func TestDiffOfRandomSnapshots(t *testing.T) {
	states := []string{"ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_1", "LAST_ACK"}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		random := func() map[int]string {
			m := map[int]string{}
			for range r.IntN(30) {
				m[1+r.IntN(40)] = states[r.IntN(len(states))]
			}
			return m
		}
		before, after := random(), random()
		want := map[string][]int{}
		for port, state := range before {
			switch now, there := after[port]; {
			case !there:
				want["closed"] = append(want["closed"], port)
			case now != state:
				want["changed"] = append(want["changed"], port)
			}
		}
		for port := range after {
			if _, there := before[port]; !there {
				want["opened"] = append(want["opened"], port)
			}
		}
		for _, ports := range want {
			slices.Sort(ports)
		}
		// Half of them without cookies: then the ends tell them apart.
		files := saved(t, document(r, before, true), document(r, after, seed%2 == 0))
		got, status := diffed(t, files)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if diff := cmp.Diff(want, diffedCells(t, files, status)); diff != "" {
			t.Fatalf("seed %d, as CSV: %s", seed, diff)
		}
		if differs := len(want) > 0; differs != (status == exitNothing) || !differs && status != exitMatched {
			t.Fatalf("seed %d: status %d with %v", seed, status, want)
		}
	}
}

// document is a snapshot of some connections, by remote port, in any order.
func document(r *rand.Rand, sockets map[int]string, cookies bool) string {
	ports := slices.Sorted(maps.Keys(sockets))
	r.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
	var rows []string
	for _, port := range ports {
		row := fmt.Sprintf(`{"protocol":"tcp","family":"ipv4","state":%q,"local_address":"10.0.0.5","local_port":80,"remote_address":"10.0.0.9","remote_port":%d`, sockets[port], port)
		if cookies {
			row += fmt.Sprintf(`,"cookie":"%x"`, 1000+port)
		}
		rows = append(rows, row+"}")
	}
	return `{"schema_version":1,"complete":true,"warnings":[],"sockets":[` + strings.Join(rows, ",") + "]}"
}

// saved writes two snapshots and returns the names of the files.
func saved(t *testing.T, before, after string) []string {
	t.Helper()
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "before.json"), filepath.Join(dir, "after.json")}
	for i, text := range []string{before, after} {
		if err := os.WriteFile(files[i], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// runDiff returns what diff says of two files.
func runDiff(t *testing.T, files []string, args ...string) (out string, status int) {
	t.Helper()
	var stdout, stderr strings.Builder
	status = Main(t.Context(), slices.Concat([]string{"diff"}, files, args), IO{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }, Now: time.Now, After: time.After,
	})
	if stderr.Len() > 0 {
		t.Fatal(stderr.String())
	}
	return stdout.String(), status
}

// diffedCells returns the remote ports of each kind of difference as CSV has them.
func diffedCells(t *testing.T, files []string, want int) map[string][]int {
	t.Helper()
	out, status := runDiff(t, files, "--csv", "-C", "remote_port,state", "-H")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || status != want {
		t.Fatalf("%v, status %d, want %d: %s", err, status, want, out)
	}
	lists := map[string][]int{}
	for _, row := range rows {
		port, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		lists[row[0]] = append(lists[row[0]], port)
	}
	for _, ports := range lists {
		slices.Sort(ports)
	}
	return lists
}

// diffed returns the remote ports of each list of the document.
func diffed(t *testing.T, files []string) (lists map[string][]int, status int) {
	t.Helper()
	out, status := runDiff(t, files, "--json")
	type socket struct {
		Port int `json:"remote_port"`
	}
	var answer struct {
		Opened, Closed []socket
		Changed        []struct{ Before, After socket }
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lists = map[string][]int{}
	for _, s := range answer.Opened {
		lists["opened"] = append(lists["opened"], s.Port)
	}
	for _, s := range answer.Closed {
		lists["closed"] = append(lists["closed"], s.Port)
	}
	for _, p := range answer.Changed {
		if p.Before != p.After {
			t.Errorf("%d became %d", p.Before.Port, p.After.Port)
		}
		lists["changed"] = append(lists["changed"], p.After.Port)
	}
	for _, ports := range lists {
		slices.Sort(ports)
	}
	return lists, status
}
