package sockdiag

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// The values that random rows and conditions are made of: few, so that they
// meet.
var (
	randomPorts = []string{"0", "1", "22", "80", "443", "1024", "40000", "65535"}
	random4     = []string{"0.0.0.0", "10.0.0.1", "10.1.2.3", "127.0.0.1", "192.0.2.7", "255.255.255.255"}
	random6     = []string{"::", "::1", "fe80::1", "2001:db8::1", "ffff::", "::ffff:0.0.0.0", "::ffff:10.0.0.1", "::ffff:127.0.0.1"}
	randomNames = map[string]uint32{"lo": 1, "eth0": 2, "eth1": 0x10002}
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// testFilterEnv knows the devices and cgroups of the random rows.
func testFilterEnv() filter.Env {
	return filter.Env{
		InterfaceIndex: func(name string) (uint32, error) { return randomNames[name], nil },
		CgroupID:       func(path string) (uint64, error) { return uint64(len(path)), nil },
		AutoPorts:      func() [2]uint16 { return [2]uint16{1024, 40000} },
	}
}

func testCompiler(t sock.Table, states sock.StateSet, may instructions) *compiler {
	return &compiler{protocol: t.Protocol, families: sock.Families(t.Family), states: states, may: may, interfaces: testInterfaces()}
}

func testInterfaces() *sock.Interfaces {
	names := map[uint32]string{}
	for name, index := range randomNames {
		names[index] = name
	}
	return &sock.Interfaces{Load: func() (map[uint32]string, error) { return names, nil }}
}

// randomText makes an expression. Without extras every condition is one that
// the kernel decides.
func randomText(r *rand.Rand, depth int, extras bool) string {
	if depth == 0 || r.IntN(4) == 0 {
		return randomCondition(r, extras)
	}
	if r.IntN(4) == 0 {
		return "not (" + randomText(r, depth-1, extras) + ")"
	}
	var parts []string
	for range 2 + r.IntN(2) {
		parts = append(parts, randomText(r, depth-1, extras))
	}
	return "(" + strings.Join(parts, pick(r, " and ", " or ")) + ")"
}

func randomCondition(r *rand.Rand, extras bool) string {
	port := func() string { return pick(r, randomPorts...) }
	if extras && r.IntN(4) == 0 {
		return pick(r, "uid 0", "not uid 0", "recv_queue > 3", "process = x", "state established", "exclude time-wait",
			"dev ~ /l/", "inode 5", "src unix:*a", "mark 0/0xf0", "dev 0", "cgroup /x and src unix:", "src %eth0", "dport > 99999")
	}
	switch r.IntN(9) {
	case 0:
		return pick(r, "sport", "dport", "port") + pick(r, " = ", " != ", " < ", " <= ", " > ", " >= ") + port()
	case 1:
		return fmt.Sprintf("%s in (%s, %s, 80-1024, 30-70)", pick(r, "sport", "dport", "port"), port(), port())
	case 2:
		return pick(r, "dev = ", "dev != ") + pick(r, "lo", "eth0", "eth1", "2")
	case 3:
		return "fwmark = " + pick(r, "0x10", "0x10/0xff", "0x1f/0x1f", "1/0x10")
	case 4:
		return "cgroup " + pick(r, "/a", "/bc")
	case 5:
		return pick(r, "family = ipv4", "family = ipv6", "protocol = tcp", "protocol = udp", "autobound")
	}
	return pick(r, "src ", "dst ", "addr ", "src != ", "dst != ") + randomHost(r)
}

// randomHost makes a HOST of any form.
func randomHost(r *rand.Rand) string {
	port := pick(r, "", "", ":22", ":80-1024", ":0", ":443")
	if r.IntN(2) == 0 {
		return pick(r, random4...) + pick(r, "", "/8", "/31", "/0", "/17") + port
	}
	if r.IntN(8) == 0 {
		return pick(r, "*:80", "inet:10.0.0.1:80", "inet6:[::1]", "inet:*:80", "inet6:*", "10.0.0.0/8%eth0")
	}
	return "[" + pick(r, random6...) + pick(r, "", "/0", "/10", "/64", "/96", "/100", "/128") + "]" + port
}

// randomRow makes a socket twice: as the kernel compares it, and as it tells of
// it.
func randomRow(r *rand.Rand, t sock.Table) (*kernelEntry, []byte, uint8) {
	e := &kernelEntry{family: familyNumber(t.Family), ifIndex: pick(r, uint32(0), 0, 1, 2, 0x10002),
		mark: pick(r, uint32(0), 0x10, 0x1f, 0x110), cgroup: pick(r, uint64(1), 2, 3)}
	hosts := random4
	if t.Family == sock.IPv6 {
		hosts = random6
	}
	e.saddr, e.daddr = netip.MustParseAddr(pick(r, hosts...)), netip.MustParseAddr(pick(r, hosts...))
	e.sport, e.dport = parsedPort(r), parsedPort(r)
	state := uint8(1 + r.IntN(11))
	if !t.Protocol.ConnectionOriented() {
		state = pick(r, uint8(tcpEstablished), tcpClose)
	}
	if peerlessKernel(t, state) {
		// What connect(2) left in a socket that gave its peer up may stay in
		// its address, never in its port.
		e.dport = 0
	}
	row := inetRow{family: e.family, state: state, ifIndex: e.ifIndex, cookie: 1, inode: pick(r, uint32(0), 5), uid: pick(r, uint32(0), 7),
		rqueue: pick(r, uint32(0), 9), local: netip.AddrPortFrom(e.saddr, e.sport).String(), remote: netip.AddrPortFrom(e.daddr, e.dport).String()}
	if state == tcpTimeWait {
		// An older kernel tells neither, and compares zeros.
		e.mark, e.cgroup = 0, 0
		return e, row.bytes(), state
	}
	return e, row.bytes(attribute(inetDiagMark, u32(e.mark)...), attribute(inetDiagCgroupID, u64(e.cgroup)...)), state
}

func peerlessKernel(t sock.Table, state uint8) bool {
	return state == tcpListen || state == tcpClose && !t.Protocol.ConnectionOriented()
}

func parsedPort(r *rand.Rand) uint16 {
	return netip.MustParseAddrPort("0.0.0.0:" + pick(r, randomPorts...)).Port()
}

// parseQuietly returns nil for what is no filter, or one that asks for names.
func parseQuietly(text string) *filter.Filter {
	env := testFilterEnv()
	env.LookupHost = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")}, nil
	}
	env.LookupPort = func(string) ([]uint16, error) { return []uint16{22, 80}, nil }
	f, err := filter.ParseText(text, env)
	if err != nil {
		return nil
	}
	return f
}

// entryOf is what the kernel compares of the socket that a row tells of; nil if
// no kernel has a socket like that in the table.
func entryOf(payload []byte, t sock.Table) *kernelEntry {
	if len(payload) < inetMsgLen || payload[idiagFamily] != familyNumber(t.Family) {
		return nil
	}
	e := &kernelEntry{family: payload[idiagFamily], ifIndex: native.Uint32(payload[idiagIf:]),
		sport: binary.BigEndian.Uint16(payload[idiagSport:]), dport: binary.BigEndian.Uint16(payload[idiagDport:])}
	if e.family == afInet {
		e.saddr, e.daddr = netip.AddrFrom4([4]byte(payload[idiagSrc:])), netip.AddrFrom4([4]byte(payload[idiagDst:]))
	} else {
		e.saddr, e.daddr = netip.AddrFrom16([16]byte(payload[idiagSrc:])), netip.AddrFrom16([16]byte(payload[idiagDst:]))
	}
	if peerlessKernel(t, payload[idiagState]) && e.dport != 0 {
		return nil
	}
	walk := attributes{payload[inetMsgLen:]}
	for kind, value, ok := walk.next(); ok; kind, value, ok = walk.next() {
		switch {
		case kind == inetDiagMark && len(value) >= 4:
			e.mark = native.Uint32(value)
		case kind == inetDiagCgroupID && len(value) >= 8:
			e.cgroup = native.Uint64(value)
		}
	}
	return e
}
