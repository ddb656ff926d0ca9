package cli

import (
	"cmp"
	"fmt"
	"slices"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/render/summaryview"
	"sockeye/sock"
	"sockeye/sock/snapshot"
)

// summarize counts the sockets of a request by protocol, family and state, and says
// beside it what the kernel keeps of them as a whole.
func (r *run) summarize(o *options, req platform.Request) error {
	if err := o.checkSummary(); err != nil {
		return err
	}
	b, err := r.backendFor(o, &req)
	if err != nil {
		return err
	}
	listing, err := r.open(b, req)
	if err != nil {
		return err
	}
	s, err := platform.Summarize(listing)
	if err != nil {
		return r.readError(err)
	}
	if o.summary < 2 {
		s.Counters = nil
	}
	if err := r.writeSummary(o, s, listing); err != nil {
		return err
	}
	total := 0
	for i := range s.Tables {
		total += int(s.Tables[i].Total())
	}
	r.conclude(o, listing, total)
	return nil
}

// checkSummary refuses what says how single sockets are shown or closed.
func (o *options) checkSummary() error {
	listed := cmp.Or(
		when(o.columns != nil, "--columns"), when(o.sort != nil, "--sort"), when(o.group != nil, "--group-by"),
		when(o.limit > 0, "--limit"), when(o.kill, "--kill"), when(o.dump != "", "--dump"), when(o.events, "--events"), when(o.duration > 0, "--duration"),
		when(o.format.chosen() && !o.format.is(render.JSON), "--"+o.format.name))
	if len(o.shown) > 0 {
		listed = cmp.Or(listed, "--"+o.shown[0])
	}
	if listed != "" {
		return usagef("--summary counts sockets and lists none, it goes without %s; it is a table for people or --json", listed)
	}
	return nil
}

func (r *run) writeSummary(o *options, s *sock.Summary, listing *platform.Listing) error {
	if !o.format.is(render.JSON) {
		if err := summaryview.Write(r.Out, s, r.Width); err != nil {
			return writeError{err}
		}
		return nil
	}
	snap := listing.Snapshot()
	text, err := snapshot.AppendSummary(nil, s, &snap)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return r.print(string(append(slices.Clip(text), '\n')))
}
