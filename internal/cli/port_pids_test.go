package cli

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/platform"
	"sockeye/sock"
)

// TestListenersAmongHolders: who of several holders of one listening socket is
// what listens.
func TestListenersAmongHolders(t *testing.T) {
	family := processFamily{}
	for _, p := range []platform.ProcessEntry{
		{PID: 1, Name: "systemd"}, {PID: 100, Parent: 1, Name: "nginx"},
		{PID: 101, Parent: 100, Name: "nginx"}, {PID: 102, Parent: 101, Name: "nginx"}, {PID: 103, Parent: 100, Name: "sh"},
		{PID: 104, Parent: 103, Name: "nginx"}, {PID: 110, Parent: 1, Name: "nginx"},
		{PID: 200, Parent: 201, Name: "loop"}, {PID: 201, Parent: 200, Name: "loop"},
		{PID: 300, Parent: 100, Name: "python3"},
	} {
		family[p.PID] = p
	}
	holder := func(pid int, exe string) *sock.Process {
		p := &sock.Process{PID: pid, Name: family[pid].Name, Exe: exe}
		if p.Name == "" {
			p.Name = "gone"
		}
		if exe != "" {
			p.Known = sock.FieldExe
		}
		return p
	}
	for name, c := range map[string]struct{ holders, want []int }{
		"one":                        {[]int{100}, []int{100}},
		"workers":                    {[]int{100, 101, 102}, []int{100, 101, 102}},
		"a worker's worker":          {[]int{100, 102}, []int{100, 102}},
		"another program inherited":  {[]int{100, 101, 103}, []int{100, 101}},
		"its child again the first":  {[]int{100, 103, 104}, []int{100, 104}},
		"two families":               {[]int{101, 110}, []int{101, 110}},
		"a service manager besides":  {[]int{1, 100, 101}, []int{100, 101}},
		"the service manager alone":  {[]int{1}, nil},
		"the parent does not hold":   {[]int{103, 300}, []int{103, 300}},
		"parents in a ring":          {[]int{200, 201}, []int{200, 201}},
		"a process that is not seen": {[]int{100, 999}, []int{100, 999}},
		"nobody":                     {nil, nil},
	} {
		var holders []*sock.Process
		for _, pid := range c.holders {
			holders = append(holders, holder(pid, ""))
		}
		got := pidsOf(family.listeners(holders))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// The file of the program tells more than the name.
	renamed := []*sock.Process{holder(100, "/usr/bin/server"), holder(300, "/usr/bin/server"), holder(101, "/bin/other")}
	got := pidsOf(family.listeners(renamed))
	if diff := cmp.Diff([]int{100, 300}, got); diff != "" {
		t.Errorf("by file (-want +got):\n%s", diff)
	}
	// What is not known of parents keeps nobody out.
	if got := (processFamily{}).listeners(renamed); len(got) != 3 {
		t.Errorf("without a family: %v", got)
	}
}

func pidsOf(all []*sock.Process) []int {
	var pids []int
	for _, p := range all {
		pids = append(pids, p.PID)
	}
	slices.Sort(pids)
	return pids
}
