package filter

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"sockeye/sock"
)

// And returns the filter that matches what all of the given ones match. Nil and
// empty filters match everything and are left out.
func And(fs ...*Filter) *Filter {
	exprs, states, tables := expressions(fs)
	if len(exprs) == 0 {
		return &Filter{}
	}
	return newFilter(conjunction(exprs), states, tables)
}

// Or returns the filter that matches what one of the given ones matches. It
// matches everything if one of them does, or if there are none.
func Or(fs ...*Filter) *Filter {
	exprs, states, tables := expressions(fs)
	if len(exprs) == 0 || len(exprs) < len(fs) {
		return &Filter{}
	}
	return newFilter(disjunction(exprs), states, tables)
}

// expressions returns the expressions of the filters that have one, and what
// their texts name.
func expressions(fs []*Filter) (exprs []Expr, states, tables bool) {
	for _, f := range fs {
		if f.Empty() {
			continue
		}
		exprs = append(exprs, f.expr)
		states = states || f.namesStates
		tables = tables || f.namesTables
	}
	return exprs, states, tables
}

// PIDs returns the filter that matches sockets which one of the processes holds.
// Without a PID it matches nothing.
func PIDs(pids ...int) *Filter {
	var rs []Range
	for _, pid := range pids {
		if pid > 0 {
			rs = append(rs, Range{uint64(pid), uint64(pid)})
		}
	}
	return newFilter(&NumberCond{Field: mustField("pid"), Ranges: mergeRanges(rs), now: time.Now}, false, false)
}

// ProcessNames returns the filter that matches sockets which a process of one of
// the names holds. Without a name it matches nothing.
func ProcessNames(names ...string) *Filter {
	if len(names) == 0 {
		return PIDs()
	}
	values := slices.Clone(names)
	slices.Sort(values)
	return newFilter(&TextCond{mustField("process"), slices.Compact(values)}, false, false)
}

// ProcessPattern returns the filter that matches sockets which a process holds
// whose name fits a pattern, in which * is anything and nothing else is special.
func ProcessPattern(pattern string) *Filter {
	expression := func(p string) string { return strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") }
	program, onWindows := sock.WindowsProgram(pattern)
	suffix := `\.exe`
	if onWindows && program == pattern {
		suffix = "(?:" + suffix + ")?"
	}
	both := regexp.MustCompile("^(?s:" + expression(pattern) + "|(?i:" + expression(program) + suffix + "))$")
	return newFilter(&RegexpCond{mustField("process"), both}, false, false)
}
