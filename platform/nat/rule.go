package nat

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

// match is what is asked of a packet.
type match struct {
	protocol    sock.Protocol // unknown: any
	family      sock.Family   // unknown: any
	to          netip.Prefix  // its destination; invalid: any
	first, last uint16        // destination ports
	ports       bool          // they are asked for; else any
	partly      bool          // something else is asked as well
	never       bool          // nothing can match
}

// and returns what both ask.
func (m match) and(o match) match {
	switch {
	case m.protocol == sock.ProtocolUnknown:
		m.protocol = o.protocol
	case o.protocol != sock.ProtocolUnknown && o.protocol != m.protocol:
		m.never = true
	}
	switch {
	case m.family == sock.FamilyUnknown:
		m.family = o.family
	case o.family != sock.FamilyUnknown && o.family != m.family:
		m.never = true
	}
	switch {
	case !m.to.IsValid():
		m.to = o.to
	case o.to.IsValid() && !m.to.Overlaps(o.to):
		m.never = true
	case o.to.IsValid() && o.to.Bits() > m.to.Bits():
		m.to = o.to
	}
	switch {
	case !m.ports:
		m.first, m.last, m.ports = o.first, o.last, o.ports
	case o.ports:
		m.first, m.last = max(m.first, o.first), min(m.last, o.last)
	}
	m.partly, m.never = m.partly || o.partly, m.never || o.never || m.ports && m.first > m.last
	return m
}

// rule is one rule of a chain, or one of the cases of a rule with a set.
type rule struct {
	match
	chain  string  // to go on in; empty for none
	target *target // to forward to; nil for none
}

// target is where packets are sent.
type target struct {
	addr        netip.Addr // invalid: this machine itself
	first, last uint16     // 0: the port that they had
}

// ruleset are the rules of one table, by chain.
type ruleset map[string][]rule

// The bounds of a walk through rules: how deep chains call each other, in how many
// rules, and how many forwards are told.
const (
	deepest      = 16
	mostRules    = 1 << 18
	mostForwards = 1 << 12
)

// localTest reports whether an address in a prefix is of this machine.
type localTest func(netip.Prefix) bool

// walk goes through the chains of a table.
type walk struct {
	rules    ruleset
	by       string
	family   sock.Family
	local    localTest
	outgoing bool // it began with the packets that this machine sends
	seen     int
	forwards []sock.Forward
}

// chain adds the forwards of a chain that packets reach which match m.
func (w *walk) chain(name string, m match, depth int) {
	if depth > deepest {
		return
	}
	for _, r := range w.rules[name] {
		if w.seen++; w.seen > mostRules || len(w.forwards) >= mostForwards {
			return
		}
		both := m.and(r.match)
		if both.never || both.to.IsValid() && !w.local(both.to) {
			continue
		}
		if r.target != nil {
			w.forwards = append(w.forwards, w.forward(both, r.target))
		}
		if r.chain != "" {
			w.chain(r.chain, both, depth+1)
		}
	}
}

func (w *walk) forward(m match, t *target) sock.Forward {
	f := sock.Forward{Protocol: m.protocol, Family: m.family, First: m.first, Last: m.last, By: w.by, Partly: m.partly, Outgoing: w.outgoing}
	if f.Family == sock.FamilyUnknown {
		f.Family = w.family
	}
	if !m.ports {
		f.First, f.Last = 0, 1<<16-1
	}
	if m.to.IsValid() {
		f.Address = m.to
	}
	port := t.first
	if t.first == f.First && t.last == f.Last && f.First != f.Last {
		port = 0 // each to its like
	}
	f.Target = netip.AddrPortFrom(t.addr, port)
	return f
}

// once leaves out what is forwarded alike by two rules, and what is done with packets of
// this machine as with those that arrive.
func once(all []sock.Forward) []sock.Forward {
	first := make(map[sock.Forward]int, len(all))
	for i, f := range slices.Backward(all) {
		first[f] = i
	}
	var kept []sock.Forward
	for i, f := range all {
		if first[f] == i && !(f.Outgoing && arrives(f, first)) {
			kept = append(kept, f)
		}
	}
	return kept
}

// arrives reports whether packets that arrive are forwarded as a part of this machine's
// own are.
func arrives(f sock.Forward, among map[sock.Forward]int) bool {
	f.Outgoing = false
	_, alike := among[f]
	f.Partly = false
	_, all := among[f]
	return alike || all
}
