package filter

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"sockeye/sock"
)

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

// spelled returns operands as they are written.
func spelled[T any](operands []T, spell func(T) string) []string {
	texts := make([]string, len(operands))
	for i, o := range operands {
		texts[i] = spell(o)
	}
	return texts
}

// rangesText appends a comparison of a name with sorted ranges.
func rangesText(b []byte, name string, ranges []Range, show func(uint64) string, between string) []byte {
	b = append(b, name...)
	if len(ranges) == 0 {
		return append(b, " < "+show(0)...)
	}
	if len(ranges) == 1 && ranges[0].Lo != ranges[0].Hi {
		switch r := ranges[0]; {
		case r.Hi == maxNumber:
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

// String returns the interface as it is written in a filter, without quotes.
func (d *Device) String() string {
	if d.Name != "" {
		return d.Name
	}
	return strconv.FormatUint(uint64(d.Index), 10)
}

// String returns the mark as it is written in a filter.
func (m Mark) String() string {
	if m.Mask == fullMask {
		return fmt.Sprintf("0x%x", m.Value)
	}
	return fmt.Sprintf("0x%x/0x%x", m.Value, m.Mask)
}

// prefix returns the word in front of a HOST of the family.
func (h *Host) prefix() string {
	for _, hp := range hostPrefixes {
		if hp.family == h.Family {
			return hp.prefix
		}
	}
	return ""
}

// String returns the host as it is written in a filter, without quotes.
func (h *Host) String() string {
	switch h.Family {
	case sock.FamilyUnknown, sock.IPv4, sock.IPv6:
		return h.prefix() + h.inetString()
	case sock.FamilyUnix:
		return h.prefix() + h.Pattern
	}
	text := h.prefix() + cmp.Or(h.Other, "*")
	if h.HasScope {
		text += ":" + h.Scope.String()
	}
	return text
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
	case h.HasPort && h.Ports.Lo > h.Ports.Hi:
		addr += ":65536"
	case h.HasPort:
		addr += ":" + strconv.Itoa(int(h.Ports.Lo))
		if h.Ports.Hi != h.Ports.Lo {
			addr += "-" + strconv.Itoa(int(h.Ports.Hi))
		}
	}
	return addr
}
