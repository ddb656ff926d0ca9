package filter

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

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

// holders returns the numbers of a socket's holders.
func holders(s *sock.Socket, get func(sock.Owner) (uint64, bool)) (list []uint64) {
	if !s.Knows(sock.FieldOwners) {
		return nil
	}
	for _, o := range s.Owners {
		if v, known := get(o); known {
			list = append(list, v)
		}
	}
	return list
}

func ownerNumberNode(r *rand.Rand) *node {
	name := pick(r, "pid", "fd", "tid", "process_uid")
	return compareNode(r, name, append([]uint64{34, 1001}, someNumbers...), decimal, func(s *sock.Socket) []uint64 {
		return holders(s, func(o sock.Owner) (uint64, bool) {
			switch name {
			case "pid":
				return uint64(o.PID), true
			case "fd":
				return uint64(o.FD), true
			case "tid":
				return uint64(o.TID), o.TID != 0
			}
			return uint64(o.UID), o.Process.Known.Has(sock.FieldProcessUser)
		})
	})
}

func ageNode(r *rand.Rand) *node {
	spell := func(v uint64) string {
		return pick(r, fmt.Sprint(v), fmt.Sprintf("%ds", v), fmt.Sprintf("%dm%ds", v/60, v%60), fmt.Sprintf("%dms", v*1000))
	}
	return compareNode(r, "age", someNumbers, spell, func(s *sock.Socket) []uint64 {
		return holders(s, func(o sock.Owner) (uint64, bool) {
			return uint64(testNow.Sub(o.StartedAt) / time.Second), o.Process.Known.Has(sock.FieldStartedAt)
		})
	})
}

func cookieNode(r *rand.Rand) *node {
	hex := func(v uint64) string { return fmt.Sprintf(pick(r, "%x", "0x%x", "%X"), v) }
	v := pick(r, someNumbers...)
	return leaf(pick(r, "sk ", "cookie=")+hex(v), func(s *sock.Socket) bool { return s.Knows(sock.FieldCookie) && s.Cookie == v })
}

// quoted spells a text operand.
func quoted(r *rand.Rand, s string) string {
	if strings.IndexAny(s, " ()") < 0 && s != "and" && r.IntN(2) == 0 {
		return s
	}
	return pick(r, `"`+s+`"`, "'"+s+"'")
}

func textNode(r *rand.Rand) *node {
	v, w := pick(r, someNames...), pick(r, someNames...)
	switch r.IntN(3) {
	case 0:
		return leaf("user in "+quoted(r, v)+","+quoted(r, w), func(s *sock.Socket) bool {
			return s.Knows(sock.FieldUser) && (s.User == v || s.User == w)
		})
	case 1:
		return leaf("user !~ /^n.*[ex]$/", func(s *sock.Socket) bool {
			n := len(s.User)
			return !s.Knows(sock.FieldUser) || n < 2 || s.User[0] != 'n' || s.User[n-1] != 'e' && s.User[n-1] != 'x'
		})
	}
	p := pick(r, "/run/a.sock", "@abc", "@/x@y", "@0a1b2")
	return leaf("path = "+p, func(s *sock.Socket) bool {
		return s.Knows(sock.FieldPath) && strings.ReplaceAll(s.Path, "\x00", "@") == p
	})
}

func ownerTextNode(r *rand.Rand) *node {
	v := pick(r, someNames...)
	some := func(s *sock.Socket, holds func(sock.Owner) bool) bool {
		return s.Knows(sock.FieldOwners) && slices.ContainsFunc(s.Owners, holds)
	}
	switch r.IntN(4) {
	case 0:
		return leaf("process = "+quoted(r, v), func(s *sock.Socket) bool {
			return some(s, func(o sock.Owner) bool { return o.Name == v })
		})
	case 1:
		return leaf("process = systemd-resolved", func(s *sock.Socket) bool {
			return some(s, func(o sock.Owner) bool { return o.Name == "systemd-resolve" })
		})
	case 2:
		return leaf("cmdline ~ /^NGIN.* --config/i", func(s *sock.Socket) bool {
			return some(s, func(o sock.Owner) bool {
				return o.Process.Known.Has(sock.FieldCmdline) && strings.HasPrefix(o.Cmdline, "ngin")
			})
		})
	}
	return leaf("exe != "+quoted(r, "/bin/"+v), func(s *sock.Socket) bool {
		return !some(s, func(o sock.Owner) bool { return o.Process.Known.Has(sock.FieldExe) && o.Exe == "/bin/"+v })
	})
}

func nameNode(r *rand.Rand) *node {
	switch r.IntN(4) {
	case 0:
		return leaf("type != dgram", func(s *sock.Socket) bool { return !s.Knows(sock.FieldType) || s.Type != sock.TypeDatagram })
	case 1:
		return leaf("timer in (keepalive, on)", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldTimer) && (s.Timer.Kind == sock.TimerKeepalive || s.Timer.Kind == sock.TimerOn)
		})
	case 2:
		return leaf("shutdown both", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldShutdown) && s.Shutdown == sock.ShutdownReceive|sock.ShutdownSend
		})
	}
	return leaf("owner_status = accept-queue", func(s *sock.Socket) bool {
		return s.Knows(sock.FieldOwners) && s.OwnerStatus == sock.OwnerAcceptQueue
	})
}

func boolNode(r *rand.Rand) *node {
	switch r.IntN(3) {
	case 0:
		return leaf("v6only = true", func(s *sock.Socket) bool { return s.Knows(sock.FieldV6Only) && s.V6Only })
	case 1:
		return leaf("v6only = no", func(s *sock.Socket) bool { return s.Knows(sock.FieldV6Only) && !s.V6Only })
	}
	return leaf("autobound", func(s *sock.Socket) bool {
		if s.Family == sock.FamilyUnix {
			return s.Knows(sock.FieldPath) && s.Path == "\x000a1b2"
		}
		return slices.ContainsFunc(ends(s, "local"), func(e netip.AddrPort) bool { return e.Port() >= 32768 && e.Port() <= 60999 })
	})
}

func deviceNode(r *rand.Rand) *node {
	switch r.IntN(3) {
	case 0:
		return leaf("dev lo", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldInterface) && (s.Interface == "lo" || s.Interface == "" && s.IfIndex == 1)
		})
	case 1:
		return leaf("dev in 2,0", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldInterface) && (s.IfIndex == 2 || s.IfIndex == 0)
		})
	}
	return leaf("src *%eth0", func(s *sock.Socket) bool {
		return (s.Family == sock.IPv4 || s.Family == sock.IPv6) && s.Knows(sock.FieldInterface) &&
			(s.Interface == "eth0" || s.Interface == "" && s.IfIndex == 2)
	})
}

func markNode(r *rand.Rand) *node {
	v, mask := pick(r, uint32(0), 0x10, 0x1f), pick(r, uint32(0), 0xf, 0x10, 0xffffffff)
	return leaf(fmt.Sprintf("fwmark %#x/%#x", v, mask), func(s *sock.Socket) bool { return s.Knows(sock.FieldMark) && s.Mark&mask == v })
}

func cgroupNode(r *rand.Rand) *node {
	path := pick(r, "/a", "/bc") // testEnv numbers them by their length
	return leaf("cgroup "+path, func(s *sock.Socket) bool {
		if !s.Knows(sock.FieldCgroup) {
			return false
		}
		if s.CgroupID != 0 {
			return s.CgroupID == uint64(len(path))
		}
		return s.Cgroup == path
	})
}

func unixNode(r *rand.Rand) *node {
	patterns := map[string]func(string) bool{
		"*":            func(string) bool { return true },
		"/RUN/?.SOCK":  func(p string) bool { return p == "/run/a.sock" || p == "/run/B.sock" },
		"@*":           func(p string) bool { return strings.HasPrefix(p, "@") },
		"/run/[!b-z]*": func(p string) bool { return p == "/run/a.sock" || p == "/run/\xff" },
		"*[bc]":        func(p string) bool { return p == "@abc" },
	}
	pattern := pick(r, "*", "/RUN/?.SOCK", "@*", "/run/[!b-z]*", "*[bc]")
	return leaf("dst unix:"+pattern, func(s *sock.Socket) bool {
		if s.Family != sock.FamilyUnix || pattern == "*" {
			return s.Family == sock.FamilyUnix
		}
		return s.Knows(sock.FieldPeerPath) && patterns[pattern](strings.ReplaceAll(s.PeerPath, "\x00", "@"))
	})
}

func netnsNode(r *rand.Rand) *node {
	return leaf("netns 33", func(s *sock.Socket) bool {
		return s.Knows(sock.FieldNetns) && (s.Netns.Inode == 33 || s.Netns.Name == "33")
	})
}
