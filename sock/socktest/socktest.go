// Package socktest is the conformance suite of [sock.Source] and
// [sock.Recording]: what a consumer may rely on, whichever backend answers. Every
// source runs it, real and fake, over a population that does not change
// meanwhile.
package socktest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"sockeye/sock"
)

// Everything asks for all tables, states and facts.
func Everything() sock.Query {
	q := sock.Query{
		Families: sock.Families(sock.IPv4, sock.IPv6),
		States:   sock.AllStates,
		Want:     sock.AllFields,
	}
	for d := range sock.Descriptors {
		q.Protocols |= sock.Protocols(d.Protocol)
	}
	return q
}

// Rows lists what one source answers to a query in an environment: the readings
// of its plan one after the other. The error of one does not end the others.
func Rows(ctx context.Context, src sock.Source, env *sock.Environment, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		session := src.Open(env)
		defer session.Close()
		for _, r := range session.Plan(q) {
			for s, err := range r.Rows(ctx) {
				if !yield(s, err) {
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// subject is what a contract is checked of.
type subject struct {
	rows   func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error]
	fields func(sock.Protocol) sock.Field
}

// TestSource checks the contract of a source. The population must hold at
// least one socket; least is the number that the query must yield.
func TestSource(t *testing.T, src sock.Source, env *sock.Environment, q sock.Query, least int) {
	t.Helper()
	if src.Name() == "" {
		t.Error("the source has no name")
	}
	of := subject{fields: src.Fields, rows: func(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		return Rows(ctx, src, env, q)
	}}
	of.test(t, q, least)
	t.Run("plan", func(t *testing.T) { checkPlan(t, src, env, q) })
	t.Run("prefetched", func(t *testing.T) { checkPrefetch(t, of, src, env, q) })
}

// TestRecording checks the contract of a recording, which is opened anew for each
// question. fields says what it can tell.
func TestRecording(t *testing.T, open func() sock.Recording, fields func(sock.Protocol) sock.Field, q sock.Query, least int) {
	t.Helper()
	of := subject{fields: fields, rows: func(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		return open().Sockets(ctx, q)
	}}
	of.test(t, q, least)
}

func (of subject) test(t *testing.T, q sock.Query, least int) {
	t.Helper()
	all := of.collect(t, q)
	if len(all) < least {
		t.Fatalf("%d sockets, want at least %d", len(all), least)
	}
	t.Run("rows are sound", func(t *testing.T) {
		for _, s := range all {
			of.checkRow(t, s)
		}
	})
	t.Run("order of tables", func(t *testing.T) { checkOrder(t, q, all) })
	t.Run("restriction by table", func(t *testing.T) { of.checkTables(t, q, all) })
	t.Run("restriction by state", func(t *testing.T) { of.checkStates(t, q, all) })
	t.Run("early break", func(t *testing.T) { of.checkBreak(t, q) })
	t.Run("canceled", func(t *testing.T) { of.checkCanceled(t, q) })
	t.Run("the zero query", func(t *testing.T) {
		if got := of.collect(t, sock.Query{}); len(got) != 0 {
			t.Errorf("the zero query asks nothing and got %d sockets", len(got))
		}
	})
}

// collect lists what the query allows, as the pipeline does.
func (of subject) collect(t *testing.T, q sock.Query) []*sock.Socket {
	t.Helper()
	var all []*sock.Socket
	for s, err := range of.rows(context.Background(), q) {
		var partial *sock.Partial
		switch {
		case errors.As(err, &partial), errors.Is(err, sock.ErrUnavailable):
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

func (of subject) checkRow(t *testing.T, s *sock.Socket) {
	t.Helper()
	what := fmt.Sprintf("%s %s %s %v-%v", s.Protocol, s.Family, s.State, s.Local, s.Remote)
	if beyond := s.Known &^ of.fields(s.Protocol); beyond != 0 {
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
func (of subject) checkTables(t *testing.T, q sock.Query, all []*sock.Socket) {
	want := map[sock.Table]int{}
	for _, s := range all {
		want[sock.Table{Protocol: s.Protocol, Family: s.Family}]++
	}
	for table := range q.Tables {
		if want[table] == 0 {
			continue
		}
		if got := len(of.collect(t, q.Only(table))); got != want[table] {
			t.Errorf("%s alone has %d sockets, among all tables %d", table, got, want[table])
		}
	}
}

// checkStates asks each state alone.
func (of subject) checkStates(t *testing.T, q sock.Query, all []*sock.Socket) {
	want := map[sock.State]int{}
	for _, s := range all {
		want[s.State]++
	}
	for state, n := range want {
		one := q
		one.States = sock.States(state)
		if got := len(of.collect(t, one)); got != n {
			t.Errorf("%s alone has %d sockets, among all states %d", state, got, n)
		}
	}
}

func (of subject) checkBreak(t *testing.T, q sock.Query) {
	for range 50 {
		for s := range of.rows(context.Background(), q) {
			if s != nil {
				break
			}
		}
	}
	if got := len(of.collect(t, q)); got == 0 {
		t.Error("nothing is listed after early breaks")
	}
}

func (of subject) checkCanceled(t *testing.T, q sock.Query) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var last error
	for _, err := range of.rows(ctx, q) {
		if err != nil {
			last = err
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a canceled listing ended with %v", last)
	}
}

// checkPlan: the readings cover each table of the query once, in its order.
func checkPlan(t *testing.T, src sock.Source, env *sock.Environment, q sock.Query) {
	session := src.Open(env)
	defer session.Close()
	var want, got []sock.Table
	for table := range q.Tables {
		want = append(want, table)
	}
	for _, r := range session.Plan(q) {
		got = append(got, r.Tables()...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the readings cover %v, want %v", got, want)
	}
}

// checkPrefetch: what is begun before its turn gives the same rows, and what is
// begun and not carried out leaves nothing behind.
func checkPrefetch(t *testing.T, of subject, src sock.Source, env *sock.Environment, q sock.Query) {
	want := len(of.collect(t, q))
	begin := func() (sock.Session, []sock.Reading) {
		session := src.Open(env)
		plan := session.Plan(q)
		for _, r := range plan {
			r.Prefetch()
		}
		return session, plan
	}
	session, plan := begin()
	got := 0
	for _, r := range plan {
		for s, err := range r.Rows(context.Background()) {
			if err == nil && q.Allows(s) {
				got++
			}
		}
	}
	session.Close()
	if got != want {
		t.Errorf("%d sockets that were prefetched, %d that were not", got, want)
	}
	before := runtime.NumGoroutine()
	for range 20 {
		session, _ := begin()
		session.Close()
		session.Close()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before closed sessions", runtime.NumGoroutine(), before)
}
