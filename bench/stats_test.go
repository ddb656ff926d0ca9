package main

import (
	"slices"
	"testing"
	"time"
)

func walls(ms ...int) []sample {
	samples := make([]sample, len(ms))
	for i, m := range ms {
		samples[i].Wall = time.Duration(m) * time.Millisecond
	}
	return samples
}

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		in   []sample
		want spread
	}{
		{nil, spread{}},
		{walls(7), spread{7, 7, 7}},
		{walls(3, 1, 2), spread{1, 2, 3}},
		{walls(4, 1, 3, 2), spread{1, 2.5, 4}},
	} {
		if got := spreadOf(test.in, wallMS); got != test.want {
			t.Errorf("spread of %v = %v, want %v", test.in, got, test.want)
		}
	}
}

func TestSpreadLeavesTheSeries(t *testing.T) {
	in := walls(3, 1, 2)
	spreadOf(in, wallMS)
	if !slices.Equal(in, walls(3, 1, 2)) {
		t.Errorf("the series became %v", in)
	}
}

// TestRatios takes a machine that became slower in the midst: the ratio of the
// medians is then not that of the neighbours.
func TestRatios(t *testing.T) {
	r := result{Ours: walls(10, 10, 30), Peer: walls(20, 60, 60)}
	if got := r.ratio(); got != 10.0/60 {
		t.Errorf("ratio = %v", got)
	}
	if got := r.pairwise(); got != 0.5 {
		t.Errorf("pairwise = %v", got)
	}
	var none result
	if none.ratio() != 0 || none.pairwise() != 0 {
		t.Errorf("without runs: %v, %v", none.ratio(), none.pairwise())
	}
}

func TestMissed(t *testing.T) {
	r := result{Row: row{Budget: 0.5, MaxRSS: 1024}, Ours: walls(5), Peer: walls(10)}
	if got := r.missed(); len(got) != 0 {
		t.Errorf("half of the time is not within 0.5: %v", got)
	}
	r.Ours = walls(6)
	r.Ours[0].RSS = 1025
	if got := r.missed(); !slices.Equal(got, []string{"time", "memory"}) {
		t.Errorf("missed %v", got)
	}
	r.Row.More = 1
	if got := r.missed(); !slices.Equal(got, []string{"memory"}) {
		t.Errorf("with a millisecond more missed %v", got)
	}
	r.Row.More = 0
	r.Row.PerSocket, r.Sockets = perOwned, 100_000 // 6.1 MiB more
	if got := r.missed(); !slices.Equal(got, []string{"time"}) || r.maxMiB() < 6 || r.maxMiB() > 8 {
		t.Errorf("with room for owners missed %v of %.1f MiB", got, r.maxMiB())
	}
	alone := result{Row: row{Most: 50}, Ours: walls(49), Alone: "no peer"}
	if got := alone.missed(); len(got) != 0 {
		t.Errorf("49 of 50 ms missed %v", got)
	}
	alone.Ours = walls(51)
	if got := alone.missed(); !slices.Equal(got, []string{"time"}) {
		t.Errorf("51 of 50 ms missed %v", got)
	}
	r.Skipped = "no peer"
	if got := r.missed(); len(got) != 0 {
		t.Errorf("a skipped row misses %v", got)
	}
}

func TestRows(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.Name] {
			t.Errorf("two rows are named %q", r.Name)
		}
		names[r.Name] = true
		if len(r.Ours) == 0 || r.Ours[0] != "sockeye" && r.Ours[0] != "traced" && r.Ours[0] != "screened" || len(r.Peer) == 0 {
			t.Errorf("%s: commands %v, %v", r.Name, r.Ours, r.Peer)
		}
	}
	if got := selectRows(rows, "NDJSON,gopsutil"); len(got) != 2 {
		t.Errorf("selected %v", got)
	}
	if got := selectRows(rows, ""); len(got) != len(rows) {
		t.Errorf("selected %d rows of all", len(got))
	}
	if got := expand(words("ss sport = :{port} or sport = :{lastport}"), ports{"80", "81"}); !slices.Equal(got, words("ss sport = :80 or sport = :81")) {
		t.Errorf("expanded to %v", got)
	}
}
