package filter

import (
	"fmt"
	"strconv"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// String returns a text that parses to the same expression, the same for every
// spelling of it. Names that were looked up stand in it as what they meant.
func (f *Filter) String() string {
	if f.Empty() {
		return ""
	}
	return string(textOf(nil, f.expr))
}

func textOf(b []byte, e Expr) []byte { return e.(interface{ text([]byte) []byte }).text(b) }

func (e *AndExpr) text(b []byte) []byte { return joinText(b, e.Exprs, " and ") }
func (e *OrExpr) text(b []byte) []byte  { return joinText(b, e.Exprs, " or ") }

func (e *NotExpr) text(b []byte) []byte {
	b = append(b, "not "...)
	switch e.Expr.(type) {
	case *AndExpr, *OrExpr:
		return parenthesised(b, e.Expr)
	}
	return textOf(b, e.Expr)
}

func joinText(b []byte, exprs []Expr, word string) []byte {
	for i, x := range exprs {
		if i > 0 {
			b = append(b, word...)
		}
		if _, ok := x.(*OrExpr); ok {
			b = parenthesised(b, x)
			continue
		}
		b = textOf(b, x)
	}
	return b
}

func parenthesised(b []byte, x Expr) []byte {
	b = append(b, '(')
	b = textOf(b, x)
	return append(b, ')')
}

func (c *StateCond) text(b []byte) []byte {
	switch c.Set {
	case sock.AllStates:
		return append(b, "state = all"...)
	case 0:
		return append(b, "state = "+noState...)
	}
	var names []string
	for st := sock.StateUnknown; st <= sock.Unconnected; st++ {
		if c.Set.Has(st) {
			names = append(names, st.String())
		}
	}
	return equality(b, "state", names)
}

func (c *ProtocolCond) text(b []byte) []byte {
	var names []string
	for p := range c.Set.All {
		names = append(names, p.String())
	}
	return equality(b, "protocol", names)
}

func (c *FamilyCond) text(b []byte) []byte {
	var names []string
	for f := sock.IPv4; f <= sock.FamilyTIPC; f++ {
		if c.Set.Has(f) {
			names = append(names, f.String())
		}
	}
	return equality(b, "family", names)
}

func (c *AutoboundCond) text(b []byte) []byte { return append(b, "autobound"...) }

func (c *TextCond) text(b []byte) []byte {
	return equality(b, c.Field.Name, spelled(c.Values, quote))
}

func (c *RegexpCond) text(b []byte) []byte {
	b = append(b, c.Field.Name...)
	b = append(b, " ~ /"...)
	source := c.Regexp.String()
	for i := 0; i < len(source); i++ {
		switch {
		case source[i] == '/':
			b = append(b, '\\')
		case source[i] == '\\' && i+1 < len(source):
			b = append(b, '\\')
			i++
		}
		b = append(b, source[i])
	}
	return append(b, '/')
}

func (c *ContainerCond) text(b []byte) []byte {
	return equality(b, c.Field.Name, spelled(c.Names, quote))
}

func (c *NetnsCond) text(b []byte) []byte {
	return equality(b, c.Field.Name, spelled(c.Names, quote))
}

func (c *CgroupCond) text(b []byte) []byte {
	return equality(b, "cgroup", spelled(c.Groups, func(g Cgroup) string { return quote(g.Path) }))
}

func (c *MarkCond) text(b []byte) []byte {
	return equality(b, "mark", spelled(c.Marks, Mark.String))
}

func (c *DeviceCond) text(b []byte) []byte {
	return equality(b, "interface", spelled(c.Devices, func(d Device) string { return quote(d.String()) }))
}

func (c *NumberCond) text(b []byte) []byte {
	f := c.Field
	if f.Values != nil || f.Kind == fact.Bool {
		values := f.Values
		if f.Kind == fact.Bool {
			values = []string{"false", "true"}
		}
		var names []string
		for i, v := range values {
			if contains(c.Ranges, uint64(i)) {
				names = append(names, v)
			}
		}
		return equality(b, f.Name, names)
	}
	show := func(v uint64) string { return strconv.FormatUint(v, 10) }
	between := "-"
	switch f.Kind {
	case fact.Hex:
		show = func(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
	case fact.Duration:
		suffix := map[sock.Unit]string{sock.UnitNanoseconds: "ns", sock.UnitMicroseconds: "us", sock.UnitMilliseconds: "ms"}[f.Unit]
		show = func(v uint64) string { return strconv.FormatUint(v, 10) + suffix }
	case fact.Share:
		show = func(v uint64) string { return fmt.Sprintf("%d.%06d", v/sock.Millionths, v%sock.Millionths) }
	case fact.Time:
		between = ".."
		show = func(v uint64) string {
			return fmt.Sprintf("@%d.%09d", v/uint64(time.Second), v%uint64(time.Second))
		}
	}
	return rangesText(b, f.Name, c.Ranges, show, between)
}

// The names of fields that there is one of for each side.
var (
	portNames = [3]string{fact.Local: "local_port", fact.Remote: "remote_port", fact.Either: "port"}
	hostNames = [3]string{fact.Local: "local_address", fact.Remote: "remote_address", fact.Either: "address"}
)

func (c *PortCond) text(b []byte) []byte {
	show := func(v uint64) string { return strconv.FormatUint(v, 10) }
	return rangesText(b, portNames[c.Side], c.wide, show, "-")
}

func (c *HostCond) text(b []byte) []byte {
	return equality(b, hostNames[c.Side], spelled(c.Hosts, func(h Host) string { return quote(h.String()) }))
}
