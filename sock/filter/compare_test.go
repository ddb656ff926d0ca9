package filter

import (
	"net/netip"
	"reflect"
	"regexp"
	"slices"

	"sockeye/sock/fact"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// compareFilters returns how the trees of two filters differ.
func compareFilters(a, b *Filter) string {
	if sameExpr(a.Expr(), b.Expr()) {
		return ""
	}
	return cmp.Diff(a.Expr(), b.Expr(),
		cmp.Comparer(func(x, y *regexp.Regexp) bool { return x.String() == y.String() }),
		cmp.Comparer(func(x, y *fact.Fact) bool { return x == y }),
		cmp.Comparer(func(x, y netip.Prefix) bool { return x == y }),
		cmpopts.IgnoreUnexported(NumberCond{}, HostCond{}, Host{}, PortCond{}),
		cmpopts.EquateEmpty())
}

// sameExpr compares two trees. It is only for speed: where it sees a difference
// the slow comparison decides.
func sameExpr(a, b Expr) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	switch a := a.(type) {
	case nil:
		return true
	case *AndExpr:
		return slices.EqualFunc(a.Exprs, b.(*AndExpr).Exprs, sameExpr)
	case *OrExpr:
		return slices.EqualFunc(a.Exprs, b.(*OrExpr).Exprs, sameExpr)
	case *NotExpr:
		return sameExpr(a.Expr, b.(*NotExpr).Expr)
	case *NumberCond:
		return a.Field == b.(*NumberCond).Field && slices.Equal(a.Ranges, b.(*NumberCond).Ranges)
	case *PortCond: // its text holds the ports of IPv4 and IPv6
		return a.Side == b.(*PortCond).Side && slices.Equal(a.Ranges, b.(*PortCond).Ranges)
	case *TextCond:
		return a.Field == b.(*TextCond).Field && slices.Equal(a.Values, b.(*TextCond).Values)
	case *RegexpCond:
		return a.Field == b.(*RegexpCond).Field && a.Regexp.String() == b.(*RegexpCond).Regexp.String()
	}
	return reflect.DeepEqual(a, b)
}
