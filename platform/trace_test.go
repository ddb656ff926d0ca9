package platform

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sockeye/platform/tracer"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// fakeTracer tells some events; nil is a moment without one.
type fakeTracer struct {
	options tracer.Options
	told    []*tracer.Event
	closed  bool
}

func (*fakeTracer) Missing() []tracer.Missing {
	return []tracer.Missing{{What: "write", Err: errors.New("no such tracepoint")}, {What: "synack_retransmit", Err: errors.New("nor this one")}}
}
func (f *fakeTracer) Events() iter.Seq2[*tracer.Event, error] {
	return func(yield func(*tracer.Event, error) bool) {
		for _, e := range f.told {
			if !yield(e, nil) {
				return
			}
		}
	}
}
func (*fakeTracer) Lost() uint64 { return 4 }
func (f *fakeTracer) Close() error {
	f.closed = true
	return nil
}

// hostTracing is a host whose kernel tells these events.
func hostTracing(f *fakeTracer) *Host {
	h := &Host{chain: *chainOf()}
	h.chain.env = &sock.Environment{Namespace: namespace(7)}
	h.tracer = func(_ context.Context, o tracer.Options) (tracing, error) {
		f.options = o
		return f, nil
	}
	return h
}

// changed is a change of state of the connection of a port.
func changed(port uint16, before, after sock.State) *tracer.Event {
	s := row(sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, after, port)
	s.Cookie, s.Known = uint64(port), s.Known|sock.FieldCookie|sock.FieldRemote
	return &tracer.Event{Kind: tracer.StateChange, Time: time.Now(), Socket: s, OldState: before, NewState: after}
}

func traceFilter(t *testing.T, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse([]string{text}, filter.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func traceRequest(t *testing.T, v View, text string) TraceRequest {
	return TraceRequest{View: v, Request: Request{Query: inetQuery(sock.TCP), Filter: traceFilter(t, text)}}
}

// events returns what a trace tells: the port and the states of each, 0 for a moment
// without one.
func events(t *testing.T, trace *Trace) (told []string) {
	t.Helper()
	for s, err := range trace.Events(t.Context()) {
		switch {
		case err != nil:
			t.Fatal(err)
		case s == nil:
			told = append(told, "-")
		default:
			told = append(told, fmt.Sprint(s.Local.Port(), " ", s.Event.OldState, " ", s.Event.NewState))
		}
	}
	return told
}

func TestTrace(t *testing.T) {
	handshake := changed(1, sock.SynSent, sock.Established)
	handshake.Timed, handshake.Duration, handshake.Age, handshake.Origin = true, time.Second, 2*time.Second, tracer.Connect
	end := changed(1, sock.FinWait2, sock.Closed)
	end.Socket.TCPInfo, end.Socket.Known = &sock.TCPInfo{}, end.Socket.Known|sock.FieldTCPInfo
	end.Sent, end.Received, end.Failure, end.Timed, end.AgeAtLeast = 10, 20, tracer.Reset, true, true
	f := &fakeTracer{told: []*tracer.Event{handshake, changed(2, sock.SynSent, sock.Established), nil, changed(3, sock.SynSent, sock.Closed), end, changed(9, sock.Closed, sock.Listen)}}
	trace, err := hostTracing(f).Trace(t.Context(), traceRequest(t, ViewStates, "sport != 2"))
	if err != nil {
		t.Fatal(err)
	}
	got := events(t, trace)
	if want := []string{"1 SYN_SENT ESTABLISHED", "-", "3 SYN_SENT CLOSED", "1 FIN_WAIT_2 CLOSED", "9 CLOSED LISTEN"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if trace.Source != sock.SourceBPF || trace.Refused != "" || trace.Matched != 4 || trace.Connections != 2 || len(trace.live) != 0 {
		t.Errorf("by %v (%s): %d events of %d connections, %d live", trace.Source, trace.Refused, trace.Matched, trace.Connections, len(trace.live))
	}
	if len(trace.Warnings) != 0 { // it tells all that is wanted
		t.Errorf("warnings: %v", trace.Warnings)
	}
	if lost, err := trace.Lost(); lost != 4 || err != nil || trace.Close() != nil || !f.closed {
		t.Errorf("%d lost, %v, closed: %t", lost, err, f.closed)
	}
	if !slices.Equal(f.options.Namespaces, []uint64{7}) || f.options.Kinds != tracer.KindsOf(tracer.StateChange) || f.options.Rules != nil {
		t.Errorf("asked: %+v", f.options)
	}
	if e := handshake.Socket.Event; e == nil {
		t.Error("no event")
	}
	first := eventOf(handshake)
	if first.Duration != time.Second || first.Lifetime != 2*time.Second || first.Origin != sock.OriginConnect || first.Counted || first.Failure != sock.FailureNone {
		t.Errorf("the handshake: %+v", first)
	}
	if last := eventOf(end); !last.Counted || last.Sent != 10 || last.Received != 20 || last.Failure != sock.FailureReset || !last.LifetimeAtLeast || last.DurationAtLeast {
		t.Errorf("the end: %+v", last)
	}
	if unknown := eventOf(changed(1, sock.Closed, sock.SynSent)); unknown.Duration >= 0 || unknown.Lifetime >= 0 {
		t.Errorf("times that are not known: %v, %v", unknown.Duration, unknown.Lifetime)
	}
}

// TestViewsWithoutEnds: nothing is remembered of connections whose end is not told.
func TestViewsWithoutEnds(t *testing.T) {
	var all []*tracer.Event
	for port := range uint16(100) {
		all = append(all, changed(port, sock.SynSent, sock.Established), changed(port, sock.SynReceived, sock.Established))
	}
	for _, v := range []View{ViewConnects, ViewAccepts} {
		trace, err := hostTracing(&fakeTracer{told: all}).Trace(t.Context(), traceRequest(t, v, ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := events(t, trace); len(got) != 100 || trace.Matched != 100 || len(trace.live) != 0 {
			t.Errorf("%v: %d events, %d counted, %d connections remembered", v, len(got), trace.Matched, len(trace.live))
		}
		if err := trace.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestEventKinds: what is told of segments.
func TestEventKinds(t *testing.T) {
	for kind, want := range map[tracer.Kind]sock.Event{
		tracer.Retransmit:       {Kind: sock.EventRetransmit, Retransmitted: sock.SegmentAgain},
		tracer.SynAckRetransmit: {Kind: sock.EventRetransmit, Retransmitted: sock.SynAckAgain},
		tracer.ResetSent:        {Kind: sock.EventReset, Direction: sock.Sent},
		tracer.ResetReceived:    {Kind: sock.EventReset, Direction: sock.Received},
		tracer.Drop:             {Kind: sock.EventDrop},
	} {
		e := eventOf(&tracer.Event{Kind: kind, Reason: "WHY", Segments: 2, Bytes: 3, Origin: tracer.Seeded})
		want.Source, want.Duration, want.Lifetime, want.Reason, want.Segments, want.Bytes, want.Origin = sock.SourceBPF, -1, -1, "WHY", 2, 3, sock.OriginSeeded
		if e != want {
			t.Errorf("%v: %+v, want %+v", kind, e, want)
		}
	}
	for o := tracer.Connect; o <= tracer.Seeded; o++ {
		if originOf[o].String() != o.String() {
			t.Errorf("%v is told as %v", o, originOf[o])
		}
	}
	for f := tracer.Refused; f <= tracer.Failed; f++ {
		if failureOf[f].String() != f.String() {
			t.Errorf("%v is told as %v", f, failureOf[f])
		}
	}
}

// TestViews: which changes each view takes, and that the kernel is asked for no less.
func TestViews(t *testing.T) {
	all := []*tracer.Event{
		changed(1, sock.Closed, sock.SynSent), changed(2, sock.SynSent, sock.Established), changed(3, sock.SynSent, sock.Closed),
		changed(4, sock.Closed, sock.Listen), changed(5, sock.Listen, sock.SynReceived), changed(6, sock.SynReceived, sock.Established),
		changed(7, sock.SynReceived, sock.Closed), changed(8, sock.LastAck, sock.Closed), changed(9, sock.Listen, sock.Closed),
		{Kind: tracer.Retransmit}, {Kind: tracer.SynAckRetransmit}, {Kind: tracer.ResetSent}, {Kind: tracer.ResetReceived}, {Kind: tracer.Drop},
	}
	for i := 9; i < len(all); i++ {
		all[i].Socket = row(sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, sock.Established, uint16(i+1))
	}
	for v, want := range map[View][]uint16{
		ViewStates: {1, 2, 3, 4, 5, 6, 7, 8, 9}, ViewLifetimes: {8}, ViewConnects: {2, 3}, ViewAccepts: {6}, ViewListens: {4, 9},
		ViewRetransmits: {10, 11}, ViewResets: {12, 13}, ViewDrops: {14}, ViewEnds: {3, 7, 8, 9},
		ViewFailures: {3},
	} {
		o := optionsOf[v]
		var got []uint16
		for _, e := range all {
			s := e.Socket
			event := eventOf(e)
			s.Event = &event
			if !v.takes(&s) {
				continue
			}
			got = append(got, s.Local.Port())
			change := e.Kind == tracer.StateChange
			if !o.Kinds.Has(e.Kind) || change && o.OldStates != 0 && !o.OldStates.Has(e.OldState) || change && o.NewStates != 0 && !o.NewStates.Has(e.NewState) {
				t.Errorf("%v: the kernel is not asked for %v %v %v", v, e.Kind, e.OldState, e.NewState)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v takes %v, want %v", v, got, want)
		}
	}
}

// TestTraceFallsBack: which source tells a view, and why not a better one.
func TestTraceFallsBack(t *testing.T) {
	refused := &tracer.UnavailableError{Reason: "needs CAP_BPF"}
	for name, c := range map[string]struct {
		view    View
		source  sock.EventSource
		closes  bool // the kernel tells what closes
		want    sock.EventSource
		refused string // or the error
	}{
		"states by the ends":     {ViewStates, 0, true, sock.SourceDestroy, "needs CAP_BPF"},
		"lifetimes":              {ViewLifetimes, 0, true, sock.SourceDestroy, "needs CAP_BPF"},
		"states by listings":     {ViewStates, 0, false, sock.SourcePoll, "needs CAP_BPF"},
		"listeners":              {ViewListens, 0, true, sock.SourcePoll, "needs CAP_BPF"},
		"forced listings":        {ViewStates, sock.SourcePoll, true, sock.SourcePoll, ""},
		"forced ends":            {ViewStates, sock.SourceDestroy, true, sock.SourceDestroy, ""},
		"forced programs":        {ViewStates, sock.SourceBPF, true, 0, "changes of state cannot be traced here: needs CAP_BPF"},
		"ends of all":            {ViewEnds, 0, true, 0, "ends cannot be traced here: needs CAP_BPF"},
		"retransmits":            {ViewRetransmits, 0, true, 0, "retransmits cannot be traced here: needs CAP_BPF"},
		"connects by ends":       {ViewConnects, sock.SourceDestroy, true, 0, "connects are told by programs in the kernel (bpf) alone, not by destroy"},
		"ends that are not told": {ViewStates, sock.SourceDestroy, false, 0, "changes of state cannot be traced here: what closes is told by sock_diag of Linux alone"},
	} {
		h := &Host{chain: *chainOf()}
		h.chain.env = &sock.Environment{Namespace: namespace(7)}
		h.tracer = func(context.Context, tracer.Options) (tracing, error) { return nil, refused }
		if c.closes {
			h.closings = func(sock.Query) (closingSource, error) { return &toldClosings{}, nil }
		}
		req := traceRequest(t, c.view, "sport > 0")
		req.Source = c.source
		trace, err := h.Trace(t.Context(), req)
		if err != nil {
			if none := new(NoTraceError); err.Error() != c.refused || c.want != 0 || !errors.As(err, &none) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if trace.Source != c.want || trace.Refused != c.refused {
			t.Errorf("%s: by %v (%s)", name, trace.Source, trace.Refused)
		}
		trace.Close()
	}
	// A machine whose namespace is not known would tell of all.
	h := &Host{chain: *chainOf()}
	h.tracer = func(context.Context, tracer.Options) (tracing, error) { return &fakeTracer{}, nil }
	req := traceRequest(t, ViewDrops, "sport > 0")
	if _, err := h.Trace(t.Context(), req); err == nil || err.Error() != "drops cannot be traced here: the own network namespace is not known without /proc" {
		t.Errorf("without a namespace: %v", err)
	}
}

// TestTraceEnds: what the kernel frees is an event.
func TestTraceEnds(t *testing.T) {
	closed := func(port uint16) *sock.Socket {
		s := row(sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, sock.Closed, port)
		return &s
	}
	h := &Host{chain: *chainOf(), closings: func(sock.Query) (closingSource, error) {
		return &toldClosings{told: []*sock.Socket{closed(1), closed(2), nil, closed(3)}}, nil
	}}
	req := traceRequest(t, ViewStates, "new_state = closed and sport != 2 and event_source = destroy")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	trace, err := h.Trace(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint16
	for s, err := range trace.Events(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if s == nil {
			got = append(got, 0)
			continue
		}
		if got = append(got, s.Local.Port()); s.Event.Kind != sock.EventClosed || s.Event.OldState != sock.StateUnknown || time.Since(s.Event.Time) > time.Minute {
			t.Errorf("%+v", s.Event)
		}
		if s.Local.Port() == 3 {
			cancel()
		}
	}
	if !slices.Equal(got, []uint16{1, 0, 3}) || trace.Source != sock.SourceDestroy {
		t.Errorf("told %v by %v", got, trace.Source)
	}
	if lost, err := trace.Lost(); lost != 3 || err != nil || trace.Close() != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
}

// TestTracePoll: what is different from one listing to the next is told, with the
// owner that was seen last.
func TestTracePoll(t *testing.T) {
	at := func(cookie uint64, state sock.State, pid int) *sock.Socket {
		s := row(sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, state, uint16(cookie))
		s.Cookie, s.Known = cookie, s.Known|sock.FieldCookie|sock.FieldOwners
		if pid > 0 {
			s.Owners, s.OwnerStatus = []sock.Owner{{Process: &sock.Process{PID: pid}}}, sock.OwnerKnown
		}
		return &s
	}
	passes := [][]*sock.Socket{
		{at(1, sock.Listen, 10), at(2, sock.Established, 10), at(3, sock.Established, 30)},
		{at(1, sock.Listen, 10), at(2, sock.FinWait2, 0), at(4, sock.SynSent, 40)},
		{at(1, sock.Listen, 10), at(4, sock.SynSent, 40)},
	}
	next := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := &polled{list: func(context.Context) *Listing {
		next++
		return (recorded{sockets: passes[next-1]}).listing(t)
	}}
	p.after = func(time.Duration) <-chan time.Time {
		c := make(chan time.Time, 1)
		if c <- time.Now(); next == len(passes)-1 { // the last one is made at the end
			cancel()
			return nil
		}
		return c
	}
	p.tracker.Equal = p.equal
	if _, rows, err := p.look(ctx); err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	trace := newTrace(nil, traceRequest(t, ViewStates, "sport != 1"), p, &Trace{Source: sock.SourcePoll})
	var got []string
	for s, err := range trace.Events(ctx) {
		switch {
		case err != nil:
			t.Fatal(err)
		case s == nil:
			got = append(got, "-")
		default:
			pid := 0
			if len(s.Owners) > 0 {
				pid = s.Owners[0].PID
			}
			got = append(got, fmt.Sprint(s.Event.Kind, " ", s.Local.Port(), " ", s.Event.OldState, " ", s.Event.NewState, " ", s.State, " ", pid))
		}
	}
	want := []string{
		"state 2 ESTABLISHED FIN_WAIT_2 FIN_WAIT_2 10", "closed 3 ESTABLISHED CLOSED CLOSED 30", "opened 4 UNKNOWN SYN_SENT SYN_SENT 40", "-",
		"closed 2 FIN_WAIT_2 CLOSED CLOSED 10", "-",
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q\nwant %q", got, want)
	}
	if next != 3 || passes[1][2].Event != nil {
		t.Errorf("%d listings; the tracker's own was changed: %t", next, passes[1][2].Event != nil)
	}
}

// TestMissing: a kernel that tells a part says what is missing, and one that tells
// nothing of a view refuses it.
func TestMissing(t *testing.T) {
	trace, err := hostTracing(&fakeTracer{}).Trace(t.Context(), traceRequest(t, ViewRetransmits, "sport > 0"))
	if err != nil || len(trace.Warnings) != 1 || trace.Warnings[0].Message != "this kernel does not tell each synack_retransmit: nor this one" {
		t.Errorf("%v, %+v", err, trace)
	}
	none := []tracer.Missing{{What: "drop", Err: errors.New("too old")}}
	if _, err := missing(none, tracer.KindsOf(tracer.Drop)); err == nil || err.Error() != "too old" {
		t.Errorf("no part of a view: %v", err)
	}
}

// TestMPTCPOwners: who listened by MPTCP before the trace owns what comes from there,
// unless several do.
func TestMPTCPOwners(t *testing.T) {
	end := func(text string) listenEnd { return listenEnd{7, netip.MustParseAddrPort(text)} }
	m := mptcpOwners{end("127.0.0.1:80"): {PID: 1}, end("[::]:81"): {PID: 2}, end("0.0.0.0:82"): nil}
	for _, c := range []struct {
		local         string
		netns         uint64
		before, after sock.State
		pid           int
		origin        sock.OwnerOrigin
	}{
		{"127.0.0.1:80", 7, sock.SynReceived, sock.Established, 1, sock.OriginInherited},
		{"127.0.0.1:80", 7, sock.Listen, sock.Closed, 1, sock.OriginSeeded},
		{"10.0.0.1:80", 7, sock.SynReceived, sock.Established, 0, 0},
		{"127.0.0.1:80", 8, sock.SynReceived, sock.Established, 0, 0},
		{"10.0.0.1:81", 7, sock.SynReceived, sock.Established, 2, sock.OriginInherited},
		{"10.0.0.1:82", 7, sock.SynReceived, sock.Established, 0, 0},
	} {
		e := changed(1, c.before, c.after)
		s := &e.Socket
		s.Local, s.Netns.Inode = netip.MustParseAddrPort(c.local), c.netns
		event := eventOf(e)
		s.Event = &event
		m.add(s)
		pid := 0
		if len(s.Owners) > 0 {
			pid = s.Owners[0].PID
		}
		if pid != c.pid || s.Event.Origin != c.origin {
			t.Errorf("%s in %d, %v: %d, %v", c.local, c.netns, c.before, pid, s.Event.Origin)
		}
		s.Owners = []sock.Owner{{Process: &sock.Process{PID: 9}}}
		if m.add(s); s.Owners[0].PID != 9 {
			t.Error("an owner that is known is replaced")
		}
	}
}
