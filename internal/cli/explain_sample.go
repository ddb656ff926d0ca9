package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"sockeye/internal/explain"
	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/change"
)

// sampleInterval is how often the states are looked at.
const sampleInterval = 50 * time.Millisecond

// transition is a change of state, as of [explain.Seen].
type transition struct{ from, to sock.State }

// transitions counts the changes of state from one listing to the next.
type transitions struct {
	last map[change.Identity]sock.State // nil: nothing was listed yet
	seen map[transition]int
}

// add takes the next listing.
func (t *transitions) add(now map[change.Identity]sock.State) {
	if t.last == nil {
		t.seen = map[transition]int{}
	} else {
		for id, to := range now {
			if from := t.last[id]; from != to { // unknown, if it was not there
				t.seen[transition{from, to}]++
			}
		}
		for id, from := range t.last {
			if _, there := now[id]; !there {
				t.seen[transition{from, sock.StateUnknown}]++
			}
		}
	}
	t.last = now
}

// all returns what was seen, the most frequent first.
func (t *transitions) all() []explain.Seen {
	var all []explain.Seen
	for change, n := range t.seen {
		all = append(all, explain.Seen{From: change.from, To: change.to, Count: n})
	}
	slices.SortFunc(all, func(a, b explain.Seen) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return all
}

// seenText lists what was seen in a time.
func seenText(all []explain.Seen, span time.Duration) string {
	looked := fmt.Sprintf("in %v, looked for every %v", span, sampleInterval)
	if len(all) == 0 {
		return "\nNo change was seen " + looked + ".\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nChanges seen %s:\n", looked)
	for i := range all {
		from, to := all[i].Names()
		fmt.Fprintf(&b, "%7d  %-12s -> %s\n", all[i].Count, from, to)
	}
	return b.String()
}

// sampleStates lists again and again for the time of --sample. The counts are those of
// the last listing.
func (r *run) sampleStates(o *options, open func() (*platform.Listing, error)) (explain.Counts, []explain.Seen, *platform.Listing, error) {
	t := &transitions{}
	p := &pace{interval: sampleInterval, now: r.Now, after: r.After}
	p.begin()
	for {
		listing, err := open()
		if err != nil {
			return nil, nil, nil, err
		}
		counts, now, err := r.countStates(listing)
		if err != nil {
			return nil, nil, nil, err
		}
		t.add(now)
		if p.beat*p.interval >= o.sample || !p.wait(r.ctx) {
			return counts, t.all(), listing, r.ctx.Err()
		}
	}
}

// countStates counts the sockets of a listing by state, and says which is in which.
func (r *run) countStates(listing *platform.Listing) (explain.Counts, map[change.Identity]sock.State, error) {
	counts, states := explain.Counts{}, map[change.Identity]sock.State{}
	err := r.eachListed(listing, func(s *sock.Socket) {
		counts[s.State]++
		states[change.IdentityOf(s)] = s.State
	})
	return counts, states, err
}
