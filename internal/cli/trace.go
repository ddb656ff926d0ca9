package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

const traceHelp = `Tells what happens to TCP sockets as it happens, and whose they are: every
change of state, or another view of it. It ends with Ctrl-C, --duration or
--limit.

Examples:
  sockeye trace port 443              each change of state at port 443
  sockeye trace --connects 'failure != refused or duration > 100ms'
  sockeye trace --lifetimes -C time,remote,lifetime_ms,sent_bytes,process
  sockeye trace --drops --duration 10 --ndjson | jq -r .reason | sort | uniq -c
  sockeye trace --limit 1 -q new_state eq listen and sport eq 8080

It needs CAP_BPF and CAP_PERFMON (or root) and Linux 5.12 with BTF. Without
them the ends of connections are told, or what differs from one listing to the
next, and that is said; --event-source forces one.
`

const traceStatus = `0 something was told, or Ctrl-C ended it, 1 nothing that matches
happened, 2 a mistake in the options or the filter, 3 nothing can tell it here, the
answer could not be written or, with --strict, events were lost.`

func traceCommand(o *options) command {
	return command{
		name: "trace", args: "[FILTER]", status: traceStatus, usage: "what happens, as it happens", help: traceHelp,
		options: slices.Concat(
			o.viewOptions(),
			only(o.portOptions(), "tcp"),
			used(o.familyOptions(), "query", "tcp, which is all that is traced", "family", "address families: inet inet6"),
			only(o.stateOptions(), "filter-file"),
			without(o.ownerOptions(), "threads"), o.noProcessesOption(),
			only(o.factOptions(), "extended", "info", "cgroup", "context"),
			used(without(o.shapeOptions(), "no-queues", "sort", "group-by"), "limit", "end after N events"),
			[]*option{o.durationOption("end after so many seconds, or 1m30s")},
			without(o.formatOptions(), "json", "pids", "count"),
			[]*option{o.eventSourceOption("who tells: auto, poll; on Linux bpf, destroy", eventSources)},
			used(o.sourceOptions(), "from", "events of a file that sockeye trace --ndjson wrote; - is standard input"),
			without(o.otherOptions(), "kill", "yes")),
		run: func(r *run, words []string) error { return r.trace(o, words) },
	}
}

// trace tells what happens until SIGINT, a limit or the end of the time that is given.
func (r *run) trace(o *options, words []string) error {
	o.tracing = true
	if err := r.begin(o); err != nil {
		return err
	}
	source, err := o.readEventSource()
	if err != nil {
		return err
	}
	f, err := r.guessFilter(o, words)
	if err != nil {
		return err
	}
	req := platform.TraceRequest{View: o.view.view, Source: source}
	if req.Request, err = o.request(f, scope{tables{protocols: sock.Protocols(sock.TCP)}, sock.AllStates}); err != nil {
		return err
	}
	if req.Query.Protocols &= sock.Protocols(sock.TCP); req.Query.Protocols == 0 {
		return usagef("trace tells what happens to TCP sockets; the filter asks for others")
	}
	ctx, cancel := r.lasting(o)
	defer cancel()
	t, layout, err := r.openTrace(ctx, o, req)
	if err != nil {
		return err
	}
	return r.showTrace(ctx, o, t, layout)
}

// openTrace begins the trace, or opens that of the file that --from names, and works
// out how it is written.
func (r *run) openTrace(ctx context.Context, o *options, req platform.TraceRequest) (*platform.Trace, *render.Layout, error) {
	b, err := r.backendFor(o, &req.Request)
	if err != nil {
		return nil, nil, err
	}
	layout, err := r.traceLayout(o, req, b, req.Source)
	if err != nil {
		return nil, nil, err
	}
	if b.host == nil {
		t, err := r.replayTrace(req)
		return t, layout, err
	}
	// The facts about processes cost a look at each, and are told if they are asked for.
	req.Query.Want = o.wants(layout.Needs()&^sock.ProcessFields | layout.Asked()&sock.ProcessFields)
	t, err := b.host.Trace(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	fits := func() error {
		b.where = "from the source " + t.Source.String()
		if lost := lostToFilter(req.Filter.Needs(), b.host.TraceFields(t.Source)); lost != 0 {
			return b.refusal("the filter", fact.Missing(lost))
		}
		if layout, err = r.traceLayout(o, req, b, t.Source); err != nil || o.columns == nil {
			return err
		}
		return b.refuseColumns(&layout.Options, b.host.TraceFields(t.Source))
	}
	if err := fits(); err != nil {
		t.Close()
		return nil, nil, err
	}
	return t, layout, nil
}

// traceLayout is how the events of a source are written.
func (r *run) traceLayout(o *options, req platform.TraceRequest, b backend, source sock.EventSource) (*render.Layout, error) {
	shape, err := r.shape(o, req.Query, b)
	if err != nil {
		return nil, err
	}
	if err := o.arrangeTrace(&shape, source); err != nil {
		return nil, err
	}
	shape.GeneratedAt = r.Now()
	return layoutOf(shape)
}

// replayTrace opens the events of a file.
func (r *run) replayTrace(req platform.TraceRequest) (*platform.Trace, error) {
	if r.input.raw {
		return nil, inputError(r.input.name, errors.New("a raw dump has no events"))
	}
	doc, err := snapshot.OpenEvents(r.input.r)
	if err != nil {
		return nil, inputError(r.input.name, err)
	}
	return platform.ReplayTrace(doc, doc.Lost, req), nil
}

// showTrace writes what happens, and at the end how much of it was lost.
func (r *run) showTrace(ctx context.Context, o *options, t *platform.Trace, layout *render.Layout) error {
	viewBegun(r.ctx)
	takesTime(r.ctx) // to end what tells the events, and to sum up
	r.introduce(o, t)
	out := newEventWriter(r.Out, layout, t.Source, eventOf)
	err := out.Flush() // the header of a table
	for s, failure := range t.Events(ctx) {
		switch {
		case failure != nil:
			if err := out.Flush(); err != nil { // what came before it
				t.Close()
				return writeError{err}
			}
			return errors.Join(r.readError(failure), t.Close())
		case err != nil:
		case s == nil:
			err = out.Flush()
		default:
			err = out.tell(s)
		}
		if err != nil || o.limit > 0 && t.Matched == uint64(o.limit) || t.Matched > 0 && o.format.is(render.Quiet) {
			break
		}
	}
	if err != nil {
		t.Close()
		return writeError{err}
	}
	lost, missed := endOf(t)
	if err := out.end(r.Now(), lost); err != nil {
		return writeError{err}
	}
	r.endTrace(o, t, lost, missed)
	return nil
}

// introduce says who tells the events, if it is not the best, and what is missing.
func (r *run) introduce(o *options, t *platform.Trace) {
	const missed = "what opens and closes between two of them is not seen"
	switch {
	case t.Refused == "":
	case t.Source == sock.SourceDestroy:
		r.say("changes of state cannot be traced (%s): ends of connections are told, as the kernel frees them", t.Refused)
	case t.Source == sock.SourcePoll:
		r.say("changes of state cannot be traced (%s): listings are compared, and %s", t.Refused, missed)
	}
	for _, w := range t.Warnings {
		r.say("%s", w.Message)
	}
	if o.debug {
		r.say("debug: what happens is told from now on, by %s", cmp.Or(t.Source.String(), "a file"))
	}
}

// endTrace sums up, and sets the exit status. Only who ends it by hand is told how much
// there was.
func (r *run) endTrace(o *options, t *platform.Trace, lost uint64, missed error) {
	incomplete := r.tellMissed(t, missed)
	switch {
	case r.ctx.Err() != nil && !o.terse():
		r.clearInterrupt()
		r.say("%s", traceTotal(o.view.view, t, lost))
	case lost > 0:
		r.say(lostText, counted(lost, "event"))
	}
	switch {
	case o.strict && (lost > 0 || incomplete):
		r.status = exitFailed
	case t.Matched == 0 && r.ctx.Err() == nil:
		r.status = exitNothing
	}
}

// lostText says how many events were lost.
const lostText = "%s lost: they came faster than they could be read"

// endOf ends a trace, and returns how many events were lost, and what else was missed.
func endOf(t *platform.Trace) (lost uint64, missed error) {
	lost, missed = t.Lost()
	return lost, errors.Join(missed, t.Close())
}

// tellMissed says what a trace left out, and reports whether it did.
func (r *run) tellMissed(t *platform.Trace, missed error) bool {
	if missed != nil {
		r.say("%v", missed)
	}
	parts := t.Missed()
	for _, w := range parts {
		r.say("%s", w.Message)
	}
	return missed != nil || len(parts) > 0
}

// traceTotal is such as 2 changes, 1 connection, 0 lost.
func traceTotal(v platform.View, t *platform.Trace, lost uint64) string {
	word := strings.TrimSuffix(v.String(), "s")
	parts := []string{counted(t.Matched, word)}
	switch v {
	case platform.ViewStates:
		parts = []string{counted(t.Matched, "change"), counted(t.Connections, "connection")}
	case platform.ViewLifetimes:
		parts = []string{counted(t.Matched, "connection")}
	}
	return strings.Join(append(parts, fmt.Sprintf("%d lost", lost)), ", ")
}
