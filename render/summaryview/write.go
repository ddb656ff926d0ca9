// Package summaryview prints a summary of the sockets of a machine for people:
// their number by protocol, family and state, what is taken of what the kernel
// limits, and the kernel's counters of what goes wrong.
package summaryview

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// Write prints a summary. With a width lines of states are wrapped to it.
func Write(w io.Writer, s *sock.Summary, width int) error {
	var b bytes.Buffer
	sections := [][][]string{countRows(s.Tables), usageRows(s.Usage), counterRows("WRONG", s.Troubles)}
	if s.Counters != nil {
		sections = append(sections, counterRows("COUNTER", notZero(s.Counters)))
	}
	for _, rows := range sections {
		if len(rows) < 2 {
			continue // nothing but a heading
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		writeRows(&b, rows, width)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// gap separates two columns.
const gap = "  "

// writeRows writes rows of the same number of cells below their heading. The first
// cell and the last stand at the left, the others at the right. The last one is
// continued on lines of its own where it does not fit.
func writeRows(b *bytes.Buffer, rows [][]string, width int) {
	widths := make([]int, len(rows[0])-1)
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], len(row[i]))
		}
	}
	margin := 0
	for _, n := range widths {
		margin += n + len(gap)
	}
	for _, row := range rows {
		var line strings.Builder
		for i, n := range widths {
			if i == 0 {
				fmt.Fprintf(&line, "%-*s%s", n, row[i], gap)
			} else {
				fmt.Fprintf(&line, "%*s%s", n, row[i], gap)
			}
		}
		writeLast(b, line.String(), row[len(row)-1], margin, width)
	}
}

// writeLast writes a line whose last cell is a list, which is broken behind commas.
func writeLast(b *bytes.Buffer, line, last string, margin, width int) {
	for i, word := range strings.SplitAfter(last, ", ") {
		if i > 0 && width > 0 && len(line)+len(strings.TrimRight(word, " ")) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = strings.Repeat(" ", margin)
		}
		line += word
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func countRows(tables []sock.TableCount) [][]string {
	rows := [][]string{{"PROTO", "TOTAL", "IPV4", "IPV6", "STATES"}}
	for i := range tables {
		t := &tables[i]
		v4, v6 := "-", "-"
		if t.Protocol.Inet() {
			v4, v6 = number(t.Family(sock.IPv4)), number(t.Family(sock.IPv6))
		}
		rows = append(rows, []string{t.Protocol.String(), number(t.Total()), v4, v6, states(t)})
	}
	return rows
}

// states lists the states that there are, in their order: "38 LISTEN, 4 CLOSED".
func states(t *sock.TableCount) string {
	var words []string
	for st := range sock.StateNames() {
		if n := t.State(sock.State(st)); n > 0 {
			words = append(words, number(n)+" "+sock.State(st).String())
		}
	}
	return strings.Join(words, ", ")
}

func usageRows(usage []sock.Usage) [][]string {
	rows := [][]string{{"LIMIT", "USED", "OF", "SETTING"}}
	for _, u := range usage {
		if !u.Used.Known && !u.Limit.Known {
			continue
		}
		name := strings.TrimSuffix(u.Name, "_bytes")
		if u.Protocol != sock.ProtocolUnknown {
			name = u.Protocol.String() + " " + name
		}
		setting := u.Setting
		if u.Machine {
			setting += ", whole machine"
		} else if !u.Used.Known {
			setting += ", of each socket"
		}
		rows = append(rows, []string{strings.ReplaceAll(name, "_", " "), amount(u, u.Used), amount(u, u.Limit), setting})
	}
	return rows
}

// amount shows bytes with a unit and what is not known as "-".
func amount(u sock.Usage, a sock.Amount) string {
	switch {
	case !a.Known:
		return "-"
	case a.Value > maxMeant:
		return "unlimited"
	case strings.HasSuffix(u.Name, "_bytes"):
		return fact.SizeText(uint64(max(0, a.Value)))
	}
	return strconv.FormatInt(a.Value, 10)
}

// maxMeant is the largest limit that anybody means: fs.file-max is 2^63-1 by
// default on recent systems.
const maxMeant = 1 << 60

func counterRows(heading string, counters []sock.Counter) [][]string {
	rows := [][]string{{heading, "COUNT", ""}}
	for _, c := range counters {
		rows = append(rows, []string{c.Group + " " + c.Name, strconv.FormatInt(c.Value, 10), ""})
	}
	return rows
}

func notZero(counters []sock.Counter) []sock.Counter {
	var left []sock.Counter
	for _, c := range counters {
		if c.Value != 0 {
			left = append(left, c)
		}
	}
	return left
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
