package main

import (
	"fmt"
	"io"
	"strings"
)

// sizes are the numbers of sockets over which the growth is measured, and growing
// the names of their populations.
var (
	sizes   = []int{10_000, 50_000, 100_000, 200_000}
	growing = []string{"grow 10,000", "grow 50,000", "grow 100,000", "grow 200,000"}
)

// growthLimit is the budget: how much dearer a socket may be than in the smaller
// populations.
const growthLimit = 0.15

// growthKinds are the work whose growth is measured.
var growthKinds = []string{"no owners", "with owners"}

func growthRows() []row {
	commands := [][2]string{
		{"sockeye -tan --no-processes", "ss -tan"},
		{"sockeye -tanp", "sockeye -tan --no-processes"},
	}
	var all []row
	for i, size := range sizes {
		for k, kind := range growthKinds {
			all = append(all, row{
				Name: growing[i] + " sockets, " + kind, Population: growing[i], Sockets: size, MinLines: 1,
				Ours: words(commands[k][0]), Peer: words(commands[k][1]),
			})
		}
	}
	return all
}

// socketsOf returns the number of sockets of a population.
func socketsOf(rows []row, population string, standard int) int {
	for _, r := range rows {
		if r.Population == population && r.Sockets != 0 {
			return r.Sockets
		}
	}
	return standard
}

// writeGrowth writes how the time of ours grows with the number of sockets. What
// every call costs is left out: a step is the time that further sockets take, by
// their number. Nothing is written if not every size was measured.
func writeGrowth(w io.Writer, results []result) error {
	var b strings.Builder
	for _, kind := range growthKinds {
		var ms []float64
		for _, name := range growing {
			for i := range results {
				if r := &results[i]; r.Row.Name == name+" sockets, "+kind && r.Skipped == "" {
					ms = append(ms, spreadOf(r.Ours, wallMS).Median)
				}
			}
		}
		if len(ms) == len(sizes) {
			b.WriteString(growthLines(kind, ms))
		}
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(w, "\nGrowth of our median time:\n\n| work | sockets | ms | us for each | us for each further one |\n| --- | --- | --- | --- | --- |\n"+b.String())
	return err
}

func growthLines(kind string, ms []float64) string {
	var b strings.Builder
	for i, size := range sizes {
		step := "-"
		if i > 0 {
			step = fmt.Sprintf("%.2f", 1000*(ms[i]-ms[i-1])/float64(size-sizes[i-1]))
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.2f | %s |\n", kind, size, ms[i], 1000*ms[i]/float64(size), step)
	}
	change := growth(ms)
	verdict := "within"
	if change > growthLimit {
		verdict = "outside"
	}
	fmt.Fprintf(&b, "| %s | %d to %d | | | %+.0f %%, %s of 15 %% |\n", kind, sizes[0], sizes[len(sizes)-1], 100*change, verdict)
	return b.String()
}

// growth compares the cost of a socket in the last step, up to twice as many,
// with that in all steps before it: 0 is linear, 0.1 a tenth dearer.
func growth(ms []float64) float64 {
	last := len(sizes) - 1
	before := (ms[last-1] - ms[0]) / float64(sizes[last-1]-sizes[0])
	after := (ms[last] - ms[last-1]) / float64(sizes[last]-sizes[last-1])
	if before <= 0 {
		return 0
	}
	return after/before - 1
}
