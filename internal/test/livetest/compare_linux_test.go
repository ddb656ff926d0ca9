package livetest

import (
	"cmp"
	"slices"
	"strings"
)

// lineDiff returns the lines that one side has more often than the other, "-"
// before those that are wanted and "+" before those that are got. They are
// sorted so that two views of one socket stand together.
func lineDiff(want, got []string) string {
	counts := map[string]int{}
	for _, w := range want {
		counts[w]--
	}
	for _, g := range got {
		counts[g]++
	}
	var lines []string
	for line, n := range counts {
		switch {
		case n < 0:
			lines = append(lines, strings.Repeat("- "+line+"\n", -n))
		case n > 0:
			lines = append(lines, strings.Repeat("+ "+line+"\n", n))
		}
	}
	slices.SortFunc(lines, func(a, b string) int {
		return cmp.Or(strings.Compare(a[2:], b[2:]), strings.Compare(b, a))
	})
	return strings.Join(lines, "")
}

func linesOf(all []facts) []string {
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = f.line()
	}
	return lines
}
