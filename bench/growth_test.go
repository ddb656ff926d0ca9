package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// grown returns the results of a command that takes so long for n sockets.
func grown(ms func(n float64) float64) []result {
	var all []result
	for _, r := range growthRows() {
		d := time.Duration(ms(float64(r.Sockets)) * float64(time.Millisecond))
		all = append(all, result{Row: r, Ours: []sample{{Wall: d}}, Peer: []sample{{Wall: d}}})
	}
	return all
}

func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		name string
		ms   func(n float64) float64
		want string
	}{
		{"linear beside a fixed cost", func(n float64) float64 { return 20 + n/1000 }, "+0 %, within"},
		{"a little more", func(n float64) float64 { return n/1000 + math.Pow(n/100_000, 2)*4 }, "+7 %, within"},
		{"a square", func(n float64) float64 { return n * n / 1e8 }, "+173 %, outside"},
	} {
		var b strings.Builder
		if err := writeGrowth(&b, grown(c.ms)); err != nil || strings.Count(b.String(), c.want) != len(growthKinds) {
			t.Errorf("%s: %v, want %q:\n%s", c.name, err, c.want, b.String())
		}
	}
	var b strings.Builder
	if err := writeGrowth(&b, grown(func(float64) float64 { return 1 })[:3]); err != nil || b.Len() > 0 {
		t.Errorf("some sizes only: %v, %q", err, b.String())
	}
}

func TestPopulationsOfGrowthHaveTheirSizes(t *testing.T) {
	for i, name := range growing {
		if got := socketsOf(rows, name, 7); got != sizes[i] {
			t.Errorf("%s has %d sockets", name, got)
		}
	}
	if got := socketsOf(rows, "mass", 7); got != 7 {
		t.Errorf("mass has %d sockets, want what was asked", got)
	}
}
