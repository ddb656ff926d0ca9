package filter

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// FuzzParse: no input panics, an error is a SyntaxError that can be shown, and
// what parses prints as text that parses to the same expression and means the
// same.
func FuzzParse(f *testing.F) {
	for _, known := range fact.All() {
		f.Add(known.Example)
	}
	for _, seed := range []string{
		"", "()", "((((", "not", "!!!sport 1", "sport in (1,2,3-9)", "state established dport = :ssh or (src 10/8 and not dst [::1]:22)",
		`process = "a\x00b" or cmdline ~ /(a|b)*\/c/i`, "exe ~ /\\pL{1000}/", "dst fe80::1%eth0:22", "src unix:@[!a-z]* # c",
		"netns in net:[1],2", "started in 2026-01-01..@5", "rtt > 1h2m3.5s", "recvq > 18446744073709551615Ei", "fwmark 0x1/0x2",
		"exclude listen state bound", "src link:ip:eth0 dst netlink:rtnl:-1", "sport = 4294967295 dport > 4294967296",
		"process = 世界 dprot", "\xff\xfe", "age > 99999999999999999999w", "v6only v6only no", "uid in 18446744073709551615",
	} {
		f.Add(seed)
	}
	env := testEnv()
	env.LookupHost = func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{netip.IPv6Loopback()}, nil }
	sockets := []*sock.Socket{&tcpConn, &tcpListener, &mappedConn, &udpSocket, &unixConn, &unixUnnamed, &packetSocket}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseText(text, env)
		if _, wordsErr := Parse(strings.Fields(text), env); wordsErr != nil {
			checkShown(t, wordsErr)
		}
		if err != nil {
			checkShown(t, err)
			return
		}
		again, err := ParseText(filter.String(), env)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, filter, err)
		}
		if diff := compareFilters(filter, again); diff != "" {
			t.Fatalf("%q prints as %q, another expression: %s", text, filter, diff)
		}
		never := filter.Impossible()
		for _, s := range sockets {
			m := filter.Match(s)
			if m != again.Match(s) || m != filter.CanMatch(s, 0) || m && never || m && !filter.CanMatch(s, filter.Needs()) {
				t.Fatalf("%q, printed as %q, does not keep its word about %+v", text, filter, s)
			}
		}
	})
}

// checkShown checks that the place of an error is in its text.
func checkShown(t *testing.T, err error) {
	t.Helper()
	var wrong *SyntaxError
	if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Length < 0 || wrong.Offset+wrong.Length > len(wrong.Text) || wrong.Error() == "" {
		t.Fatalf("error %#v", err)
	}
}

// FuzzGlob: no pattern panics, and one without brackets or backslashes matches
// what it matches by trying every way in which its stars can match.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"*", ""}, {"a*b?c", "aXbYc"}, {"[a-c]x", "Bx"}, {"[!a]", "b"}, {"[]]", "]"}, {"[", "["},
		{"[[:digit:]]*", "7"}, {`\*`, "*"}, {"@*", "\x00abc"}, {"*\xff*", "a\xffb"}, {"[a-", "[a-"}, {"[[:]", "0"}, {"[[:]", ":"}, {"[[:", "["}, {"**a**", "bab"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 64 || len(name) > 64 {
			return
		}
		got := glob(pattern, name)
		if strings.ContainsAny(pattern, "[\\\x00") {
			return
		}
		if want := slowGlob([]rune(pattern), []rune(strings.ReplaceAll(name, "\x00", "@"))); got != want {
			t.Errorf("glob(%q, %q) = %v", pattern, name, got)
		}
	})
}

func slowGlob(pattern, name []rune) bool {
	// at holds the positions of the pattern that the name can have led to.
	at := map[int]bool{0: true}
	for {
		for i := range pattern {
			if at[i] && pattern[i] == '*' {
				at[i+1] = true
			}
		}
		if len(name) == 0 {
			return at[len(pattern)]
		}
		next := map[int]bool{}
		for i := range at {
			if i == len(pattern) {
				continue
			}
			switch p := pattern[i]; {
			case p == '*':
				next[i] = true
			case p == '?' || strings.EqualFold(string(p), string(name[0])):
				next[i+1] = true
			}
		}
		at, name = next, name[1:]
	}
}
