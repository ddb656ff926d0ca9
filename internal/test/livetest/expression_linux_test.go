package livetest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"sockeye/sock"
)

// expression is a filter as the generator makes it. It knows its truth without
// the parser and the matcher: eval was made together with the text.
type expression struct {
	op   string // "and", "or", "not", or "" for a condition
	kids []*expression
	text string
	eval func(*sock.Socket) bool
}

func (e *expression) truth(s *sock.Socket) bool {
	switch e.op {
	case "and":
		return !slices.ContainsFunc(e.kids, func(k *expression) bool { return !k.truth(s) })
	case "or":
		return slices.ContainsFunc(e.kids, func(k *expression) bool { return k.truth(s) })
	case "not":
		return !e.kids[0].truth(s)
	}
	return e.eval(s)
}

// spell writes the expression. Parentheses that precedence makes needless are
// left out, but for ss, which has none: it gets them all, with blanks around
// them.
func (e *expression) spell(ss bool) string {
	binding := map[string]int{"or": 1, "and": 2, "not": 3, "": 4}
	part := func(k *expression) string {
		if binding[k.op] < binding[e.op] || ss && k.op != "" {
			return "( " + k.spell(ss) + " )"
		}
		return k.spell(ss)
	}
	switch e.op {
	case "":
		return e.text
	case "not":
		if ss {
			return "not ( " + e.kids[0].spell(ss) + " )"
		}
		return "not " + part(e.kids[0])
	}
	var parts []string
	for _, k := range e.kids {
		parts = append(parts, part(k))
	}
	return strings.Join(parts, " "+e.op+" ")
}

// generator makes expressions about the sockets of a listing.
type generator struct {
	*rand.Rand
	rows    []*sock.Socket
	devices map[string]uint32
	cgroup  uint64 // of /; 0 if it is not known
	ss      bool   // only what ss has and does right
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (g *generator) expression(depth int) *expression {
	if depth == 0 || g.IntN(4) == 0 {
		return g.condition()
	}
	e := &expression{op: pick(g.Rand, "and", "or", "or", "and", "not")}
	n := 1
	if e.op != "not" {
		n = 2 + g.IntN(2)
	}
	for range n {
		e.kids = append(e.kids, g.expression(depth-1))
	}
	return e
}

func (g *generator) condition() *expression {
	if g.ss {
		return pick(g.Rand, g.port, g.port, g.host, g.host, g.host, g.mark)()
	}
	return pick(g.Rand, g.port, g.port, g.portList, g.host, g.host, g.host, g.device, g.mark, g.word, g.number, g.either)()
}

// side is an end of a socket: its names, and how it is read.
type side struct {
	address, port string
	end           func(*sock.Socket) (netip.AddrPort, bool)
}

var (
	local  = side{"src", "sport", func(s *sock.Socket) (netip.AddrPort, bool) { return s.Local, s.Knows(sock.FieldLocal) }}
	remote = side{"dst", "dport", func(s *sock.Socket) (netip.AddrPort, bool) { return s.Remote, s.Knows(sock.FieldRemote) }}
)

// comparisons have the truth of an operator.
var comparisons = map[string]func(a, b uint64) bool{
	"=": func(a, b uint64) bool { return a == b }, "<": func(a, b uint64) bool { return a < b },
	">": func(a, b uint64) bool { return a > b }, "<=": func(a, b uint64) bool { return a <= b },
	">=": func(a, b uint64) bool { return a >= b },
}

// somePort is a port of the listing, or one beside it.
func (g *generator) somePort() uint16 {
	row := pick(g.Rand, g.rows...)
	p := pick(g.Rand, row.Local.Port(), row.Remote.Port())
	return pick(g.Rand, p, p, p, p+1, uint16(g.IntN(65536)))
}

func (g *generator) port() *expression {
	at, op := pick(g.Rand, local, remote), pick(g.Rand, "=", "!=", "<", ">", "<=", ">=")
	p := g.somePort()
	if g.ss && at.port == remote.port {
		// For a listener ss compares port 0; here nothing is compared.
		op, p = pick(g.Rand, "=", "!=", ">", ">="), max(p, 1)
	}
	holds, negative := comparisons[op], op == "!="
	if negative {
		holds = comparisons["="]
	}
	return &expression{text: fmt.Sprintf("%s %s :%d", at.port, op, p), eval: func(s *sock.Socket) bool {
		end, known := at.end(s)
		return (known && holds(uint64(end.Port()), uint64(p))) != negative
	}}
}

func (g *generator) portList() *expression {
	var ports []uint16
	var texts []string
	for range 1 + g.IntN(80) {
		ports = append(ports, g.somePort())
		texts = append(texts, fmt.Sprint(ports[len(ports)-1]))
	}
	lo := uint16(g.IntN(60000))
	hi := lo + uint16(g.IntN(3000))
	return &expression{text: fmt.Sprintf("port in (%s, %d-%d)", strings.Join(texts, ","), lo, hi), eval: func(s *sock.Socket) bool {
		for _, at := range []side{local, remote} {
			if end, known := at.end(s); known && (slices.Contains(ports, end.Port()) || lo <= end.Port() && end.Port() <= hi) {
				return true
			}
		}
		return false
	}}
}

// someAddr is an address of the listing, as the socket has it: v4-mapped if it
// is an IPv4 address of an IPv6 socket, now and then.
func (g *generator) someAddr() netip.Addr {
	for {
		row := pick(g.Rand, g.rows...)
		a := pick(g.Rand, row.Local, row.Remote).Addr()
		switch {
		case !a.IsValid():
		case g.ss && (a.IsUnspecified() || a.IsLoopback() && a.Is6()):
			// ss compares the bits of an address whatever its family.
		case a.Is4() && row.Family == sock.IPv6 && g.IntN(2) == 0:
			return netip.AddrFrom16(a.As16())
		default:
			return a
		}
	}
}

func (g *generator) host() *expression {
	at, a := pick(g.Rand, local, remote), g.someAddr()
	bits := pick(g.Rand, a.BitLen(), g.IntN(a.BitLen()+1))
	if g.ss {
		// A short prefix of one family would hold addresses of the other.
		bits = a.BitLen() - g.IntN(a.BitLen()/4)
	}
	prefix, _ := a.Prefix(bits) // bits are in range
	text := fmt.Sprintf("%s/%d", a, bits)
	if a.Is6() {
		text = fmt.Sprintf("[%s/%d]", a, bits)
	}
	wantPort := g.IntN(3) == 0
	p := g.somePort()
	if wantPort {
		p = max(p, 1)
		text += fmt.Sprintf(":%d", p)
	}
	return &expression{text: at.address + " " + text, eval: func(s *sock.Socket) bool {
		end, known := at.end(s)
		return known && (!wantPort || end.Port() == p) && inPrefix(end.Addr(), s.Family, prefix)
	}}
}

// inPrefix compares bit by bit: a prefix of IPv4 with IPv4 addresses, v4-mapped
// ones too, one of IPv6 with what IPv6 sockets have.
func inPrefix(a netip.Addr, family sock.Family, p netip.Prefix) bool {
	have, want, bits := a.As16(), p.Addr().As16(), p.Bits()
	if p.Addr().Is4() {
		bits += 96
	} else if family != sock.IPv6 {
		return false
	}
	for i := range bits {
		if (have[i/8]^want[i/8])>>(7-i%8)&1 != 0 {
			return false
		}
	}
	return true
}

func (g *generator) device() *expression {
	var names []string
	for name := range g.devices {
		names = append(names, name)
	}
	slices.Sort(names)
	name := pick(g.Rand, names...)
	index, text := g.devices[name], name
	if g.IntN(3) == 0 {
		text = fmt.Sprint(index)
	}
	if g.IntN(4) == 0 {
		index, text = 0, "0" // bound to none
	}
	negative := g.IntN(3) == 0
	return &expression{text: "dev " + map[bool]string{false: "= ", true: "!= "}[negative] + text, eval: func(s *sock.Socket) bool {
		return (s.Knows(sock.FieldInterface) && s.IfIndex == index) != negative
	}}
}

func (g *generator) mark() *expression {
	value := pick(g.Rand, uint32(0), 0x2a, 0x2, 0x20, 7)
	mask := pick(g.Rand, ^uint32(0), 0x2a, 0xf, 0xf0)
	value &= mask
	return &expression{text: fmt.Sprintf("fwmark = 0x%x/0x%x", value, mask), eval: func(s *sock.Socket) bool {
		return s.Knows(sock.FieldMark) && s.Mark&mask == value
	}}
}

// word is a condition on what every socket is.
func (g *generator) word() *expression {
	row := pick(g.Rand, g.rows...)
	state, family, protocol := row.State, row.Family, row.Protocol
	is := func(text string, eval func(*sock.Socket) bool) *expression {
		return &expression{text: text, eval: eval}
	}
	switch g.IntN(5) {
	case 0:
		return is("family = "+family.String(), func(s *sock.Socket) bool { return s.Family == family })
	case 1:
		return is("protocol = "+protocol.String(), func(s *sock.Socket) bool { return s.Protocol == protocol })
	case 2:
		if g.cgroup != 0 {
			return is("cgroup /", func(s *sock.Socket) bool { return s.Knows(sock.FieldCgroupID) && s.CgroupID == g.cgroup })
		}
	}
	return is("( state = "+state.String()+" )", func(s *sock.Socket) bool {
		idle := func(st sock.State) bool { return st == sock.Closed || st == sock.Unconnected }
		return s.State == state || idle(s.State) && idle(state) // one word for both, as in ss
	})
}

// number is a condition that no program decides.
func (g *generator) number() *expression {
	row := pick(g.Rand, g.rows...)
	op := pick(g.Rand, "=", "<", ">", "<=", ">=")
	f := pick(g.Rand, numbers...)
	v, _ := f.value(row)
	return &expression{text: fmt.Sprintf("%s %s %d", f.name, op, v), eval: func(s *sock.Socket) bool {
		have, known := f.value(s)
		return known && comparisons[op](have, v)
	}}
}

// numbers are facts that stay what they are.
var numbers = []struct {
	name  string
	value func(*sock.Socket) (uint64, bool)
}{
	{"recv_queue", func(s *sock.Socket) (uint64, bool) { return uint64(s.RecvQueue), s.Knows(sock.FieldRecvQueue) }},
	{"backlog", func(s *sock.Socket) (uint64, bool) { return uint64(s.Backlog), s.Knows(sock.FieldBacklog) }},
	{"inode", func(s *sock.Socket) (uint64, bool) { return s.Inode, s.Knows(sock.FieldInode) }},
	{"uid", func(s *sock.Socket) (uint64, bool) { return uint64(s.UID), s.Knows(sock.FieldUID) }},
}

// either is a host at one of the two ends, or at none.
func (g *generator) either() *expression {
	a := g.someAddr()
	negative := g.IntN(2) == 0
	prefix := netip.PrefixFrom(a, a.BitLen())
	return &expression{text: "addr " + map[bool]string{false: "= ", true: "!= "}[negative] + "[" + a.String() + "]", eval: func(s *sock.Socket) bool {
		found := false
		for _, at := range []side{local, remote} {
			end, known := at.end(s)
			found = found || known && inPrefix(end.Addr(), s.Family, prefix)
		}
		return found != negative
	}}
}
