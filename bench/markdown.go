package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The markers between which the table stands; what is around them stays.
const (
	beginMarker = "<!-- bench: begin -->"
	endMarker   = "<!-- bench: end -->"
)

var errMarkers = errors.New("the markers of the table are not one begin before one end")

// emptyPage is what the table is put into where there is no page yet.
const emptyPage = "# Benchmarks\n\n" + beginMarker + "\n" + endMarker + "\n"

// replaceTable returns the page with the text between its markers replaced. A
// page without markers gets them at its end.
func replaceTable(page []byte, table string) ([]byte, error) {
	if len(page) == 0 {
		page = []byte(emptyPage)
	}
	begins, ends := bytes.Count(page, []byte(beginMarker)), bytes.Count(page, []byte(endMarker))
	if begins == 0 && ends == 0 {
		page = append(bytes.TrimRight(bytes.Clone(page), "\n"), "\n\n"+beginMarker+"\n"+endMarker+"\n"...)
		begins, ends = 1, 1
	}
	begin, end := bytes.Index(page, []byte(beginMarker)), bytes.Index(page, []byte(endMarker))
	if begins != 1 || ends != 1 || end < begin {
		return nil, errMarkers
	}
	var out bytes.Buffer
	out.Write(page[:begin+len(beginMarker)])
	fmt.Fprintf(&out, "\n%s\n", strings.Trim(table, "\n"))
	out.Write(page[end:])
	return out.Bytes(), nil
}

// about describes a run.
type about struct {
	Command string // what was typed
	Date    string // YYYY-MM-DD
	Machine []string
	Sockets int
	Runs    int
	// FloorMiB is the memory of the process that starts the commands: no peak
	// of theirs is seen below it (getrusage(2) counts what exec(2) replaced).
	FloorMiB float64
}

// writeTable writes the results as Markdown.
func writeTable(w io.Writer, a about, results []result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Made by `%s` on %s: %d sockets, %d runs of each command, in turns.\n\n", a.Command, a.Date, a.Sockets, a.Runs)
	for _, line := range a.Machine {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	b.WriteString("\nTimes are min / median / max of the whole process in milliseconds; the ratio is of the medians, in " +
		"brackets the median of the ratios of neighbouring runs. CPU is the median of user and system time. Memory is the " +
		fmt.Sprintf("greatest peak; below %.1f MiB it cannot be seen.\n\n", a.FloorMiB))
	b.WriteString("| work | command | peer | ms | peer's ms | ratio | budget | CPU ms | MiB |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i := range results {
		writeRow(&b, &results[i])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeRow(b *strings.Builder, r *result) {
	ours, peer := "`"+strings.Join(r.Row.Ours, " ")+"`", "`"+strings.Join(r.Row.Peer, " ")+"`"
	if r.Skipped != "" {
		fmt.Fprintf(b, "| %s | %s | %s | not measured: %s | | | | | |\n", cell(r.Row.Name), cell(ours), cell(peer), cell(r.Skipped))
		return
	}
	if r.Alone != "" {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | - | %s | %.0f | %.1f |\n", cell(r.Row.Name), cell(ours), cell(peer),
			spreadOf(r.Ours, wallMS), cell(r.Alone), budgetText(r), spreadOf(r.Ours, cpuMS).Median, spreadOf(r.Ours, rssMiB).Max)
		return
	}
	o, p := spreadOf(r.Ours, wallMS), spreadOf(r.Peer, wallMS)
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | **%.3f** (%.3f) | %s | %.0f / %.0f | %.1f / %.1f |\n",
		cell(r.Row.Name), cell(ours), cell(peer), o, p, r.ratio(), r.pairwise(), budgetText(r),
		spreadOf(r.Ours, cpuMS).Median, spreadOf(r.Peer, cpuMS).Median,
		spreadOf(r.Ours, rssMiB).Max, spreadOf(r.Peer, rssMiB).Max)
}

// String returns min / median / max with one decimal.
func (s spread) String() string { return fmt.Sprintf("%.1f / %.1f / %.1f", s.Min, s.Median, s.Max) }

func budgetText(r *result) string {
	var parts []string
	if r.Row.Budget > 0 {
		parts = append(parts, fmt.Sprintf("%g", r.Row.Budget))
	}
	if r.Row.More > 0 {
		parts[0] += fmt.Sprintf(" and %g ms", r.Row.More)
	}
	if r.Row.Most > 0 {
		parts = append(parts, fmt.Sprintf("%g ms", r.Row.Most))
	}
	if r.Row.MaxRSS > 0 {
		parts = append(parts, fmt.Sprintf("%.0f MiB", r.maxMiB()))
	}
	if len(parts) == 0 {
		return "-"
	}
	text := strings.Join(parts, ", ")
	if missed := r.missed(); len(missed) > 0 {
		text += "; missed: " + strings.Join(missed, ", ")
	}
	return text
}

// cell keeps a text from ending its column.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
