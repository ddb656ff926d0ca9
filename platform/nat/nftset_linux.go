package nat

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// lookUp carries out a look-up in a set or a map: each element makes a case of its own.
func (r *nftReader) lookUp(cases []nftCase, e *expr.Lookup) (next []nftCase, err error) {
	elements, known := r.elements[e.SetName]
	if !known {
		if elements, err = r.from.GetSetElements(&nftables.Set{Table: r.table, Name: e.SetName}); err != nil {
			return nil, err
		}
		r.elements[e.SetName] = elements
	}
	for _, c := range cases {
		if c.ended {
			next = append(next, c)
			continue
		}
		if e.Invert {
			c.partly = true
			next = append(next, c)
			continue
		}
		for _, el := range intervals(elements) {
			one := c
			if one.match = c.and(c.element(e.SourceRegister, el)); one.never || len(next) >= mostCases {
				continue
			}
			switch {
			case e.DestRegister != unix.NFT_REG_VERDICT:
				one.write(e.DestRegister, el.Val)
			case e.IsDestRegSet:
				one.verdict(verdictOf(el.Val))
			}
			next = append(next, one)
		}
	}
	return next, nil
}

// verdictOf reads the attributes of a verdict in a map, which the library leaves as they
// are: NFTA_VERDICT_CODE, in the order of the wire, and NFTA_VERDICT_CHAIN.
func verdictOf(data []byte) *expr.Verdict {
	v := new(expr.Verdict)
	const header = 4 // length, with that of itself, and type
	for len(data) >= header {
		size, kind := int(binary.NativeEndian.Uint16(data)), binary.NativeEndian.Uint16(data[2:])
		if size < header || size > len(data) {
			break
		}
		switch value := data[header:size]; {
		case kind == unix.NFTA_VERDICT_CODE && len(value) == 4:
			v.Kind = expr.VerdictKind(int32(binary.BigEndian.Uint32(value)))
		case kind == unix.NFTA_VERDICT_CHAIN:
			v.Chain = text(value)
		}
		data = rest(data, (size+3)&^3)
	}
	return v
}

// interval is one element of a set with the end of its range, which is in it; nil if it
// is the key alone.
type interval struct {
	nftables.SetElement
	last []byte
}

// intervals joins the elements of a set that begin and end a range. An end is the first
// value that is not in the range any more.
func intervals(elements []nftables.SetElement) (all []interval) {
	sorted := slices.Clone(elements)
	slices.SortStableFunc(sorted, func(a, b nftables.SetElement) int { return bytes.Compare(a.Key, b.Key) })
	for i, e := range sorted {
		if e.IntervalEnd {
			continue
		}
		one := interval{SetElement: e, last: e.KeyEnd}
		if i+1 < len(sorted) && sorted[i+1].IntervalEnd {
			one.last = before(sorted[i+1].Key)
		}
		all = append(all, one)
	}
	return all
}

// before returns the number before another one, in the order of the wire.
func before(key []byte) []byte {
	key = bytes.Clone(key)
	for i := len(key) - 1; i >= 0; i-- {
		key[i]--
		if key[i] != 0xff {
			break
		}
	}
	return key
}

// element returns what it asks that registers hold an element, which may be several
// values one behind the other, each in whole registers.
func (c *nftCase) element(register uint32, e interval) match {
	var m match
	for at, key, last := slot(register), e.Key, e.last; len(key) > 0 && at < len(c.registers); {
		l := c.registers[at].load
		size := l.size
		switch {
		case l.what == layer4Protocol, l.what == networkProtocol:
			size = 1
		case l.what == something, l.what == nothing, size <= 0:
			return match{partly: true}.and(m) // how long it is is not known
		}
		size = min(size, len(key))
		m = m.and(l.between(key[:size], part(last, size), c.family))
		cells := (size + 3) / 4
		at += cells
		key, last = rest(key, 4*cells), rest(last, 4*cells)
	}
	return m
}

func part(b []byte, n int) []byte { return b[:min(n, len(b))] }
func rest(b []byte, n int) []byte { return b[min(n, len(b)):] }

// between returns what it asks that a load is one of some values.
func (l load) between(first, last []byte, family sock.Family) match {
	m := l.equal(first, family)
	if len(last) != len(first) || bytes.Equal(first, last) {
		return m
	}
	switch end := l.equal(last, family); {
	case m.ports && end.ports:
		m.last = end.last
		m.never = m.first > m.last
		return m
	case m.to.IsValid() && end.to.IsValid():
		return match{to: covering(m.to.Addr(), end.to.Addr())}
	}
	return match{partly: true}
}

// covering returns the smallest prefix that both addresses are in.
func covering(a, b netip.Addr) netip.Prefix {
	for length := a.BitLen(); length > 0; length-- {
		if p, err := a.Prefix(length); err == nil && p.Contains(b) {
			return p
		}
	}
	return netip.PrefixFrom(a, 0).Masked()
}

// ports returns the constants in the registers of a first and a last port; 0 for none.
func (c *nftCase) ports(low, high uint32) (first, last uint16) {
	data := c.constant(low, 2)
	if data == nil {
		return 0, 0
	}
	first = binary.BigEndian.Uint16(data)
	last = first
	if data := c.constant(high, 2); data != nil {
		last = binary.BigEndian.Uint16(data)
	}
	return first, last
}

// natTarget returns where dnat sends packets: the constants in its registers.
func (c *nftCase) natTarget(e *expr.NAT) *target {
	size := 4
	if e.Family == unix.NFPROTO_IPV6 {
		size = 16
	}
	t := new(target)
	if data := c.constant(e.RegAddrMin, size); data != nil {
		t.addr, _ = netip.AddrFromSlice(data)
	}
	if !t.addr.IsValid() && e.RegAddrMin != 0 {
		c.partly = true // by a rule that computes it
	}
	if c.family == sock.FamilyUnknown && t.addr.IsValid() {
		c.family = sock.IPv4
		if t.addr.Is6() {
			c.family = sock.IPv6
		}
	}
	t.first, t.last = c.ports(e.RegProtoMin, e.RegProtoMax)
	return t
}
