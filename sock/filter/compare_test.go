package filter

import (
	"regexp"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"net/netip"
)

// compareFilters returns how the trees of two filters differ.
func compareFilters(a, b *Filter) string {
	return cmp.Diff(a.Expr(), b.Expr(),
		cmp.Comparer(func(x, y *regexp.Regexp) bool { return x.String() == y.String() }),
		cmp.Comparer(func(x, y *Field) bool { return x == y }),
		cmp.Comparer(func(x, y netip.Prefix) bool { return x == y }),
		cmpopts.IgnoreUnexported(NumberCond{}),
		cmpopts.EquateEmpty())
}
