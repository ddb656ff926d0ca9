package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"sockeye/sock"
	"sockeye/sock/fact"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// everything asks for every socket.
var everything = sock.Query{
	Protocols: ^sock.ProtocolSet(0), Families: ^sock.FamilySet(0), States: ^sock.StateSet(0),
}

// list reads all sockets and warnings of a text.
func list(t testing.TB, text string) ([]*sock.Socket, []sock.Warning, sock.Snapshot, error) {
	t.Helper()
	d, err := Open(strings.NewReader(text))
	if err != nil {
		return nil, nil, sock.Snapshot{}, err
	}
	var all []*sock.Socket
	var warnings []sock.Warning
	for s, err := range d.Sockets(context.Background(), everything) {
		var partial *sock.Partial
		switch {
		case errors.As(err, &partial):
			warnings = append(warnings, partial.Warning())
		case err != nil:
			return all, warnings, d.Header(), err
		default:
			all = append(all, s.Clone())
		}
	}
	return all, warnings, d.Header(), nil
}

var compare = cmp.Options{
	cmpopts.EquateComparable(sock.TCPInfo{}, sock.Numbers{}, sock.Details{}, netip.Addr{}),
	cmpopts.EquateComparable(sock.Socket{}.Local),
	cmpopts.EquateComparable(netip.Prefix{}),
	cmpopts.EquateEmpty(),
}

var head = sock.Snapshot{
	GeneratedAt: time.Date(2026, 11, 20, 16, 14, 10, 0, time.UTC), Host: "box\u202e", Source: "sock_diag",
	OwnerSource: "proc", OwnerReason: "bpf: not allowed", Complete: true,
	Warnings: []sock.Warning{{Code: sock.CodeFallback, Message: "tcp_diag: no such\nfile"}},
	Forwards: []sock.Forward{
		{By: "nftables", Protocol: sock.TCP, Family: sock.IPv4, Address: netip.MustParsePrefix("192.0.2.1/32"), First: 80, Last: 89,
			Target: netip.MustParseAddrPort("10.0.0.2:8080"), Partly: true, Behind: &sock.Behind{PID: 7, Process: "\u202e", Container: sock.Container{Name: "web"}}},
		{By: "iptables", Last: 1<<16 - 1, Target: netip.AddrPortFrom(netip.Addr{}, 9000), Outgoing: true, Exposed: &sock.Exposed{Scope: sock.ScopeAll}},
		{By: "nftables", First: 22, Last: 22, Netns: sock.Netns{Inode: 4026531840, Name: "b\u202eue"},
			Exposed: &sock.Exposed{Scope: sock.ScopePrivate, On: []netip.Addr{netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("fe80::5%eth1")}}},
		{By: "x\x1b", Protocol: sock.UDP, First: 53, Last: 53, Target: netip.AddrPortFrom(netip.MustParseAddr("fd00::2"), 0)},
	},
}

// document renders a whole document.
func document(sockets []*sock.Socket) []byte {
	out := AppendHead(nil, head.GeneratedAt, head.Host, "sockets")
	for i, s := range sockets {
		if i > 0 {
			out = append(out, ',')
		}
		out = fact.AppendObject(append(out, '\n'), s, fact.Members())
	}
	return AppendTail(out, &head)
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var sockets []*sock.Socket
	var lines []byte
	for range 3000 {
		s := invent(r)
		sockets = append(sockets, s)
		lines = append(fact.AppendObject(lines, s, fact.Members()), '\n')
	}
	for name, text := range map[string]string{"lines": string(lines), "document": string(document(sockets))} {
		got, warnings, header, err := list(t, text)
		if err != nil || len(warnings) > 0 || len(got) != len(sockets) {
			t.Fatalf("%s: %d sockets, warnings %v, error %v", name, len(got), warnings, err)
		}
		for i := range got {
			if diff := cmp.Diff(sockets[i], got[i], compare); diff != "" {
				t.Fatalf("%s, socket %d: %s\n%s", name, i, diff, fact.AppendObject(nil, sockets[i], fact.Members()))
			}
		}
		if diff := cmp.Diff(head, header, compare); name == "document" && diff != "" {
			t.Errorf("header: %s", diff)
		}
	}
}

// checkSafe fails if a text holds what a terminal may obey, or is not JSON.
func checkSafe(t testing.TB, line []byte) {
	t.Helper()
	if !utf8.Valid(line) || !json.Valid(line) {
		t.Fatalf("not valid UTF-8 and JSON: %q", line)
	}
	for _, r := range string(line) {
		if r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029) {
			t.Fatalf("raw %U in %q", r, line)
		}
	}
}

func TestHostileNames(t *testing.T) {
	for _, name := range append(hostile, "\xff\xfe", "cut\xe2\x82", "\xed\xa0\x80") {
		s := &sock.Socket{
			Known: sock.AllFields, Protocol: sock.Unix, Path: name, PeerPath: "\x00" + name, Interface: name, User: name,
			Netns: sock.Netns{Name: name}, Congestion: name, Cgroup: name,
			Owners:      []sock.Owner{{Process: &sock.Process{Name: name, Known: sock.AllFields, Exe: name, Cmdline: name, User: name}}},
			OwnerStatus: sock.OwnerKnown, Listener: &sock.Process{Name: name},
		}
		line := fact.AppendObject(nil, s, fact.Members())
		checkSafe(t, line)
		var back struct{ User string }
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(name, "\uFFFD"); utf8.ValidString(name) && back.User != want {
			t.Errorf("%q came back as %q", name, back.User)
		}
	}
}

func TestDefaultLeavesOutWhatNobodyAsked(t *testing.T) {
	s := invent(rand.New(rand.NewPCG(3, 4)))
	s.Known, s.TCPInfo, s.Cgroup, s.Congestion = sock.AllFields, new(sock.TCPInfo), "/x", "cubic"
	for _, name := range []string{"timer", "memory", "tcp_info", "congestion", "tos", "cgroup"} {
		if bytes.Contains(fact.AppendObject(nil, s, fact.Default(0)), []byte(`"`+name+`":`)) {
			t.Errorf("%s is there unasked", name)
		}
		if m := fact.LookupMember(name); !bytes.Contains(fact.AppendObject(nil, s, fact.Default(m.Needs)), []byte(`"`+name+`":`)) {
			t.Errorf("%s is not there when asked", name)
		}
	}
}

func TestUnknownIsAbsent(t *testing.T) {
	s := &sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: sock.Listen}
	want := `{"protocol":"tcp","family":"ipv4","state":"LISTEN","owner_status":"not_searched"}`
	if got := string(fact.AppendObject(nil, s, fact.Members())); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendSocketAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	buf := make([]byte, 0, 64<<10)
	s := invent(r)
	s.Known, s.TCPInfo, s.Path, s.PeerPath = sock.AllFields, new(sock.TCPInfo), "\x00x", "/run/y"
	inventOwners(r, s)
	if n := testing.AllocsPerRun(100, func() { buf = fact.AppendObject(buf[:0], s, fact.Members()) }); n != 0 {
		t.Errorf("%v allocations per socket", n)
	}
}

func BenchmarkAppendSocket(b *testing.B) {
	s := invent(rand.New(rand.NewPCG(7, 8)))
	buf, members := fact.AppendObject(nil, s, fact.Members()), fact.Default(0)
	b.ReportAllocs()
	for b.Loop() {
		buf = fact.AppendObject(buf[:0], s, members)
	}
}
