package render

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/internal/services"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// book is a resolver that knows some names.
type book struct {
	names map[string]string
	mu    sync.Mutex
	asked map[string]int
}

func (b *book) LookupAddr(_ context.Context, addr string) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked = make(map[string]int)
	}
	b.asked[addr]++
	if name, ok := b.names[addr]; ok {
		return []string{name}, nil
	}
	return nil, errors.New("no such host")
}

func testServices(t testing.TB) *services.DB {
	t.Helper()
	db, err := services.Parse(strings.NewReader("http-alt 8080/tcp\ndomain 53/udp\nevil\x1b[31m 5432/tcp\n"))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestNames(t *testing.T) {
	b := &book{names: map[string]string{"10.0.0.9": "client.example.", "10.0.0.5": "x\x1b[31m.example.", "::1": "localhost"}}
	o := with(func(o *Options) { o.Resolve, o.Resolver, o.Services = true, b, testServices(t).Name })
	out := rendered(t, o, example())
	checkSafe(t, out)
	for _, want := range []string{
		"*:http-alt", "localhost:evil\\x1b[31m", "x\\x1b[31m.example:http-alt", "client.example:51514",
		"10.0.0.7:40112", "127.0.0.53%lo:domain",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in\n%s", want, out)
		}
	}
	for addr, n := range b.asked {
		if n != 1 || addr == "::" {
			t.Errorf("%s was asked %d times", addr, n)
		}
	}
}

// TestNamesOfALayout: what is written again by the same layout, as each pass of a view
// that goes on, asks for a name once.
func TestNamesOfALayout(t *testing.T) {
	b := &book{names: map[string]string{"10.0.0.9": "client.example."}}
	l, err := with(func(o *Options) { o.Resolve, o.Resolver = true, b }).Layout()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		var out strings.Builder
		r := New(&out, l)
		for _, s := range example() {
			if err := r.Socket(s); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(tail); err != nil || !strings.Contains(out.String(), "client.example:51514") {
			t.Fatalf("%v: %s", err, out.String())
		}
	}
	if b.asked["10.0.0.9"] != 1 || b.asked["10.0.0.5"] != 1 {
		t.Errorf("asked %v", b.asked)
	}
	// Of very many addresses the first are forgotten.
	for i := range mostNames + 1 {
		l.names.known[netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})] = ""
	}
	if l.names.learn(example()); len(l.names.known) > len(example())*2 {
		t.Errorf("%d addresses are remembered", len(l.names.known))
	}
}

func TestNamesAreNotLookedUpUnasked(t *testing.T) {
	b := &book{}
	for _, o := range []Options{{Resolver: b}, {Format: JSON, Resolve: true, Resolver: b}, {Format: NDJSON, Resolve: true, Resolver: b}} {
		rendered(t, o, example())
	}
	if len(b.asked) != 0 {
		t.Errorf("asked for %v", b.asked)
	}
}

// mute never answers, and does not heed its context.
type mute struct {
	mu    sync.Mutex
	asked int
}

func (m *mute) LookupAddr(context.Context, string) ([]string, error) {
	m.mu.Lock()
	m.asked++
	m.mu.Unlock()
	select {}
}

func TestSilentNameServer(t *testing.T) {
	m := &mute{}
	var rows []*sock.Socket
	for i := range 2 * blockRows {
		s := inet(sock.TCP, sock.Established, "10.0.0.5:80", "10.0.0.9:1")
		s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 1)
		rows = append(rows, s)
	}
	o := Options{Resolve: true, Resolver: m, ResolveTimeout: 10 * time.Millisecond}
	out := rendered(t, o, rows)
	if got := strings.Count(out, "\n"); got != len(rows) {
		t.Errorf("%d lines", got)
	}
	if !strings.Contains(out, "10.1.7.207:1") {
		t.Error("a number is missing")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked > resolveWorkers {
		t.Errorf("asked %d times: more than the workers at once, or again after no answer", m.asked)
	}
}

// choosy answers for one address of each block, and notes for the others how long it
// may take, by the first bytes of the address.
type choosy struct {
	mu    sync.Mutex
	spans map[string]time.Duration
}

func (c *choosy) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if strings.HasSuffix(addr, ".0.0") {
		return []string{"zero"}, nil
	}
	deadline, _ := ctx.Deadline()
	c.mu.Lock()
	block := strings.TrimRight(addr, "0123456789")
	c.spans[block] = max(c.spans[block], time.Until(deadline))
	c.mu.Unlock()
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestChoosyNameServer: a server that answers some questions does not hold up each
// block of a long listing.
func TestChoosyNameServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &choosy{spans: map[string]time.Duration{}}
		n := newNames(&Options{Resolver: c, ResolveTimeout: 800 * time.Millisecond})
		for block := range 3 {
			var rows []*sock.Socket
			for host := range 3 {
				s := inet(sock.TCP, sock.Established, "127.0.0.1:80", "10.0.0.9:1")
				s.Local = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(block), 0, byte(host)}), 1)
				s.Remote = s.Local
				rows = append(rows, s)
			}
			n.learn(rows)
			if got := n.of(rows[0].Local.Addr()); got != "zero" {
				t.Errorf("block %d: the answer is %q", block, got)
			}
		}
		for block, want := range map[string]time.Duration{"10.0.0.": 800, "10.1.0.": 400, "10.2.0.": 200} {
			if span := c.spans[block]; span != want*time.Millisecond {
				t.Errorf("%s: a look-up had %v, want %d ms", block, span, want)
			}
		}
	})
}

// slow answers some time after its context ends.
type slow struct{ busy atomic.Int32 }

func (s *slow) LookupAddr(ctx context.Context, _ string) ([]string, error) {
	s.busy.Add(1)
	defer s.busy.Add(-1)
	<-ctx.Done()
	time.Sleep(5 * time.Millisecond)
	return nil, ctx.Err()
}

// TestWorkersEnd: what looks up names has ended when the answer is written.
func TestWorkersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []*sock.Socket
		for i := range 100 {
			s := inet(sock.TCP, sock.Established, "10.0.0.5:80", "10.0.0.9:1")
			s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, byte(i)}), 1)
			rows = append(rows, s)
		}
		var s slow
		rendered(t, Options{Resolve: true, Resolver: &s, ResolveTimeout: 10 * time.Millisecond}, rows)
		if n := s.busy.Load(); n != 0 {
			t.Errorf("%d are asking still", n)
		}
	})
}

func TestServicesByProtocol(t *testing.T) {
	db := testServices(t)
	for want, s := range map[string]*sock.Socket{
		"10.0.0.1:http-alt": inet(sock.MPTCP, sock.Established, "10.0.0.1:8080", ""),
		"10.0.0.2:http-alt": inet(sock.SMC, sock.Established, "10.0.0.2:8080", ""),
		"10.0.0.1:domain":   inet(sock.UDPLite, sock.Established, "10.0.0.1:53", ""),
		"10.0.0.1:53":       inet(sock.TCP, sock.Established, "10.0.0.1:53", ""),
		"10.0.0.1:ospf":     inet(sock.Raw, sock.Unconnected, "10.0.0.1:89", ""),
		"10.0.0.1:*":        inet(sock.UDP, sock.Unconnected, "10.0.0.1:0", ""),
		"0.0.0.0:ip":        inet(sock.Raw, sock.Unconnected, "0.0.0.0:0", ""),
	} {
		o := Options{Services: db.Name}
		if got := string(column("local").appendCell((&Layout{Options: o}).view(), nil, s)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	odd := func(change func(*sock.Socket)) *sock.Socket {
		s := inet(sock.TCP, sock.Listen, "[::]:80", "")
		change(s)
		return s
	}
	known := func(f sock.Field, change func(*sock.Socket)) *sock.Socket {
		return odd(func(s *sock.Socket) { s.Known |= f; change(s) })
	}
	for i, test := range []struct {
		s    *sock.Socket
		want string
	}{
		{odd(func(*sock.Socket) {}), "[::]:80"},
		{known(sock.FieldV6Only, func(*sock.Socket) {}), "*:80"},
		{known(sock.FieldV6Only, func(s *sock.Socket) { s.V6Only = true }), "[::]:80"},
		{known(sock.FieldV6Only, func(s *sock.Socket) { s.Protocol = sock.Raw }), "[::]:80"},
		{known(sock.FieldV6Only|sock.FieldInterface, func(s *sock.Socket) { s.Interface = "vrf1" }), "*%vrf1:80"},
		{known(sock.FieldInterface, func(s *sock.Socket) { s.IfIndex = 9 }), "[::%9]:80"},
		{odd(func(s *sock.Socket) { s.Local = netip.MustParseAddrPort("[::ffff:10.0.0.1]:80") }), "10.0.0.1:80"},
		{odd(func(s *sock.Socket) { s.Protocol, s.Local = sock.Netlink, netip.AddrPortFrom(netip.Addr{}, 812) }), "812"},
		{odd(func(s *sock.Socket) { s.Known = 0 }), ""},
	} {
		if got := fact.LocalText(test.s); got != test.want {
			t.Errorf("%d: got %q, want %q", i, got, test.want)
		}
	}
}
