package render

import "slices"

const (
	// leastName is how far a name may be shortened.
	leastName = 8
	// fairName is how far names are shortened before a column is dropped.
	fairName = 16
	// fairAddress is how wide an address column is kept when nothing else
	// helps: it holds 255.255.255.255:65535. A longer address pushes its line.
	fairAddress = 21
)

// fitting finds the widths of columns in a terminal.
type fitting struct {
	cols   []*Column
	widths []int     // of the header and the rows; becomes the result
	fixed  bool      // the columns were chosen: none is dropped
	spare  []*Column // but these, the first first
	kept   *Column   // is never dropped; nil: there is none
	shown  []bool    // the result
	wraps  bool      // rows do not fit in any way: the terminal breaks them
	scroll bool      // it does not, but shows a part of them: columns stay narrow then
}

// fit changes the widths so that a row has at most limit cells, and returns
// which columns are shown. 0 is no limit. The least important columns are
// dropped first, then names are shortened, and addresses never. If all that is
// not enough, rows are wider than the limit and nothing is shortened.
func (f *fitting) fit(limit int) []bool {
	f.shown = make([]bool, len(f.cols))
	roomy := make([]int, len(f.cols))
	for i, c := range f.cols {
		f.shown[i] = true
		roomy[i] = max(f.widths[i], c.least)
	}
	if limit <= 0 || f.total(roomy) <= limit {
		copy(f.widths, roomy)
		return f.shown
	}
	for f.total(f.shortened(fairName)) > limit && f.drop() {
	}
	whole := slices.Clone(f.widths)
	f.shrink(limit, leastName, func(c *Column) bool { return c.cut })
	f.shrink(limit, fairAddress, func(c *Column) bool { return !c.right && !c.cut && c.rank == 0 })
	if f.wraps = f.total(f.widths) > limit; f.wraps && !f.scroll {
		copy(f.widths, whole)
	}
	return f.shown
}

// total is how wide a row is with some widths.
func (f *fitting) total(widths []int) int {
	sum := -len(gap)
	for i, w := range widths {
		if f.shown[i] {
			sum += w + len(gap)
		}
	}
	return sum
}

// shortened returns the widths with every name cut to a width.
func (f *fitting) shortened(name int) []int {
	widths := make([]int, len(f.widths))
	for i, c := range f.cols {
		widths[i] = f.widths[i]
		if c.cut {
			widths[i] = min(widths[i], name)
		}
	}
	return widths
}

// drop drops the least important column that is left, and reports whether
// there was one.
func (f *fitting) drop() bool {
	for _, one := range f.spare {
		if i := indexOf(f.cols, one); i >= 0 && f.shown[i] {
			f.shown[i] = false
			return true
		}
	}
	if f.fixed {
		return false
	}
	least := -1
	for i, c := range f.cols {
		if f.shown[i] && c.rank > 0 && !c.same(f.kept) && (least < 0 || c.rank > f.cols[least].rank) {
			least = i
		}
	}
	if least >= 0 {
		f.shown[least] = false
	}
	return least >= 0
}

// indexOf returns the place of a column; -1 if it has none.
func indexOf(columns []*Column, one *Column) int { return slices.IndexFunc(columns, one.same) }

// same reports whether two columns are of one fact, whatever their headings.
func (c *Column) same(other *Column) bool { return c != nil && other != nil && c.Name == other.Name }

// shrink takes cells from the widest of some columns until the row fits, but
// leaves each the least.
func (f *fitting) shrink(limit, least int, which func(*Column) bool) {
	for f.total(f.widths) > limit {
		widest := -1
		for i, c := range f.cols {
			if f.shown[i] && which(c) && f.widths[i] > least && (widest < 0 || f.widths[i] > f.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		f.widths[widest]--
	}
}
