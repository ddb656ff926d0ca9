package cli

import (
	"errors"
	"slices"
	"time"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

const waitStatus = `0 a socket matches (--gone: none does), 1 the time is over, 2 a mistake in the
options or the filter, 3 whether one matches cannot be known.`

const waitHelp = `Waits until a socket matches the filter, or with --gone until none does. It
prints nothing, but with a format the sockets that match.

The sockets are listed again and again, every 20 milliseconds or as seldom as
it takes so that this costs a hundredth of a processor, and once a minute at
least. What comes and goes in between is not seen.

Examples:
  sockeye wait -l sport 8080 --timeout 30 && curl localhost:8080
  sockeye wait --gone process nginx         until it holds no socket any more
  sockeye wait dport 5432 state established -j | jq .sockets[0].local_port
`

func waitCommand(o *options) command {
	o.timeout = forever
	return command{
		name: "wait", args: "FILTER", status: waitStatus, usage: "until a socket matches, or none", help: waitHelp,
		options: slices.Concat(
			[]*option{
				on(groupOwn, &o.gone, "gone", "", "until no socket matches"),
				span(groupOwn, &o.timeout, "timeout", 0, "for at most so many seconds, or 1m30s"),
			},
			o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(), o.ownerOptions(), o.noProcessesOption(),
			o.factOptions(), o.shapeOptions(), o.formatOptions(), o.namespaceOptions(), o.backendOptions(), o.messageOptions()),
		run: func(r *run, words []string) error { return r.waitFor(o, words) },
	}
}

// forever is the time of --timeout without the option.
const forever = -1

// How long wait waits between two listings: so much longer than one costs that it takes
// less than a hundredth of a processor, within these bounds.
const (
	shortestPoll = 20 * time.Millisecond
	longestPoll  = time.Minute
	pollShare    = 120
)

// condition is what is waited for.
type condition struct {
	*run
	o      *options
	b      backend
	req    platform.Request
	layout *render.Layout
	shown  bool // the sockets are written when it is met
}

// waitFor waits until a filter matches.
func (r *run) waitFor(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	f, err := r.guessFilter(o, words)
	if err != nil {
		return err
	}
	if f.Empty() && !o.choosesTables() {
		return usagef("wait needs what it waits for: sockeye wait -l sport 8080")
	}
	w := &condition{run: r, o: o, shown: o.format.chosen() || o.columns != nil || o.group != nil}
	if w.req, err = o.request(f, scope{tables{protocols: tcpAndUDP}, sock.DefaultStates}); err != nil {
		return err
	}
	if w.b, err = r.backendFor(o, &w.req); err != nil {
		return err
	}
	if w.layout, err = r.layout(o, w.req.Query, w.b); err != nil {
		return err
	}
	w.req.Query.Asked = f.Needs()
	if w.shown {
		w.req.Query.Want, w.req.Query.Asked = o.wants(w.layout.Needs()), w.layout.Asked()|f.Needs()
	}
	return w.poll()
}

// poll lists until the condition is met, or the time is over.
func (w *condition) poll() error {
	end := w.Now().Add(w.o.timeout)
	m := &meter{run: w.run}
	m.cost() // what the start took is not waiting
	for {
		m.begin()
		found, a, err := w.look()
		if err != nil {
			return err
		}
		unknown := len(found) == 0 && (a.unread() || a.withholds(w.req.Filter.Needs()))
		if len(found) > 0 != w.o.gone && !unknown {
			return w.met(found, a)
		}
		if unknown && w.o.gone {
			return w.over(a, "whether no socket matches is not known: not everything is to be seen")
		}
		pause := min(max(pollShare*m.cost(), shortestPoll), longestPoll)
		if w.o.timeout != forever {
			left := end.Sub(w.Now())
			if left <= 0 {
				if unknown {
					return w.over(a, "whether a socket matches is not known: not everything is to be seen")
				}
				w.status = exitNothing
				return w.tooLate()
			}
			pause = min(pause, left)
		}
		if err := w.sleep(pause); err != nil {
			return err
		}
	}
}

// meter measures what a look costs: the time of processors since it was asked before,
// which is more than the look takes, since waking up has a price too; or, where that is
// not known, the time that the look took.
type meter struct {
	*run
	last  time.Duration
	began time.Time
}

func (m *meter) begin() { m.began = m.Now() }

func (m *meter) cost() time.Duration {
	if m.Spent == nil {
		return m.Now().Sub(m.began)
	}
	before := m.last
	m.last = m.Spent()
	return m.last - before
}

// look lists once. One socket is enough if they are not to be shown.
func (w *condition) look() (found []*sock.Socket, a answered, err error) {
	listing := w.b.host.List(w.ctx, w.req)
	for s, err := range listing.Sockets {
		if err != nil {
			return nil, a, err
		}
		found = append(found, s.Clone())
		if !w.shown {
			break
		}
	}
	return found, answered{matched: len(found), snap: listing.Snapshot()}, nil
}

// met writes what was waited for.
func (w *condition) met(found []*sock.Socket, a answered) error {
	if w.o.debug {
		w.say("%s", debugText(a.snap))
	}
	if !w.shown {
		return nil
	}
	if err := w.writeAll(found, a.snap, w.layout); err != nil {
		return err
	}
	if w.o.strict && !a.snap.Complete {
		w.status = exitFailed
	}
	return nil
}

// over says what keeps the answer from being known.
func (w *condition) over(a answered, text string) error {
	for _, warning := range a.snap.Warnings {
		w.say("%s", warning.Message)
	}
	return errors.New(text)
}

func (w *condition) tooLate() error {
	switch {
	case w.o.terse():
	case w.o.gone:
		w.say("after %v a socket matches still", w.o.timeout)
	default:
		w.say("nothing matched within %v", w.o.timeout)
	}
	return nil
}
