package livetest

import (
	"fmt"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// TestDestroy closes 1,000 of 2,000 (200 of 400 on an emulated machine) connections while others come and go: those
// that the filter names, and no other. Sockets that the kernel cannot close stay,
// and that is said.
func TestDestroy(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	each := 1000
	if testing.Short() {
		each = 200
	}
	doomed, err := population.Mass(each, true)
	keep(t, doomed, err)
	spared, err := population.Mass(each, true)
	keep(t, spared, err)
	churn, err := population.Churn(2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := churn.Stop(); err != nil {
			t.Error(err)
		}
	}()
	mine := map[int]bool{}
	for _, m := range doomed.Made {
		mine[m.PID] = true
	}
	var pids []string
	for pid := range mine {
		pids = append(pids, fmt.Sprint(pid))
	}
	// Both ends of each connection match: one is closed, the other ends by that.
	filter := "state established and pid in (" + strings.Join(pids, ",") + ")"
	got := run(t, sockeye(t, "-K", "--yes", "-t", "--json", filter))
	if got.status != 0 {
		t.Fatalf("status %d\n%s", got.status, got.stderr)
	}
	results := map[string]int{}
	for _, word := range []string{"closed", "ended"} {
		results[word] = strings.Count(got.stdout, `"result":"`+word+`"`)
	}
	if results["closed"] < each || results["closed"]+results["ended"] != 2*each {
		t.Errorf("results %v of %d sockets", results, 2*each)
	}
	left := map[string]bool{}
	for _, r := range readDocument(t, "-t", "-a", "--no-processes").Sockets {
		left[identity(t, r)] = r.State == "ESTABLISHED"
	}
	open := func(set *population.Set) (n int) {
		for _, m := range set.Made {
			if m.State == population.Established && left[fmt.Sprintf("%d %s %s", m.Inode, endText(m.Local), endText(m.Remote))] {
				n++
			}
		}
		return n
	}
	if n := open(doomed); n != 0 {
		t.Errorf("%d of the sockets that were to be closed are there", n)
	}
	if n := open(spared); n != 2*each {
		t.Errorf("%d of %d sockets that were to stay are there", n, 2*each)
	}
	unix := run(t, sockeye(t, "-K", "--yes", "-x", "-a"))
	if strings.Contains(unix.stdout, " closed\n") || strings.Contains(unix.stdout, "unix") && unix.status != 3 {
		t.Errorf("unix sockets: status %d\n%s%s", unix.status, unix.stdout, unix.stderr)
	}
}
