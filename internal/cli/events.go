package cli

import (
	"cmp"
	"context"
	"errors"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// events tells of TCP and UDP sockets as they are closed, until SIGINT, a limit or the
// end of the time that is given.
func (r *run) events(o *options, req platform.Request) error {
	if err := o.checkEvents(req); err != nil {
		return err
	}
	b, err := r.openBackend(o)
	if err != nil {
		return err
	}
	if !b.host.TellsClosings() {
		return b.refusal("--events", "what closes")
	}
	if err := b.fit(o, &req); err != nil {
		return err
	}
	layout, err := r.layout(o, req.Query, b)
	if err != nil {
		return err
	}
	req.Query.Want = o.wants(layout.Needs())
	ctx, cancel := r.lasting(o)
	defer cancel()
	closings, err := b.host.Closings(ctx, req)
	if err != nil {
		return err
	}
	v := &closingView{run: r, o: o, needs: req.Filter.Needs(), closings: closings, out: newEventWriter(r.Out, layout, sock.SourceDestroy, closedEvent), said: said{}}
	viewBegun(r.ctx)
	takesTime(r.ctx) // to write what was told, and the last line
	v.look()
	if o.debug {
		r.say("debug: what closes is told from now on")
	}
	return v.show(ctx)
}

// closingView shows what closes.
type closingView struct {
	*run
	o        *options
	needs    sock.Field // of the filter
	closings *platform.Closings
	out      eventWriter
	said     said

	shown  int
	listed answered // the last listing of owners
	partly bool     // a listing was not complete
}

// look says what is new about the listings in which owners are looked for.
func (v *closingView) look() {
	snap := v.closings.Listed()
	v.listed, v.partly = answered{snap: snap}, v.partly || !snap.Complete
	for _, w := range snap.Warnings {
		if v.said.isNew(w.Message) {
			v.say("%s", w.Message)
		}
	}
}

// show writes what closes, and at the end how much of it was lost.
func (v *closingView) show(ctx context.Context) error {
	for s, err := range v.closings.Sockets(ctx) {
		switch {
		case err != nil:
			return errors.Join(err, v.closings.Close())
		case s == nil:
			v.look()
			err = v.out.Flush()
		default:
			v.shown++
			err = v.out.tell(s)
		}
		if err != nil {
			v.closings.Close()
			return writeError{err}
		}
		if v.o.limit > 0 && v.shown == v.o.limit {
			break
		}
	}
	v.clearInterrupt()
	lost, err := v.closings.Lost()
	err = errors.Join(err, v.closings.Close())
	if writing := v.out.end(v.Now(), lost); writing != nil {
		return writeError{writing}
	}
	v.look()
	if err != nil {
		v.say("%v", err)
	}
	if lost > 0 {
		v.say("%d closed sockets are not told: they were closed faster than they could be read", lost)
	}
	switch {
	case v.o.strict && (lost > 0 || err != nil || v.partly), v.shown == 0 && v.listed.withholds(v.needs) && v.ctx.Err() == nil:
		v.status = exitFailed
	case v.shown == 0 && v.ctx.Err() == nil:
		v.status = exitNothing
	}
	return nil
}

// checkEvents refuses what does not go with sockets that are told one by one when
// they have ended.
func (o *options) checkEvents(req platform.Request) error {
	other := cmp.Or(
		when(o.from != "", "--from"), when(o.kill, "--kill"), when(o.dump != "", "--dump"),
		when(o.sort != nil, "--sort"), when(o.group != nil, "--group-by"))
	if other != "" {
		return usagef("--events tells what closes on this machine as it happens, it goes without %s", other)
	}
	switch o.format.format {
	case render.Table, render.NDJSON, render.CSV, render.TSV, render.Template:
	case render.JSON:
		return usagef("--events has no end that a document could have: a line each is --ndjson")
	default:
		return usagef("--events goes without --%s", o.format.name)
	}
	for _, word := range o.tables {
		if word.protocols&platform.ClosingProtocols == 0 && !word.negated {
			return usagef("%s: the kernel tells the end of TCP and UDP sockets alone", word.said)
		}
	}
	if states, explicit := req.Filter.States(); explicit && !states.Has(sock.Closed) || o.listening || o.connected || o.boundAlone {
		return usagef("--events tells sockets that have ended: their state is CLOSED, and which one they had is not told")
	}
	return nil
}

// closedTables are the columns of a table of closed sockets, and the width that they
// need with addresses of IPv4.
var closedTables = []struct {
	columns string
	width   int
}{
	{"closed_at,protocol,local,remote,bytes_received,bytes_acked,total_retrans,rtt,pid,process", 142},
	{"protocol,local,remote,bytes_received,bytes_acked,pid,process", 100},
	{"protocol,local,remote,pid,process", 0},
}

// closedColumns are the first columns that fit the terminal, of a pipe the first.
func closedColumns(l *render.Options) string {
	for _, t := range closedTables {
		if l.Width == 0 || l.Wide || l.Width >= t.width {
			return t.columns
		}
	}
	return ""
}

// arrangeEvents says how closed sockets are written: with their last tcp_info. In
// lines of JSON the event itself has the time.
func (o *options) arrangeEvents(l *render.Options) (err error) {
	l.Live, l.Queues, l.Limit = true, false, 0
	switch l.Format {
	case render.NDJSON:
		l.Facts |= fact.Shown("info")
	case render.Table:
		if o.columns == nil {
			l.Columns, err = render.ParseColumns(closedColumns(l))
		}
	default:
		l.Facts |= sock.FieldClosedAt | sock.FieldTCPInfo
	}
	return err
}
