//go:build !race

// The race detector keeps on the heap what else stays on the stack.

package render

import "testing"

func TestRowsAllocateNothing(t *testing.T) {
	rows := append(varied(), hostile()...)
	for name, o := range rowFormats {
		r := rowRenderer(t, o)
		warm(t, r)
		n := testing.AllocsPerRun(50, func() {
			for _, s := range rows {
				if err := r.Socket(s); err != nil {
					t.Fatal(err)
				}
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations in %d rows", name, n, len(rows))
		}
	}
}
