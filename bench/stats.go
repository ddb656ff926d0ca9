package main

import (
	"slices"
	"time"
)

// sample is one run of a command.
type sample struct {
	Wall time.Duration
	CPU  time.Duration // user and system
	RSS  int64         // peak, KiB
}

// spread is the least, the middle and the greatest of a series.
type spread struct{ Min, Median, Max float64 }

// spreadOf returns the spread of what value gives for each sample. No samples
// have no spread.
func spreadOf(samples []sample, value func(sample) float64) spread {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = value(s)
	}
	return spreadOfValues(values)
}

func spreadOfValues(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{Min: sorted[0], Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Max: sorted[n-1]}
}

func wallMS(s sample) float64 { return milliseconds(s.Wall) }
func cpuMS(s sample) float64  { return milliseconds(s.CPU) }
func rssMiB(s sample) float64 { return float64(s.RSS) / 1024 }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// result is a row with what was measured. Ours[i] and Peer[i] ran one after the
// other.
type result struct {
	Row        row
	Sockets    int // of the population that -sockets counts
	Ours, Peer []sample
	// OursLines and PeerLines are what each printed.
	OursLines, PeerLines int
	// Alone says why the peer was not measured; empty: it was.
	Alone string `json:",omitempty"`
	// Skipped says why nothing was measured.
	Skipped string `json:",omitempty"`
}

// ratio is our median time by the peer's.
func (r *result) ratio() float64 {
	peer := spreadOf(r.Peer, wallMS).Median
	if peer == 0 {
		return 0
	}
	return spreadOf(r.Ours, wallMS).Median / peer
}

// pairwise is the median of the ratios of the runs that stood beside each
// other. Where it differs from ratio, the machine was not the same throughout.
func (r *result) pairwise() float64 {
	var ratios []float64
	for i := range min(len(r.Ours), len(r.Peer)) {
		if r.Peer[i].Wall > 0 {
			ratios = append(ratios, float64(r.Ours[i].Wall)/float64(r.Peer[i].Wall))
		}
	}
	return spreadOfValues(ratios).Median
}

// maxMiB is the memory budget.
func (r *result) maxMiB() float64 {
	kib := float64(r.Row.MaxRSS)
	kib += float64(r.Sockets) * float64(r.Row.PerSocket) / 1024
	return kib / 1024
}

// missed says which budgets the row does not keep.
func (r *result) missed() []string {
	if r.Skipped != "" {
		return nil
	}
	var missed []string
	if r.Row.Budget > 0 && spreadOf(r.Ours, wallMS).Median > r.Row.Budget*spreadOf(r.Peer, wallMS).Median+r.Row.More {
		missed = append(missed, "time")
	}
	if r.Row.Most > 0 && spreadOf(r.Ours, wallMS).Median > r.Row.Most {
		missed = append(missed, "time")
	}
	if r.Row.MaxRSS > 0 && spreadOf(r.Ours, rssMiB).Max > r.maxMiB() {
		missed = append(missed, "memory")
	}
	return missed
}
