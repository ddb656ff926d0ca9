package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/internal/explain"
	"sockeye/platform"
	"sockeye/sock"
)

// sampled is what happened in the time of --sample.
type sampled struct {
	seen   []explain.Seen // the most frequent first
	source sock.EventSource
}

// sampleStates counts the changes of state in the time of --sample, as programs in the
// kernel tell them or, where these cannot run, as listings differ.
func (r *run) sampleStates(o *options, req platform.Request) (*sampled, error) {
	b, err := r.backendFor(o, &req)
	if err != nil {
		return nil, err
	}
	told, err := o.readEventSource()
	if err != nil {
		return nil, err
	}
	req.Query.Want, req.Ownerless = 0, true
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	t, err := b.host.Trace(ctx, platform.TraceRequest{Request: req, View: platform.ViewStates, Source: told, EveryState: true})
	if err != nil {
		return nil, err
	}
	r.introduce(o, t)
	over := r.After(o.sample)
	go func() {
		select {
		case <-over:
			cancel()
		case <-ctx.Done():
		}
	}()
	return r.countChanges(ctx, o, t)
}

// countChanges reads a trace until its context ends.
func (r *run) countChanges(ctx context.Context, o *options, t *platform.Trace) (*sampled, error) {
	counts := map[explain.Seen]int{}
	for s, err := range t.Events(ctx) {
		if err != nil {
			return nil, errors.Join(r.readError(err), t.Close())
		}
		if s != nil {
			counts[explain.Seen{From: s.Event.OldState, To: s.Event.NewState}]++
		}
	}
	lost, missed := endOf(t)
	incomplete := r.tellMissed(t, missed)
	if lost > 0 {
		r.say(lostText, counted(lost, "event"))
	}
	if o.strict && (lost > 0 || incomplete) {
		r.status = exitFailed
	}
	return &sampled{mostFrequent(counts), t.Source}, r.ctx.Err()
}

// mostFrequent returns changes in the order in which they are told.
func mostFrequent(counts map[explain.Seen]int) []explain.Seen {
	var all []explain.Seen
	for c, n := range counts {
		c.Count = n
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b explain.Seen) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return all
}

// changesText lists what happened in the time of --sample.
func changesText(o *options, s *sampled) string {
	span := "in " + o.sample.String()
	if s.source == sock.SourcePoll {
		span += ", from listings that were compared"
	}
	if len(s.seen) == 0 {
		return "\nNo change of state " + span + ".\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nChanges of state %s:\n", span)
	for i := range s.seen {
		from, to := s.seen[i].Names()
		fmt.Fprintf(&b, "%7d  %-12s -> %s\n", s.seen[i].Count, from, to)
	}
	return b.String()
}
