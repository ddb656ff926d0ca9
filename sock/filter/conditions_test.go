package filter

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"sockeye/sock"
)

// randomCondition makes a condition: a text, and what it means in plain Go,
// written for this test from the documentation.
func randomCondition(r *rand.Rand) *node {
	makers := []func(*rand.Rand) *node{
		portNode, portNode, hostNode, hostNode, hostListNode, stateNode, stateRunNode, tableNode, numberNode, numberNode,
		quantityNode, ownerNumberNode, textNode, ownerTextNode, nameNode, boolNode, deviceNode, markNode, cgroupNode, unixNode,
		netnsNode, ageNode, cookieNode,
	}
	return pick(r, makers...)(r)
}

func leaf(text string, eval func(*sock.Socket) bool) *node { return &node{text: text, eval: eval} }

// comparisons are the operators in their spellings, and what they mean.
var comparisons = []struct {
	spellings []string
	negated   bool
	holds     func(a, b uint64) bool
}{
	{[]string{" ", " = ", "=", " == ", " eq "}, false, func(a, b uint64) bool { return a == b }},
	{[]string{" != ", "!=", " ne ", " neq "}, true, func(a, b uint64) bool { return a == b }},
	{[]string{" > ", ">", " gt "}, false, func(a, b uint64) bool { return a > b }},
	{[]string{" < ", "<", " lt "}, false, func(a, b uint64) bool { return a < b }},
	{[]string{" >= ", ">=", " ge ", " geq "}, false, func(a, b uint64) bool { return a >= b }},
	{[]string{" <= ", "<=", " le ", " leq "}, false, func(a, b uint64) bool { return a <= b }},
}

// compareNode makes a comparison of a number, or a list of ranges. A fact makes
// it true if any of its values does; get gives none if it is not known.
func compareNode(r *rand.Rand, name string, values []uint64, spell func(uint64) string, get func(*sock.Socket) []uint64) *node {
	if r.IntN(4) == 0 {
		type span struct{ lo, hi uint64 }
		var spans []span
		var words []string
		for range 1 + r.IntN(3) {
			a, b := pick(r, values...), pick(r, values...)
			if a > b {
				a, b = b, a
			}
			spans = append(spans, span{a, b})
			if a == b && r.IntN(2) == 0 {
				words = append(words, spell(a))
			} else {
				words = append(words, spell(a)+"-"+spell(b))
			}
		}
		negated := r.IntN(3) == 0
		op := " in "
		if negated {
			op = " not in "
		}
		list := strings.Join(words, pick(r, ",", ", ", " , "))
		if r.IntN(2) == 0 {
			list = "(" + list + ")"
		}
		return leaf(name+op+list, func(s *sock.Socket) bool {
			return negated != slices.ContainsFunc(get(s), func(v uint64) bool {
				return slices.ContainsFunc(spans, func(sp span) bool { return sp.lo <= v && v <= sp.hi })
			})
		})
	}
	c := pick(r, comparisons...)
	operand := pick(r, values...)
	return leaf(name+pick(r, c.spellings...)+spell(operand), func(s *sock.Socket) bool {
		return c.negated != slices.ContainsFunc(get(s), func(v uint64) bool { return c.holds(v, operand) })
	})
}

func decimal(v uint64) string { return fmt.Sprint(v) }

// ends returns the known ends of a socket over IP.
func ends(s *sock.Socket, side string) (list []netip.AddrPort) {
	if s.Family != sock.IPv4 && s.Family != sock.IPv6 {
		return nil
	}
	if side != "remote" && s.Knows(sock.FieldLocal) {
		list = append(list, s.Local)
	}
	if side != "local" && s.Knows(sock.FieldRemote) {
		list = append(list, s.Remote)
	}
	return list
}

func portNode(r *rand.Rand) *node {
	side := pick(r, "local", "remote", "either")
	name := pick(r, map[string][]string{"local": {"sport", "lport", "local_port"},
		"remote": {"dport", "rport", "remote-port"}, "either": {"port", "PORT"}}[side]...)
	values := []uint64{70000}
	for _, p := range somePorts {
		values = append(values, uint64(p))
	}
	return compareNode(r, name, values, decimal, func(s *sock.Socket) (ports []uint64) {
		for _, e := range ends(s, side) {
			ports = append(ports, uint64(e.Port()))
		}
		return ports
	})
}

// bits128 is the address as the kernel sees it in a socket of the family.
func bits128(a netip.Addr) string {
	b := a.As16()
	var s strings.Builder
	for _, x := range b {
		fmt.Fprintf(&s, "%08b", x)
	}
	return s.String()
}

// randomHost makes a HOST over IP and what it means for one end.
func randomHost(r *rand.Rand) (text string, holds func(s *sock.Socket, e netip.AddrPort) bool) {
	a := netip.MustParseAddr(pick(r, someAddrs...))
	bits := a.BitLen()
	length := ""
	if r.IntN(2) == 0 {
		bits = r.IntN(a.BitLen() + 1)
		length = fmt.Sprintf("/%d", bits)
	}
	family := pick(r, "", "", "", "own")
	mapped := a.Is4() && family == "" && r.IntN(4) == 0
	shown := a.String()
	if mapped {
		shown = "::ffff:" + shown
		if length != "" {
			length = fmt.Sprintf("/%d", bits+96)
		}
	}
	port, hasPort := pick(r, somePorts...), r.IntN(3) == 0
	v6 := !a.Is4() || mapped
	if v6 && (hasPort || r.IntN(2) == 0) {
		shown = pick(r, "["+shown+length+"]", "["+shown+"]"+length)
	} else {
		shown += length
	}
	if hasPort {
		shown += fmt.Sprintf(":%d", port)
	}
	if family == "own" {
		shown = map[bool]string{true: "inet6:", false: "inet:"}[v6] + shown
	}
	return shown, func(s *sock.Socket, e netip.AddrPort) bool {
		if hasPort && e.Port() != port {
			return false
		}
		if family == "own" && (s.Family == sock.IPv6) != v6 {
			return false
		}
		if v6 && s.Family != sock.IPv6 || !v6 && !e.Addr().Is4() {
			return false
		}
		n := bits
		if a.Is4() {
			n += 96
		}
		return bits128(e.Addr())[:n] == bits128(a)[:n]
	}
}

func hostNode(r *rand.Rand) *node {
	side := pick(r, "local", "remote", "either")
	name := pick(r, map[string][]string{"local": {"src", "local_address"}, "remote": {"dst", "raddr"}, "either": {"addr", "host"}}[side]...)
	text, holds := randomHost(r)
	c := pick(r, comparisons[:2]...)
	return leaf(name+pick(r, c.spellings...)+text, func(s *sock.Socket) bool {
		return c.negated != slices.ContainsFunc(ends(s, side), func(e netip.AddrPort) bool { return holds(s, e) })
	})
}

func hostListNode(r *rand.Rand) *node {
	text1, holds1 := randomHost(r)
	text2, holds2 := randomHost(r)
	return leaf("src in ("+text1+", "+text2+")", func(s *sock.Socket) bool {
		return slices.ContainsFunc(ends(s, "local"), func(e netip.AddrPort) bool { return holds1(s, e) || holds2(s, e) })
	})
}

// stateSpellings are names of states, and what they mean.
var stateSpellings = map[string][]sock.State{
	"established": {sock.Established}, "ESTAB": {sock.Established}, "listen": {sock.Listen}, "listening": {sock.Listen},
	"syn-sent": {sock.SynSent}, "syn_recv": {sock.SynReceived}, "fin-wait-1": {sock.FinWait1}, "FinWait2": {sock.FinWait2},
	"time-wait": {sock.TimeWait}, "unconnected": {sock.Closed, sock.Unconnected}, "closed": {sock.Closed, sock.Unconnected},
	"close-wait": {sock.CloseWait}, "last-ack": {sock.LastAck}, "closing": {sock.Closing}, "bound": {sock.Bound},
	"bucket": {sock.SynReceived, sock.TimeWait},
	"synchronized": {sock.SynReceived, sock.Established, sock.FinWait1, sock.FinWait2, sock.CloseWait, sock.Closing,
		sock.LastAck, sock.TimeWait},
}

func randomState(r *rand.Rand) (string, []sock.State) {
	var names []string
	for n := range stateSpellings {
		names = append(names, n)
	}
	slices.Sort(names)
	n := pick(r, names...)
	return n, stateSpellings[n]
}

func stateNode(r *rand.Rand) *node {
	name, states := randomState(r)
	if r.IntN(2) == 0 {
		return leaf("state = "+name, func(s *sock.Socket) bool { return slices.Contains(states, s.State) })
	}
	name2, states2 := randomState(r)
	return leaf("state not in ("+name+","+name2+")", func(s *sock.Socket) bool {
		return !slices.Contains(states, s.State) && !slices.Contains(states2, s.State)
	})
}

// stateRunNode makes ss's state words side by side, with a condition among them.
// It stands in parentheses, because its neighbours may be state words too.
func stateRunNode(r *rand.Rand) *node {
	have := map[sock.State]bool{}
	var words []string
	for i := range 1 + r.IntN(3) {
		name, states := randomState(r)
		add := r.IntN(2) == 0
		if i == 0 && !add {
			for st := sock.StateUnknown; st <= sock.Unconnected; st++ {
				have[st] = true
			}
		}
		for _, st := range states {
			have[st] = add
		}
		words = append(words, map[bool]string{true: "state ", false: pick(r, "exclude ", "excl ")}[add]+name)
	}
	other := portNode(r)
	words = slices.Insert(words, r.IntN(len(words)+1), other.text)
	return leaf("("+strings.Join(words, " ")+")", func(s *sock.Socket) bool { return have[s.State] && other.eval(s) })
}

func tableNode(r *rand.Rand) *node {
	if r.IntN(2) == 0 {
		p, q := pick(r, sock.TCP, sock.UDP, sock.Unix, sock.SCTP), pick(r, sock.TCP, sock.MPTCP, sock.Netlink)
		return leaf("proto in "+p.String()+","+q.String(), func(s *sock.Socket) bool { return s.Protocol == p || s.Protocol == q })
	}
	name := pick(r, "inet", "ipv6", "unix", "link")
	want := map[string]sock.Family{"inet": sock.IPv4, "ipv6": sock.IPv6, "unix": sock.FamilyUnix, "link": sock.FamilyPacket}[name]
	return leaf("family "+name, func(s *sock.Socket) bool { return s.Family == want })
}

func one(known bool, v uint64) []uint64 {
	if !known {
		return nil
	}
	return []uint64{v}
}

func numberNode(r *rand.Rand) *node {
	switch r.IntN(5) {
	case 0:
		return compareNode(r, "uid", someNumbers, decimal, func(s *sock.Socket) []uint64 { return one(s.Knows(sock.FieldUID), uint64(s.UID)) })
	case 1:
		return compareNode(r, "inode", someNumbers, decimal, func(s *sock.Socket) []uint64 { return one(s.Knows(sock.FieldInode), s.Inode) })
	case 2:
		return compareNode(r, "backlog", someNumbers, decimal, func(s *sock.Socket) []uint64 { return one(s.Knows(sock.FieldBacklog), uint64(s.Backlog)) })
	case 3:
		return compareNode(r, "drops", someNumbers, decimal, func(s *sock.Socket) []uint64 { return one(s.Knows(sock.FieldMemory), uint64(s.Memory.Drops)) })
	}
	f := sock.TCPInfoSndCwnd
	return compareNode(r, "snd_cwnd", someNumbers, decimal, func(s *sock.Socket) []uint64 {
		if !s.Knows(sock.FieldTCPInfo) {
			return nil
		}
		v, known := s.TCPInfo.Get(f)
		return one(known, v)
	})
}

// quantityNode compares with units; the facts are whole numbers, the operands
// need not be.
func quantityNode(r *rand.Rand) *node {
	type operand struct {
		text  string
		value float64
	}
	c := pick(r, comparisons...)
	if r.IntN(2) == 0 {
		o := pick(r, operand{"1k", 1000}, operand{"1Ki", 1024}, operand{"4KiB", 4096}, operand{"10kB", 10000}, operand{"0.5", 0.5},
			operand{"64Ki", 65536}, operand{"1.0005k", 1000.5}, operand{"0", 0})
		return leaf("recvq"+pick(r, c.spellings...)+o.text, func(s *sock.Socket) bool {
			return c.negated != (s.Knows(sock.FieldRecvQueue) && c.holds(uint64(2*s.RecvQueue), uint64(2*o.value)))
		})
	}
	o := pick(r, operand{"1ms", 1000}, operand{"10ms", 10000}, operand{"33us", 33}, operand{"1500ns", 1.5}, operand{"0.001s", 1000}, operand{"1024", 1024})
	return leaf("rtt"+pick(r, c.spellings...)+o.text, func(s *sock.Socket) bool {
		if !s.Knows(sock.FieldTCPInfo) {
			return c.negated
		}
		v, known := s.TCPInfo.Get(sock.TCPInfoRTT)
		return c.negated != (known && c.holds(2*v, uint64(2*o.value)))
	})
}
