package livetest

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/filter"
	"sockeye/sock/socktest"
	"sockeye/sockdiag"
)

const (
	threeWaysSeed  = 20261121
	threeWaysCount = 10_000
	threeWaysShort = 200
	threeWaysBatch = 100
	// sampled: for one expression of so many it is counted what the kernel gives.
	sampled = 4
)

// TestThreeWays: over one population of real sockets, random expressions select
// the same sockets live with a program in the kernel, live by the check of each
// row alone, and from a raw dump: those of which they are true.
func TestThreeWays(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	w := newWays(t, threeWaysSeed)
	count := threeWaysShort
	switch {
	case testing.Short(): // on an emulated machine
		count = threeWaysBatch
	case population.Long():
		count = threeWaysCount
	}
	for i := range count {
		if i%threeWaysBatch == 0 {
			w.refresh(t)
		}
		e := w.expression(3)
		diff := w.try(t, e)
		for range 2 { // a connection went on meanwhile, from TIME_WAIT to its end
			if diff != "" {
				w.refresh(t)
				diff = w.try(t, e)
			}
		}
		if diff != "" {
			t.Fatalf("%s (number %d)\n%s", e.spell(false), i, diff)
		}
	}
	t.Logf("%d expressions over %d sockets: %d of %d matched, the kernel left out about %d of the others",
		count, len(w.rows), w.matched, w.tried, w.spared)
	if w.matched < w.tried/10 || w.matched > w.tried*9/10 {
		t.Error("the expressions are too easy")
	}
	if w.spared < (w.tried-w.matched)/4 {
		t.Error("the kernel decides too little")
	}
}

// ways are the three ways, over one population.
type ways struct {
	generator
	host  *platform.Host
	diag  *sockdiag.Source
	env   filter.Env
	query sock.Query
	dump  []byte

	expressions, tried, matched, spared int
}

func newWays(t *testing.T, seed uint64) *ways {
	t.Helper()
	if s := os.Getenv("SOCKEYE_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	host, err := platform.Open(platform.Options{Owners: "none"})
	if err != nil {
		t.Fatal(err)
	}
	w := &ways{host: host, diag: sockdiag.New(), query: sock.Query{
		Protocols: sock.Protocols(sock.TCP, sock.UDP), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.AllStates,
	}}
	w.generator = generator{Rand: rand.New(rand.NewPCG(seed, 1)), devices: map[string]uint32{}}
	devices, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		w.devices[d.Name] = uint32(d.Index)
	}
	w.env = filter.Env{CgroupID: host.CgroupID, InterfaceIndex: func(name string) (uint32, error) { return w.devices[name], nil }}
	if id, err := host.CgroupID("/"); err == nil {
		w.cgroup = id
	}
	w.refresh(t)
	return w
}

// refresh lists everything again, without a filter, and dumps it.
func (w *ways) refresh(t *testing.T) {
	t.Helper()
	q := w.query
	q.Want = sock.AllFields &^ (sock.FieldOwners | sock.ProcessFields)
	w.rows = rowsOf(t, w.host.List(t.Context(), platform.Request{Query: q}))
	var b bytes.Buffer
	listing, err := w.host.Dump(t.Context(), platform.Request{Query: q}, &b)
	if err != nil {
		t.Fatal(err)
	}
	rowsOf(t, listing)
	w.dump = b.Bytes()
}

// rowsOf reads a listing that has nothing to complain about.
func rowsOf(t *testing.T, l *platform.Listing) (rows []*sock.Socket) {
	t.Helper()
	for s, err := range l.Sockets {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, s.Clone())
	}
	if snap := l.Snapshot(); !snap.Complete || len(snap.Warnings) > 0 {
		t.Fatalf("warnings %v", snap.Warnings)
	}
	return rows
}

// try selects in three ways and returns what differs from the truth.
func (w *ways) try(t *testing.T, e *expression) (diff string) {
	t.Helper()
	f, err := filter.ParseText(e.spell(false), w.env)
	if err != nil {
		t.Fatalf("%s: %v", e.spell(false), err)
	}
	var truth, truthOfTCP, checked []string
	for _, s := range w.rows {
		if f.Match(s) {
			checked = append(checked, lineOf(s))
		}
		if !e.truth(s) {
			continue
		}
		truth = append(truth, lineOf(s))
		if s.Protocol == sock.TCP {
			truthOfTCP = append(truthOfTCP, lineOf(s))
		}
	}
	request := platform.Request{Query: w.query, Filter: f}
	live := linesOfRows(rowsOf(t, w.host.List(t.Context(), request)))
	fromDump, err := platform.OpenRawDump(t.Context(), bytes.NewReader(w.dump), request)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]string{
		"checked here": lineDiff(truth, checked), "live": lineDiff(truth, live),
		"from the dump": lineDiff(truthOfTCP, linesOfRows(rowsOf(t, fromDump))),
	} {
		if d != "" {
			diff += name + " (-truth):\n" + d
		}
	}
	w.tried += len(w.rows)
	w.matched += len(truth)
	if w.expressions++; w.expressions%sampled == 0 {
		w.spared += sampled * (len(w.rows) - w.fromKernel(t, f))
	}
	return diff
}

// fromKernel counts the rows that the kernel gives for a filter.
func (w *ways) fromKernel(t *testing.T, f *filter.Filter) (n int) {
	t.Helper()
	q := w.query
	q.Where = f
	for _, err := range socktest.Rows(t.Context(), w.diag, &sock.Environment{}, q) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// lineOf tells a socket, by what a listing and a dump both have.
func lineOf(s *sock.Socket) string {
	return s.Protocol.String() + " " + s.Family.String() + " " + s.Local.String() + " " + s.Remote.String() + " cookie " +
		strconv.FormatUint(s.Cookie, 16) + " if " + strconv.Itoa(int(s.IfIndex))
}

func linesOfRows(rows []*sock.Socket) (lines []string) {
	for _, s := range rows {
		lines = append(lines, lineOf(s))
	}
	slices.Sort(lines)
	return lines
}
