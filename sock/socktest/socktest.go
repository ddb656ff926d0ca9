// Package socktest is the conformance suite of [sock.Source]: what a consumer
// may rely on, whichever backend answers. Every source runs it, real and fake,
// over a population that does not change meanwhile.
package socktest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"sockeye/sock"
)

// Everything asks for all tables, states and facts.
func Everything() sock.Query {
	q := sock.Query{
		Families:  sock.Families(sock.IPv4, sock.IPv6),
		States:    sock.AllStates,
		UnixTypes: sock.AllTypes,
		Want:      sock.AllFields,
	}
	for p := sock.TCP; p <= sock.TIPC; p++ {
		q.Protocols |= sock.Protocols(p)
	}
	return q
}

// TestSource checks the contract of a source. The population must hold at
// least one socket; min is the least number that the query must yield.
func TestSource(t *testing.T, src sock.Source, q sock.Query, min int) {
	t.Helper()
	if src.Name() == "" {
		t.Error("the source has no name")
	}
	all := collect(t, src, q)
	if len(all) < min {
		t.Fatalf("%d sockets, want at least %d", len(all), min)
	}
	t.Run("rows are sound", func(t *testing.T) {
		for _, s := range all {
			checkRow(t, src, s)
		}
	})
	t.Run("order of tables", func(t *testing.T) { checkOrder(t, q, all) })
	t.Run("restriction by table", func(t *testing.T) { checkTables(t, src, q, all) })
	t.Run("restriction by state", func(t *testing.T) { checkStates(t, src, q, all) })
	t.Run("early break", func(t *testing.T) { checkBreak(t, src, q) })
	t.Run("canceled", func(t *testing.T) { checkCanceled(t, src, q) })
	t.Run("the zero query", func(t *testing.T) {
		if got := collect(t, src, sock.Query{}); len(got) != 0 {
			t.Errorf("the zero query asks nothing and got %d sockets", len(got))
		}
	})
}

// collect lists what the query allows, as the pipeline does.
func collect(t *testing.T, src sock.Source, q sock.Query) []*sock.Socket {
	t.Helper()
	var all []*sock.Socket
	for s, err := range src.Sockets(context.Background(), q) {
		var partial *sock.Partial
		switch {
		case errors.As(err, &partial):
			t.Logf("partial: %v", err)
		case err != nil:
			t.Fatalf("the stream ended with %v", err)
		case s == nil:
			t.Fatal("neither a socket nor an error")
		case q.Allows(s):
			all = append(all, s.Clone())
		}
	}
	return all
}

func checkRow(t *testing.T, src sock.Source, s *sock.Socket) {
	t.Helper()
	what := fmt.Sprintf("%s %s %s %v-%v", s.Protocol, s.Family, s.State, s.Local, s.Remote)
	if beyond := s.Known &^ src.Fields(s.Protocol); beyond != 0 {
		t.Errorf("%s: knows %b, which the source says it cannot give", what, beyond)
	}
	for name, end := range map[string]netip.AddrPort{"local": s.Local, "remote": s.Remote} {
		if end.Addr().Zone() != "" {
			t.Errorf("%s: the %s address has a zone", what, name)
		}
		if end.Addr().Is4In6() {
			t.Errorf("%s: the %s address is v4-mapped, not IPv4", what, name)
		}
	}
	if s.Protocol.Inet() && s.Known.Has(sock.FieldLocal) != s.Local.IsValid() {
		t.Errorf("%s: the local end is known %v", what, s.Known.Has(sock.FieldLocal))
	}
	if s.Known.Has(sock.FieldRemote) != s.Remote.IsValid() {
		t.Errorf("%s: the remote end is known %v", what, s.Known.Has(sock.FieldRemote))
	}
	if s.State == sock.Listen && s.Knows(sock.FieldRemote) {
		t.Errorf("%s: a listener has a remote end", what)
	}
	if s.State == sock.Listen && s.Protocol == sock.TCP && s.Knows(sock.FieldSendQueue) {
		t.Errorf("%s: a listener has a send queue", what)
	}
	if s.Knows(sock.FieldInode) && s.Inode == 0 {
		t.Errorf("%s: inode 0 is known", what)
	}
	if s.Knows(sock.FieldTCPInfo) != (s.TCPInfo != nil) {
		t.Errorf("%s: tcp_info is known %v", what, s.Knows(sock.FieldTCPInfo))
	}
}

func checkOrder(t *testing.T, q sock.Query, all []*sock.Socket) {
	rank := map[sock.Table]int{}
	for table := range q.Tables {
		rank[table] = len(rank)
	}
	last := 0
	for _, s := range all {
		at, asked := rank[sock.Table{Protocol: s.Protocol, Family: s.Family}]
		if !asked {
			t.Fatalf("%s/%s was not asked", s.Protocol, s.Family)
		}
		if at < last {
			t.Fatalf("%s/%s comes after a later table", s.Protocol, s.Family)
		}
		last = at
	}
}

// checkTables asks each table alone: together they must be what all tables at
// once are.
func checkTables(t *testing.T, src sock.Source, q sock.Query, all []*sock.Socket) {
	want := map[sock.Table]int{}
	for _, s := range all {
		want[sock.Table{Protocol: s.Protocol, Family: s.Family}]++
	}
	for table := range q.Tables {
		if want[table] == 0 {
			continue
		}
		if got := len(collect(t, src, q.Only(table))); got != want[table] {
			t.Errorf("%s alone has %d sockets, among all tables %d", table, got, want[table])
		}
	}
}

// checkStates asks each state alone.
func checkStates(t *testing.T, src sock.Source, q sock.Query, all []*sock.Socket) {
	want := map[sock.State]int{}
	for _, s := range all {
		want[s.State]++
	}
	for state, n := range want {
		one := q
		one.States = sock.States(state)
		if got := len(collect(t, src, one)); got != n {
			t.Errorf("%s alone has %d sockets, among all states %d", state, got, n)
		}
	}
}

func checkBreak(t *testing.T, src sock.Source, q sock.Query) {
	for range 50 {
		for s := range src.Sockets(context.Background(), q) {
			if s != nil {
				break
			}
		}
	}
	if got := len(collect(t, src, q)); got == 0 {
		t.Error("nothing is listed after early breaks")
	}
}

func checkCanceled(t *testing.T, src sock.Source, q sock.Query) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var last error
	for _, err := range src.Sockets(ctx, q) {
		if err != nil {
			last = err
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a canceled listing ended with %v", last)
	}
}
