package filter

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sockeye/sock"
)

func (e *AndExpr) text(b []byte) []byte { return joinText(b, e.Exprs, " and ") }
func (e *OrExpr) text(b []byte) []byte  { return joinText(b, e.Exprs, " or ") }

func (e *NotExpr) text(b []byte) []byte {
	b = append(b, "not "...)
	switch e.Expr.(type) {
	case *AndExpr, *OrExpr:
		return parenthesised(b, e.Expr)
	}
	return e.Expr.text(b)
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
		b = x.text(b)
	}
	return b
}

func parenthesised(b []byte, x Expr) []byte {
	b = append(b, '(')
	b = x.text(b)
	return append(b, ')')
}

// equality appends a comparison with one operand, or with a list of them.
func equality(b []byte, name string, operands []string) []byte {
	b = append(b, name...)
	if len(operands) == 1 {
		b = append(b, " = "...)
		return append(b, operands[0]...)
	}
	b = append(b, " in ("...)
	for i, o := range operands {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, o...)
	}
	return append(b, ')')
}

// quote returns an operand as it must be written.
func quote(s string) string {
	if plainOperand(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(s[i])
		case r < ' ' || r == 0x7f || r == utf8.RuneError && size <= 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	b.WriteByte('"')
	return b.String()
}

// plainOperand reports whether an operand needs no quotes.
func plainOperand(s string) bool {
	switch strings.ToLower(s[:min(len(s), 4)]) {
	case "", "and", "or", "not":
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("_./:@%+*?[]-", c) < 0 {
			return false
		}
	}
	return true
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
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		values[i] = quote(v)
	}
	return equality(b, c.Field.Name, values)
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

func (c *NetnsCond) text(b []byte) []byte {
	names := make([]string, len(c.Names))
	for i, n := range c.Names {
		names[i] = quote(n)
	}
	return equality(b, "netns", names)
}

func (c *CgroupCond) text(b []byte) []byte {
	paths := make([]string, len(c.Groups))
	for i, g := range c.Groups {
		paths[i] = quote(g.Path)
	}
	return equality(b, "cgroup", paths)
}

func (c *MarkCond) text(b []byte) []byte {
	marks := make([]string, len(c.Marks))
	for i, m := range c.Marks {
		marks[i] = fmt.Sprintf("0x%x", m.Value)
		if m.Mask != fullMask {
			marks[i] += fmt.Sprintf("/0x%x", m.Mask)
		}
	}
	return equality(b, "mark", marks)
}

func (d *Device) String() string {
	if d.Name != "" {
		return d.Name
	}
	return strconv.FormatUint(uint64(d.Index), 10)
}

func (c *DeviceCond) text(b []byte) []byte {
	names := make([]string, len(c.Devices))
	for i := range c.Devices {
		names[i] = quote(c.Devices[i].String())
	}
	return equality(b, "interface", names)
}

// rangesText appends a comparison of a name with sorted ranges.
func rangesText(b []byte, name string, ranges []Range, last uint64, show func(uint64) string, between string) []byte {
	b = append(b, name...)
	if len(ranges) == 0 {
		return append(b, " < "+show(0)...)
	}
	if len(ranges) == 1 && ranges[0].Lo != ranges[0].Hi {
		switch r := ranges[0]; {
		case r.Hi == last:
			return append(b, " >= "+show(r.Lo)...)
		case r.Lo == 0:
			return append(b, " <= "+show(r.Hi)...)
		}
	}
	operands := make([]string, len(ranges))
	for i, r := range ranges {
		operands[i] = show(r.Lo)
		if r.Hi != r.Lo {
			operands[i] += between + show(r.Hi)
		}
	}
	if len(ranges) == 1 && ranges[0].Lo != ranges[0].Hi {
		return append(b, " in ("+operands[0]+")"...)
	}
	return equality(b, "", operands)
}

func (c *NumberCond) text(b []byte) []byte {
	f := c.Field
	if f.Kind == KindName || f.Kind == KindBool {
		values := f.Values
		if f.Kind == KindBool {
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
	case KindHex:
		show = func(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
	case KindDuration:
		suffix := map[time.Duration]string{time.Nanosecond: "ns", time.Microsecond: "us", time.Millisecond: "ms"}[f.unit]
		show = func(v uint64) string { return strconv.FormatUint(v, 10) + suffix }
	case KindTime:
		between = ".."
		show = func(v uint64) string {
			return fmt.Sprintf("@%d.%09d", v/uint64(time.Second), v%uint64(time.Second))
		}
	}
	return rangesText(b, f.Name, c.Ranges, maxNumber, show, between)
}

// The names of fields that there is one of for each side.
var (
	portNames = [3]string{Local: "local_port", Remote: "remote_port", Either: "port"}
	hostNames = [3]string{Local: "local_address", Remote: "remote_address", Either: "address"}
)

func (c *PortCond) text(b []byte) []byte {
	ranges := numberRanges(c.Ranges)
	if c.Over != 0 {
		ranges = append(ranges, Range{uint64(c.Over), uint64(c.Over)})
	}
	show := func(v uint64) string { return strconv.FormatUint(v, 10) }
	return rangesText(b, portNames[c.Side], ranges, 65535, show, "-")
}

func (c *HostCond) text(b []byte) []byte {
	hosts := make([]string, len(c.Hosts))
	for i := range c.Hosts {
		hosts[i] = quote(c.Hosts[i].String())
	}
	return equality(b, hostNames[c.Side], hosts)
}

// String returns the host as it is written in a filter, without quotes.
func (h *Host) String() string {
	switch h.Family {
	case sock.FamilyUnknown, sock.IPv4, sock.IPv6:
		return h.prefix() + h.inetString()
	case sock.FamilyUnix:
		return h.prefix() + h.Pattern
	}
	number, port := "*", ""
	if h.Number >= 0 {
		number = strconv.FormatInt(h.Number, 10)
	}
	switch {
	case h.HasScope:
		port = ":" + h.Scope.String()
	case h.PortID >= 0:
		port = ":" + strconv.FormatInt(h.PortID, 10)
	}
	return h.prefix() + number + port
}

func (h *Host) inetString() string {
	addr := "*"
	if h.Prefix.IsValid() {
		addr = h.Prefix.Addr().String()
		if h.Prefix.Addr().Is6() {
			addr = "[" + addr + "]"
		}
	}
	if h.HasScope {
		addr += "%" + h.Scope.String()
	}
	if h.Prefix.IsValid() && h.Prefix.Bits() != h.Prefix.Addr().BitLen() {
		addr += "/" + strconv.Itoa(h.Prefix.Bits())
	}
	switch {
	case h.Over != 0:
		addr += ":" + strconv.FormatUint(uint64(h.Over), 10)
	case h.HasPort:
		addr += ":" + strconv.Itoa(int(h.Ports.Lo))
		if h.Ports.Hi != h.Ports.Lo {
			addr += "-" + strconv.Itoa(int(h.Ports.Hi))
		}
	}
	return addr
}
