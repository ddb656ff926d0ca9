package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// fakeCloser refuses the sockets of some ports.
type fakeCloser struct {
	refused map[uint16]error
	closed  []uint16
}

func (f *fakeCloser) Destroy(_ context.Context, s *sock.Socket) error {
	if err := f.refused[s.Local.Port()]; err != nil {
		return err
	}
	f.closed = append(f.closed, s.Local.Port())
	return nil
}

func connection(port uint16) *sock.Socket {
	return &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Known: sock.FieldLocal | sock.FieldRemote,
		Local:  netip.AddrPortFrom(netip.MustParseAddr("10.0.0.5"), port),
		Remote: netip.MustParseAddrPort("10.0.0.9:443"),
	}
}

// TestCloseAll: what was closed is listed, the rest told with its reason, once
// for each reason.
func TestCloseAll(t *testing.T) {
	var messages strings.Builder
	r := &run{IO: IO{Err: &messages}, ctx: t.Context()}
	h := &fakeCloser{refused: map[uint16]error{2: errors.New("no rights"), 3: errors.New("it is IPv6"), 4: errors.New("no rights")}}
	found := []*sock.Socket{connection(1), connection(2), connection(3), connection(4), connection(5), connection(6)}
	for i, s := range found {
		s.Cookie = uint64(i + 1)
	}
	h.refused[5], h.refused[6] = sock.ErrNotFound, fmt.Errorf("the look-up: %w", sock.ErrNotFound)
	again := func() ([]*sock.Socket, error) { return []*sock.Socket{{Cookie: 6}}, nil }
	failed, err := r.closeAll(h, found, again)
	if err != nil || failed != 4 || len(h.closed) != 1 {
		t.Errorf("%d closed, %d not, %v", len(h.closed), failed, err)
	}
	for i, want := range []string{"closed", "failed", "failed", "failed", "ended", "not_found"} {
		if got := sock.ResultNames()[found[i].Result]; got != want || !found[i].Knows(sock.FieldResult) {
			t.Errorf("socket %d: %s, want %s", i+1, got, want)
		}
	}
	want := "sockeye: not closed: tcp 10.0.0.5:2 to 10.0.0.9:443 and 1 more: no rights\n" +
		"sockeye: not closed: tcp 10.0.0.5:3 to 10.0.0.9:443: it is IPv6\n" +
		"sockeye: not closed: tcp 10.0.0.5:6 to 10.0.0.9:443: the look-up: the kernel finds another socket at its address, or none\n"
	if messages.String() != want {
		t.Errorf("messages:\n%s", messages.String())
	}
}

// TestInterruptedClosing closes no more than before the interrupt.
func TestInterruptedClosing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := &fakeCloser{}
	r := &run{ctx: ctx}
	if _, err := r.closeAll(h, []*sock.Socket{connection(1)}, nil); !errors.Is(err, context.Canceled) || len(h.closed) != 0 {
		t.Errorf("%v, closed %v", err, h.closed)
	}
}

func TestAgreement(t *testing.T) {
	for answer, want := range map[string]bool{
		"y\n": true, "Y\n": true, " yes \n": true, "y": true,
		"\n": false, "": false, "n\n": false, "yy\n": false, "no\ny\n": false,
	} {
		var messages strings.Builder
		r := &run{IO: IO{In: strings.NewReader(answer), Err: &messages}}
		found := []*sock.Socket{connection(1), connection(2), connection(3)}
		if got := r.agree("close " + socketsText(found)); got != want || messages.String() != "sockeye: close tcp 10.0.0.5:1 to 10.0.0.9:443 and 2 more? [y/N] " {
			t.Errorf("%q: %v, %q", answer, got, messages.String())
		}
	}
}

// TestKillNeedsConsent: where nobody can be asked, nothing is closed without --yes.
func TestKillNeedsConsent(t *testing.T) {
	for _, c := range []struct {
		words string
		asks  bool
		want  string
	}{
		{"-K sport = 80", false, "--kill asks first, and standard input is no terminal: --yes closes without a question"},
		{"-K --yes sport = 80", false, ""},
		{"-K sport = 80", true, ""},
		{"-K", true, "--kill needs a filter that says which sockets: sockeye -K dst 192.0.2.7"},
	} {
		o, words, err := readOptions(strings.Fields(c.words)...)
		if err != nil {
			t.Fatal(err)
		}
		f, err := filter.Parse(words, filter.Env{})
		if err != nil {
			t.Fatal(err)
		}
		r := &run{IO: IO{Asks: c.asks}}
		got := ""
		if err := r.checkDestroy(o, platform.Request{Filter: f}, true); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s, asks %t: %q, want %q", c.words, c.asks, got, c.want)
		}
	}
}
