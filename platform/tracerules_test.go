package platform

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"sockeye/platform/tracer"
	"sockeye/sock"
)

// within reports whether the kernel would tell of an end, as [tracer.End] says.
func within(e tracer.End, end netip.AddrPort) bool {
	return (!e.Prefix.IsValid() || e.Prefix.Contains(end.Addr().Unmap())) &&
		(e.Last == 0 || end.Port() == 0 || e.First <= end.Port() && end.Port() <= e.Last)
}

func obeys(rules []tracer.Rule, s *sock.Socket) bool {
	for _, r := range rules {
		if within(r.Local, s.Local) && within(r.Remote, s.Remote) {
			return true
		}
	}
	return len(rules) == 0
}

// randomFilter writes a filter of conditions on ends, and some of others.
func randomFilter(r *rand.Rand, depth int) string {
	if depth > 0 && r.IntN(3) > 0 {
		word := []string{" and ", " or "}[r.IntN(2)]
		parts := []string{randomFilter(r, depth-1), randomFilter(r, depth-1)}
		if r.IntN(4) == 0 {
			parts[0] = "not " + parts[0]
		}
		return "(" + strings.Join(parts, word) + ")"
	}
	port := func() string { return fmt.Sprint(r.IntN(6)) }
	address := []string{"10.0.0.0/8", "10.0.0.1", "::/0", "2001:db8::/32", "::ffff:10.0.0.1", "::ffff:0:0/90", "::ffff:10.0.0.0/104", "0.0.0.0/0"}[r.IntN(8)]
	side := []string{"src", "dst", "address"}[r.IntN(3)]
	switch r.IntN(7) {
	case 0:
		return "sport = " + port()
	case 1:
		return "dport in (" + port() + ", " + port() + ")"
	case 2:
		return "port >= " + port()
	case 3:
		return "port != " + port()
	case 4:
		return "pid = " + port()
	case 5:
		return side + " = " + address
	}
	return side + " in (" + address + ", 10.0.0.2)"
}

// TestRulesAreAnOuterBound: what a filter matches is never kept back in the kernel.
func TestRulesAreAnOuterBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ends := []string{"10.0.0.1", "10.0.0.2", "192.168.0.1", "2001:db8::1", "fe80::1"}
	bounded, matched := 0, 0
	for range 3000 {
		text := randomFilter(r, 3)
		f := traceFilter(t, text)
		rules := rulesOf(f)
		if len(rules) > tracer.MaxRules {
			t.Fatalf("%s: %d rules", text, len(rules))
		}
		if len(rules) > 0 {
			bounded++
		}
		for range 60 {
			i, j := r.IntN(3), r.IntN(3)
			family := sock.IPv4 + sock.Family(r.IntN(2))
			if family == sock.IPv6 && r.IntN(2) == 0 {
				i, j = 3+r.IntN(2), 3+r.IntN(2)
			}
			s := &sock.Socket{Protocol: sock.TCP, Family: family, State: sock.Established, Known: sock.FieldLocal | sock.FieldRemote,
				Local:  netip.AddrPortFrom(netip.MustParseAddr(ends[i]), uint16(r.IntN(6))),
				Remote: netip.AddrPortFrom(netip.MustParseAddr(ends[j]), uint16(r.IntN(6)))}
			if !f.Match(s) {
				continue
			}
			if matched++; !obeys(rules, s) {
				t.Fatalf("%s matches %v %v %v, and the rules are %+v", text, s.Family, s.Local, s.Remote, rules)
			}
		}
	}
	if bounded < 500 || matched < 10_000 {
		t.Errorf("%d filters have rules, %d sockets match", bounded, matched)
	}
}

func TestRules(t *testing.T) {
	for text, want := range map[string]string{
		"port 443":                         "[{{invalid Prefix 443 443} {invalid Prefix 0 0}} {{invalid Prefix 0 0} {invalid Prefix 443 443}}]",
		"dport 443 and dst 10.0.0.0/8":     "[{{invalid Prefix 0 0} {10.0.0.0/8 443 443}}]",
		"dport >= 1024 and dport <= 2047":  "[{{invalid Prefix 0 0} {invalid Prefix 1024 2047}}]",
		"sport = 1 or src ::ffff:10.0.0.1": "[{{invalid Prefix 1 1} {invalid Prefix 0 0}} {{10.0.0.1/32 0 0} {invalid Prefix 0 0}}]",
		"dst 10.0.0.1 and dst 192.168.0.1": "[{{invalid Prefix 0 0} {10.0.0.1/32 0 0}}]",
		"process = nginx and sport = 80":   "[{{invalid Prefix 80 80} {invalid Prefix 0 0}}]",
		"process = nginx or sport = 80":    "[]",
		"not sport = 80":                   "[]",
		"dst ::/0":                         "[]",
		"port in (1,3,5,7,9,11,13,15,17)":  "[]",
	} {
		if got := fmt.Sprint(rulesOf(traceFilter(t, text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if rules := rulesOf(nil); rules != nil {
		t.Errorf("no filter: %v", rules)
	}
}
