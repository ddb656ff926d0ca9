package platform

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
	"sockeye/sock/socktest"
	"sockeye/sockdiag"
)

// fake is a source whose tables are lists and whose refusals are errors.
type fake struct {
	name    string
	rows    map[sock.Table][]sock.Socket
	refuse  map[sock.Table]error
	after   map[sock.Table]error // ends a table after its rows
	queries []sock.Query
	lists   sock.ProtocolSet
	lacks   sock.Field
	unbound bool // it does not list bound sockets
	// generous: rows that were not asked are given too.
	generous bool
}

func (f *fake) Name() string { return f.name }

func (f *fake) Fields(p sock.Protocol) sock.Field {
	if !f.lists.Has(p) {
		return 0
	}
	return sock.AllFields &^ f.lacks
}

func (f *fake) States(p sock.Protocol) sock.StateSet {
	states := p.Descriptor().States
	if f.unbound {
		states &^= sock.States(sock.Bound)
	}
	return states
}

func (f *fake) Open(*sock.Environment) sock.Session { return fakeSession{rows: f.Sockets} }

func (f *fake) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	f.queries = append(f.queries, q)
	return func(yield func(*sock.Socket, error) bool) {
		for t := range q.Tables {
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if err := f.refuse[t]; err != nil {
				yield(nil, &sock.TableError{Source: f.name, Table: t, Err: sock.Unavailable(err)})
				return
			}
			for i := range f.rows[t] {
				s := f.rows[t][i]
				if (f.generous || q.Allows(&s)) && !yield(&s, nil) {
					return
				}
			}
			if err := f.after[t]; err != nil && !yield(nil, err) {
				return
			}
		}
	}
}

var (
	tcp4  = sock.Table{Protocol: sock.TCP, Family: sock.IPv4}
	tcp6  = sock.Table{Protocol: sock.TCP, Family: sock.IPv6}
	udp4  = sock.Table{Protocol: sock.UDP, Family: sock.IPv4}
	inets = sock.Protocols(sock.TCP, sock.UDP, sock.Raw)
)

func row(t sock.Table, state sock.State, port uint16) sock.Socket {
	s := sock.Socket{Protocol: t.Protocol, Family: t.Family, State: state, Known: sock.FieldLocal | sock.FieldInode, Inode: uint64(port)}
	addr := netip.IPv4Unspecified()
	if t.Family == sock.IPv6 {
		addr = netip.IPv6Unspecified()
	}
	s.Local = netip.AddrPortFrom(addr, port)
	return s
}

func inetQuery(ps ...sock.Protocol) sock.Query {
	return sock.Query{Protocols: sock.Protocols(ps...), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.AllStates}
}

// list returns "source-free" rows as text, and the errors.
func list(rows iter.Seq2[*sock.Socket, error]) (got []string, errs []error) {
	for s, err := range rows {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %s %d", s.Protocol, s.Family, s.State, s.Local.Port()))
	}
	return got, errs
}

func TestListenersOfBothFamiliesComeFirst(t *testing.T) {
	src := &fake{name: "diag", lists: inets, rows: map[sock.Table][]sock.Socket{
		tcp4: {row(tcp4, sock.Listen, 1), row(tcp4, sock.Established, 2)},
		tcp6: {row(tcp6, sock.Listen, 3), row(tcp6, sock.TimeWait, 4)},
		udp4: {row(udp4, sock.Established, 5), row(udp4, sock.Unconnected, 6)},
	}}
	got, errs := list(chainOf(src).run().Sockets(t.Context(), inetQuery(sock.TCP, sock.UDP)))
	want := []string{"tcp ipv4 LISTEN 1", "tcp ipv6 LISTEN 3", "tcp ipv4 ESTABLISHED 2", "tcp ipv6 TIME_WAIT 4",
		"udp ipv4 UNCONNECTED 6", "udp ipv4 ESTABLISHED 5"}
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("order (-want +got):\n%s%v", diff, errs)
	}
}

func TestWhatASourceGivesBeyondAStepIsNotDoubled(t *testing.T) {
	unix := sock.Table{Protocol: sock.Unix, Family: sock.FamilyUnix}
	alone := sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Unconnected, Type: sock.TypeDatagram}
	closed := sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Closed, Type: sock.TypeStream}
	src := &fake{name: "diag", lists: sock.Protocols(sock.Unix), generous: true,
		rows: map[sock.Table][]sock.Socket{unix: {alone, closed}}}
	q := sock.Query{Protocols: sock.Protocols(sock.Unix), States: sock.AllStates}
	if got, _ := list(chainOf(src).run().Sockets(t.Context(), q)); len(got) != 2 {
		t.Errorf("rows %v, want each once", got)
	}
}

// joining is a source that answers for both families at once where bound sockets
// are asked.
type joining struct {
	*fake
	refuses error // the joined reading
}

func (j joining) Open(*sock.Environment) sock.Session { return joiningSession{j} }

type joiningSession struct{ joining }

func (s joiningSession) Plan(q sock.Query) []sock.Reading {
	rows := s.Sockets
	joined := q.States == sock.States(sock.Bound)
	if tables := slices.Collect(q.Tables); joined && len(tables) > 1 && s.refuses != nil {
		rows = func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error] {
			return func(yield func(*sock.Socket, error) bool) { yield(nil, s.refuses) }
		}
	}
	return fakeSession{rows: rows, joined: joined}.Plan(q)
}

func (joiningSession) Close() {}

func TestBothFamiliesAreOneReading(t *testing.T) {
	rows := map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Bound, 1)}, tcp6: {row(tcp6, sock.Bound, 2)}}
	q := inetQuery(sock.TCP)
	q.States, q.Want = sock.States(sock.Bound, sock.Listen), sock.FieldMark
	read := func(diag joining) ([]string, []error, []fallback) {
		proc := &fake{name: "proc", lists: inets, lacks: sock.FieldMark, rows: rows}
		run := chainOf(diag, proc).run()
		got, errs := list(run.Sockets(t.Context(), q))
		return got, errs, run.fallbacks
	}
	diag := joining{fake: &fake{name: "diag", lists: inets, rows: rows}}
	got, errs, fallbacks := read(diag)
	if len(got) != 2 || errs != nil || fallbacks != nil || len(diag.queries) != 3 {
		t.Errorf("rows %v, errors %v, fallbacks %v, %d readings; want listeners by family and bound sockets at once",
			got, errs, fallbacks, len(diag.queries))
	}
	// A source that does not take it is asked table by table.
	diag = joining{fake: &fake{name: "diag", lists: inets, rows: rows}, refuses: fmt.Errorf("%w: no", sock.ErrUnavailable)}
	got, errs, fallbacks = read(diag)
	if len(got) != 2 || errs != nil || fallbacks != nil || len(diag.queries) != 4 {
		t.Errorf("refused: rows %v, errors %v, fallbacks %v, %d readings", got, errs, fallbacks, len(diag.queries))
	}
	// A table that comes from elsewhere is not asked of it again.
	diag = joining{fake: &fake{name: "diag", lists: inets, rows: rows, refuse: map[sock.Table]error{tcp6: syscall.ENOENT}}}
	got, errs, fallbacks = read(diag)
	if len(got) != 2 || errs != nil || len(fallbackWarnings(fallbacks)) != 1 {
		t.Errorf("rows %v, errors %v, fallbacks %v", got, errs, fallbacks)
	}
}

func TestListenAloneIsOneShortDumpForEachFamily(t *testing.T) {
	src := &fake{name: "diag", lists: inets}
	q := inetQuery(sock.TCP)
	q.States = sock.ListeningStates
	list(chainOf(src).run().Sockets(t.Context(), q))
	if len(src.queries) != 2 {
		t.Fatalf("%d dumps, want one for each family", len(src.queries))
	}
	for _, asked := range src.queries {
		if asked.States != sock.States(sock.Listen) {
			t.Errorf("asked the states %b, want LISTEN alone", asked.States)
		}
	}
}

func TestFallbackIsChosenForEachTableAlone(t *testing.T) {
	diag := &fake{name: "diag", lists: inets,
		rows:   map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 1)}},
		refuse: map[sock.Table]error{tcp6: syscall.ENOENT}}
	proc := &fake{name: "proc", lists: inets, lacks: sock.FieldMark,
		rows: map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 9)}, tcp6: {row(tcp6, sock.Listen, 2), row(tcp6, sock.Established, 3)}}}
	run := chainOf(diag, proc).run()
	q := inetQuery(sock.TCP)
	q.Want = sock.FieldMark | sock.FieldInode
	got, errs := list(run.Sockets(t.Context(), q))
	want := []string{"tcp ipv4 LISTEN 1", "tcp ipv6 LISTEN 2", "tcp ipv6 ESTABLISHED 3"}
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("rows (-want +got):\n%s%v", diff, errs)
	}
	warnings := fallbackWarnings(run.fallbacks)
	if want := "[{fallback tcp read from proc, which does not tell marks: diag fails: no such file or directory}]"; fmt.Sprint(warnings) != want {
		t.Errorf("warnings %v, want one for both dumps of the table: %s", warnings, want)
	}
	if diff := cmp.Diff([]string{"diag", "proc"}, run.used); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

// TestFallbackWithoutLoss: where the second source tells all that was wanted there is
// nothing to be said, and what is lost of many facts is not told one by one.
func TestFallbackWithoutLoss(t *testing.T) {
	missing := &sockdiag.NoHandlerError{Module: "raw_diag", Err: syscall.ENOENT}
	for _, c := range []struct {
		want    sock.Field
		state   sock.State
		warning string
	}{
		{0, sock.Unconnected, "[]"},
		{sock.FieldLocal | sock.FieldInode, sock.Unconnected, "[]"},
		{sock.FieldMark | sock.FieldInode, sock.Closing, "[]"}, // which is not asked for: there is no row
		{sock.FieldMark | sock.FieldInode, sock.Unconnected, "[{fallback raw read from proc, which does not tell marks: this kernel has no raw_diag}]"},
		{sock.AllFields, sock.Established, "[{fallback raw read from proc, which does not tell all that was asked for: this kernel has no raw_diag}]"},
	} {
		raw := sock.Table{Protocol: sock.Raw, Family: sock.IPv4}
		diag := &fake{name: "diag", lists: sock.Protocols(sock.Raw), refuse: map[sock.Table]error{raw: missing}}
		proc := &fake{name: "proc", lists: sock.Protocols(sock.Raw), rows: map[sock.Table][]sock.Socket{raw: {row(raw, c.state, 1)}},
			lacks: sock.FieldMark | sock.FieldMemory | sock.FieldCookie | sock.FieldInterface | sock.FieldTOS}
		q := inetQuery(sock.Raw)
		q.Families, q.Want, q.States = sock.Families(sock.IPv4), c.want, sock.States(sock.Unconnected, sock.Established)
		run := chainOf(diag, proc).run()
		got, errs := list(run.Sockets(t.Context(), q))
		if warnings := fmt.Sprint(fallbackWarnings(run.fallbacks)); warnings != c.warning || errs != nil {
			t.Errorf("%b: rows %v, errors %v, warnings %s, want %s", c.want, got, errs, warnings, c.warning)
		}
	}
}

func TestNoFallbackAfterTheFirstRow(t *testing.T) {
	broken := fmt.Errorf("cut: %w", sock.ErrUnavailable)
	diag := &fake{name: "diag", lists: inets,
		rows:  map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 1)}},
		after: map[sock.Table]error{tcp4: broken}}
	proc := &fake{name: "proc", lists: inets, rows: map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 1)}}}
	got, errs := list(chainOf(diag, proc).run().Sockets(t.Context(), inetQuery(sock.TCP)))
	if len(got) != 1 || len(errs) != 1 || !errors.Is(errs[0], broken) {
		t.Errorf("rows %v, errors %v; want the row once and the error", got, errs)
	}
}

func TestATableThatNobodyCanReadIsAWarning(t *testing.T) {
	refuse := map[sock.Table]error{tcp4: syscall.EPERM}
	diag := &fake{name: "diag", lists: inets, refuse: refuse}
	proc := &fake{name: "proc", lists: inets, refuse: refuse, rows: map[sock.Table][]sock.Socket{tcp6: {row(tcp6, sock.Listen, 2)}}}
	_, errs := list(chainOf(diag, proc).run().Sockets(t.Context(), inetQuery(sock.TCP)))
	var partial *sock.Partial
	if len(errs) != 1 || !errors.As(errs[0], &partial) || partial.Code != sock.CodeUnavailable || !partial.Incomplete {
		t.Errorf("errors %v, want one *sock.Partial for both dumps", errs)
	}
}

func TestAProtocolThatTheKernelHasNotIsEmpty(t *testing.T) {
	diag := &fake{name: "diag", lists: inets, refuse: map[sock.Table]error{tcp4: syscall.ENOENT, tcp6: syscall.ENOENT}}
	proc := &fake{name: "proc", lists: inets, refuse: map[sock.Table]error{tcp4: sock.ErrAbsent, tcp6: sock.ErrAbsent}}
	run := chainOf(diag, proc).run()
	if got, errs := list(run.Sockets(t.Context(), inetQuery(sock.TCP))); got != nil || errs != nil || run.fallbacks != nil {
		t.Errorf("rows %v, errors %v, fallbacks %v; want nothing", got, errs, run.fallbacks)
	}
}

// TestWhatIsNotToldAndNotThere: a table that cannot be read lacks nothing if the
// kernel counts no socket of it, which is said of one that was named.
func TestWhatIsNotToldAndNotThere(t *testing.T) {
	diag := &fake{name: "diag", lists: inets, refuse: map[sock.Table]error{tcp4: syscall.ENOENT}}
	for _, c := range []struct {
		sockets    uint64
		known      bool
		named      sock.ProtocolSet
		want       string
		incomplete bool
	}{
		{0, true, 0, "", false},
		{0, true, sock.Protocols(sock.TCP), "this kernel has no TCP sockets", false},
		{3, true, 0, "tcp/ipv4 could not be read: 3 TCP sockets are there: ", true},
		{0, false, 0, "tcp/ipv4 could not be read: diag: tcp/ipv4: not available: no such file or directory", true},
	} {
		chain := chainOf(diag)
		chain.inUse = func(*sock.Environment, sock.Protocol) (uint64, bool) { return c.sockets, c.known }
		q := inetQuery(sock.TCP)
		q.Named = c.named
		q.Families = sock.Families(sock.IPv4)
		run := chain.run()
		_, errs := list(run.Sockets(t.Context(), q))
		for _, w := range absentWarnings(run.absent) {
			errs = append(errs, &sock.Partial{Code: w.Code, Message: w.Message})
		}
		var partial *sock.Partial
		switch {
		case c.want == "" && errs == nil:
		case len(errs) != 1 || !errors.As(errs[0], &partial):
			t.Errorf("%+v: %v", c, errs)
		case !strings.HasPrefix(partial.Error(), c.want) || partial.Incomplete != c.incomplete:
			t.Errorf("%+v: %v", c, partial)
		}
	}
}

// TestModuleThatIsMissing: a kernel without the module is told in one clause.
func TestModuleThatIsMissing(t *testing.T) {
	vsock := sock.Table{Protocol: sock.VSOCK, Family: sock.FamilyVSOCK}
	diag := &fake{name: "diag", lists: sock.Protocols(sock.VSOCK),
		refuse: map[sock.Table]error{vsock: &sockdiag.NoHandlerError{Module: "vsock_diag", Err: syscall.ENOENT}}}
	_, errs := list(chainOf(diag).run().Sockets(t.Context(), inetQuery(sock.VSOCK)))
	if want := "[vsock could not be read: this kernel has no vsock_diag]"; fmt.Sprint(errs) != want {
		t.Errorf("%v, want %s", errs, want)
	}
}

// TestAbsentProtocols: what a kernel has not is one line, however many protocols were
// named.
func TestAbsentProtocols(t *testing.T) {
	for want, absent := range map[string]sock.ProtocolSet{
		"[]": 0,
		"[{absent this kernel has no SCTP sockets}]":                sock.Protocols(sock.SCTP),
		"[{absent this kernel has no SCTP or DCCP sockets}]":        sock.Protocols(sock.DCCP, sock.SCTP),
		"[{absent this kernel has no SCTP, MPTCP or DCCP sockets}]": sock.Protocols(sock.DCCP, sock.SCTP, sock.MPTCP),
	} {
		if got := fmt.Sprint(absentWarnings(absent)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestASourceThatNeverHasATableIsPassedOverInSilence(t *testing.T) {
	diag := &fake{name: "diag", lists: sock.Protocols(sock.TCP)}
	proc := &fake{name: "proc", lists: inets, rows: map[sock.Table][]sock.Socket{udp4: {row(udp4, sock.Unconnected, 53)}}}
	run := chainOf(diag, proc).run()
	got, errs := list(run.Sockets(t.Context(), inetQuery(sock.UDP)))
	if len(got) != 1 || errs != nil || run.fallbacks != nil || len(diag.queries) != 0 {
		t.Errorf("rows %v, errors %v, fallbacks %v", got, errs, run.fallbacks)
	}
}

func TestChainEndsWhenTheReaderDoes(t *testing.T) {
	src := &fake{name: "diag", lists: inets, rows: map[sock.Table][]sock.Socket{
		tcp4: {row(tcp4, sock.Listen, 1), row(tcp4, sock.Listen, 2)}, tcp6: {row(tcp6, sock.Listen, 3)}}}
	n := 0
	for range chainOf(src).run().Sockets(t.Context(), inetQuery(sock.TCP)) {
		n++
		break
	}
	if n != 1 || len(src.queries) != 1 {
		t.Errorf("%d rows from %d dumps after a break", n, len(src.queries))
	}
}

// chainSource is a chain as the conformance suite wants it: one reading of all.
type chainSource struct{ *chain }

func (chainSource) Name() string                         { return "chain" }
func (chainSource) Fields(sock.Protocol) sock.Field      { return sock.AllFields }
func (chainSource) States(p sock.Protocol) sock.StateSet { return p.Descriptor().States }
func (c chainSource) Open(*sock.Environment) sock.Session {
	return fakeSession{joined: true, rows: func(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		return c.run().Sockets(ctx, q)
	}}
}

func TestChainIsASource(t *testing.T) {
	src := &fake{name: "diag", lists: inets, rows: map[sock.Table][]sock.Socket{
		tcp4: {row(tcp4, sock.Listen, 1), row(tcp4, sock.Established, 2)},
		udp4: {row(udp4, sock.Unconnected, 6)},
	}}
	socktest.TestSource(t, chainSource{chainOf(src)}, here, inetQuery(sock.TCP, sock.UDP), 3)
}

// TestBoundSocketsAreMissed: what the source that answers does not list, and the
// one before it does, is missing, and said to be if it was asked for.
func TestBoundSocketsAreMissed(t *testing.T) {
	proc := &fake{name: "proc", lists: inets, unbound: true, rows: map[sock.Table][]sock.Socket{tcp4: {row(tcp4, sock.Listen, 1)}}}
	refusing := &fake{name: "diag", lists: inets, refuse: map[sock.Table]error{tcp4: syscall.EPERM, tcp6: syscall.EPERM, udp4: syscall.EPERM}}
	whole := &fake{name: "diag", lists: inets}
	for _, c := range []struct {
		name    string
		sources []sock.Source
		query   sock.Query
		missed  bool
	}{
		{"a fallback", []sock.Source{refusing, proc}, inetQuery(sock.TCP), true},
		{"other states", []sock.Source{refusing, proc}, sock.Query{Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4), States: sock.States(sock.Listen)}, false},
		{"another protocol", []sock.Source{refusing, proc}, inetQuery(sock.UDP), false},
		{"no fallback", []sock.Source{whole, proc}, inetQuery(sock.TCP), false},
		{"named by the user", []sock.Source{proc}, inetQuery(sock.TCP), false},
	} {
		_, errs := list(chainOf(c.sources...).run().Sockets(t.Context(), c.query))
		missed := slices.ContainsFunc(errs, func(err error) bool {
			part, ok := errors.AsType[*sock.Partial](err)
			return ok && part.Incomplete && strings.Contains(part.Message, "bound")
		})
		if missed != c.missed {
			t.Errorf("%s: missed %v, %v", c.name, missed, errs)
		}
	}
}
