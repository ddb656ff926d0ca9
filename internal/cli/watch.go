package cli

import (
	"context"
	"errors"
	"time"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
)

// The shortest and the longest interval of --watch, and that without a number.
const (
	shortestInterval = time.Millisecond
	longestInterval  = 24 * time.Hour
	usualInterval    = time.Second
)

// watchOptions repeat a listing.
func (o *options) watchOptions() []*option {
	return []*option{
		o.intervalOption("watch", "c", "[=SECONDS]", "again every second, or so many; marks rows: + new, ~ changed, - closed; rates from the second pass on"),
		number(groupShape, &o.passes, "passes", "end --watch after N listings"),
		o.durationOption("end --watch and the like after so many seconds, or 1m30s"),
	}
}

// intervalOption says how often is listed.
func (o *options) intervalOption(name, short, value, usage string) *option {
	return &option{name: name, short: short, value: value, group: groupShape, set: o.setWatch, usage: usage}
}

// durationOption ends a view that goes on.
func (o *options) durationOption(usage string) *option {
	return span(groupShape, &o.duration, "duration", 1, usage)
}

// lasting returns the context of a view that goes on: it ends with the time of
// --duration, if that is given.
func (r *run) lasting(o *options) (context.Context, context.CancelFunc) {
	if o.duration == 0 {
		return r.ctx, func() {}
	}
	return context.WithTimeout(r.ctx, o.duration)
}

// setWatch takes the interval of --watch; the library says true where there is none.
func (o *options) setWatch(word string) error {
	if o.watch = usualInterval; word == "true" {
		return nil
	}
	var err error
	if o.watch, err = readSpan(word); err != nil || o.watch < shortestInterval || o.watch > longestInterval {
		return usagef("--watch=%s: a number of seconds is needed, from 0.001 to 86400", word)
	}
	return nil
}

// checkWatch refuses what repeating makes no sense of.
func (o *options) checkWatch() error {
	f := o.format
	switch {
	case o.watch == 0 && o.passes > 0:
		return usagef("--passes is how often --watch lists, it goes with that only")
	case o.watch == 0 && o.duration > 0 && !o.events && !o.tracing:
		return usagef("--duration is for a view that goes on, such as trace, --watch and --events")
	case o.watch == 0:
		return nil
	case o.from != "":
		return usagef("--watch repeats a listing of this machine, it goes without --from")
	case o.action() != "":
		return usagef("--watch repeats a listing, it goes without %s", o.action())
	case f.is(render.CSV) || f.is(render.TSV) || f.is(render.PIDs):
		return usagef("--watch goes without --%s, whose lines do not say of which pass they are: --ndjson writes an event a change, --json a document a pass", f.name)
	case f.is(render.NDJSON) && (o.sort != nil || o.group != nil || o.limit > 0):
		return usagef("--watch with --ndjson writes events, it goes without --sort, --group-by and --limit: --json writes a document a pass")
	}
	return nil
}

// watch is a listing that is repeated, each pass compared with the one before.
type watch struct {
	*run
	o        *options
	layout   *render.Layout
	list     func(context.Context) *platform.Listing
	needs    sock.Field // of the filter
	tracker  change.Tracker
	forwards change.Tracker
	view     view
	said     said

	passes, failed int
	matched        bool // in one pass at least
	last           answered
	incomplete     bool // one pass at least was
}

// pass is one listing, compared.
type pass struct {
	number                  int // from 1
	at                      time.Time
	rows                    []change.Row // of sockets, then what stands for forwards
	forwards                int          // so many of the rows, at the end
	snap                    sock.Snapshot
	opened, changed, closed int
	listed, forwarded       int // sockets and forwards that are not closed
}

// count counts what became of the rows.
func (p *pass) count() {
	for i, row := range p.rows {
		switch row.Kind {
		case change.Opened:
			p.opened++
		case change.Changed:
			p.changed++
		case change.Closed:
			p.closed++
			continue
		}
		if i < len(p.rows)-p.forwards {
			p.listed++
		} else {
			p.forwarded++
		}
	}
}

// view shows passes.
type view interface {
	pass(*pass) error
	// makeWay is called before a message is written, perhaps to the same terminal.
	makeWay()
	// end is called behind the last pass.
	end(at time.Time, passes, skipped int) error
}

// watch repeats a listing until it is ended.
func (r *run) watch(o *options, req platform.Request) error {
	b, err := r.backendFor(o, &req)
	if err != nil {
		return err
	}
	shape, err := r.shape(o, req.Query, b)
	if err != nil {
		return err
	}
	w, err := r.newWatch(o, &req, shape)
	if err != nil {
		return err
	}
	ctx, cancel := r.lasting(o)
	defer cancel()
	r.ctx = ctx
	takesTime(r.ctx) // to write the last line
	w.list = func(ctx context.Context) *platform.Listing { return b.host.List(ctx, req) }
	return w.repeat()
}

// newWatch works out how passes are compared and shown, and what is asked for that.
func (r *run) newWatch(o *options, req *platform.Request, shape render.Options) (*watch, error) {
	marks := &marks{}
	shape.Stay = true // the tracker keeps the sockets as they are
	if shape.Format == render.Table && shape.Group == nil {
		shape.Mark = marks.of
	}
	layout, err := layoutOf(shape)
	if err != nil {
		return nil, err
	}
	w := &watch{run: r, o: o, layout: layout, needs: req.Filter.Needs(), said: said{}}
	req.Query.Want, req.Query.Asked = o.wants(layout.Needs()|change.Needs), layout.Asked()|req.Filter.Needs()
	if w.needs&sock.ComparedFields != 0 {
		req.Later, w.tracker.Match = sock.ComparedFields, req.Filter.Match
	}
	if compared := layout.Compared(); len(compared) > 0 && layout.Group == nil {
		w.tracker.Equal = func(a, b *sock.Socket) bool { return fact.Same(compared, a, b) }
		w.forwards.Equal = w.tracker.Equal
	}
	w.view = w.newView(marks)
	return w, nil
}

// repeat lists until it was often enough, or the context ends. What fails in one
// pass is said, and does not end it unless nothing else has been seen.
func (w *watch) repeat() error {
	p := &pace{interval: w.o.watch, now: w.Now, after: w.After}
	p.begin()
	for {
		err := w.once()
		var unwritten writeError
		switch {
		case errors.As(err, &unwritten):
			return err
		case err != nil && w.ctx.Err() == nil:
			w.failed++
			if w.failed == w.passes && (w.failed == mostFailed || w.passes == w.o.passes) {
				return err
			}
			w.sayOnce("a pass failed: " + err.Error())
		}
		if w.enough() || !p.wait(w.ctx) {
			break
		}
	}
	if err := w.view.end(w.Now(), w.passes, p.skipped); err != nil {
		return writeError{err}
	}
	w.setStatus()
	return nil
}

// mostFailed is how many passes may fail before one has not.
const mostFailed = 3

// enough reports whether no further pass is wanted. For the exit status alone one
// socket is enough.
func (w *watch) enough() bool {
	return w.o.passes > 0 && w.passes >= w.o.passes || w.matched && w.o.format.is(render.Quiet) && !w.o.strict
}

// once makes one pass.
func (w *watch) once() error {
	w.passes++
	p := pass{number: w.passes, at: w.Now()}
	listing := w.list(w.ctx)
	all, err := collect(listing)
	if err != nil {
		if w.ctx.Err() != nil {
			w.passes-- // it was not made
		}
		return err
	}
	p.snap = listing.Snapshot()
	w.last = answered{snap: p.snap}
	p.rows = w.tracker.Compare(all, !w.last.unread())
	forwards := w.forwards.Compare(listing.Forwarded(), p.snap.ForwardsUnknown == nil)
	p.rows, p.forwards = append(p.rows, forwards...), len(forwards)
	p.count()
	w.matched = w.matched || p.listed+p.forwarded > 0
	w.incomplete = w.incomplete || !p.snap.Complete
	for _, warning := range p.snap.Warnings {
		w.sayOnce(warning.Message)
	}
	if w.o.debug {
		w.sayOnce(debugText(p.snap))
	}
	viewBegun(w.ctx)
	if err := w.view.pass(&p); err != nil {
		return writeError{err}
	}
	return nil
}

// sayOnce says what was not said of an earlier pass.
func (w *watch) sayOnce(text string) {
	if w.said.isNew(text) {
		w.view.makeWay()
		w.say("%s", text)
	}
}

// setStatus sets the exit status.
func (w *watch) setStatus() {
	switch {
	case w.o.strict && w.incomplete, !w.matched && (w.last.unread() || w.last.withholds(w.needs)):
		w.status = exitFailed
	case !w.matched:
		w.status = exitNothing
	}
}
