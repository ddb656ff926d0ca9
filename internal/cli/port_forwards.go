package cli

import (
	"slices"
	"strings"

	"sockeye/render"
	"sockeye/render/portview"
	"sockeye/sock"
)

// forwarded reports whether the question is about a port that the kernel forwards.
func (q *portQuestion) forwarded(f *sock.Forward) bool {
	if f.Protocol != sock.ProtocolUnknown && !q.req.Query.Protocols.Has(f.Protocol) || f.Family != sock.FamilyUnknown && !q.req.Query.Families.Has(f.Family) {
		return false
	}
	return slices.ContainsFunc(q.ports, func(w portWord) bool { return w.forwarded(f) })
}

// forwarded reports whether one of the ports is forwarded.
func (w portWord) forwarded(f *sock.Forward) bool {
	if w.protocol != sock.ProtocolUnknown && f.Protocol != sock.ProtocolUnknown && w.protocol != f.Protocol {
		return false
	}
	for _, r := range w.ranges {
		if r.Lo <= f.Last && f.First <= r.Hi {
			return true
		}
	}
	return false
}

// concludeForwards sets the exit status of an answer in which there is no socket: the
// port may be forwarded without one. Without having looked nothing is said to be free.
func (r *run) concludeForwards(o *options, q *portQuestion, a answered) {
	if r.status != exitNothing {
		return
	}
	switch {
	case len(a.snap.Forwards) > 0:
		if !o.format.is(render.PIDs) {
			r.status = exitMatched
		}
		if o.terse() || o.format.is(render.JSON) {
			return
		}
		for i := range a.snap.Forwards {
			r.say("%s", shown(portview.ForwardText(&a.snap.Forwards[i])))
		}
	case a.snap.ForwardsUnknown != nil:
		r.status = exitFailed
		if !o.terse() {
			r.say("no socket uses port %s; %s", q.text, unknownForwards(a.snap.ForwardsUnknown))
		}
	case !o.terse():
		r.say("%s uses port %s", q.nothing(), q.text)
	}
}

// unknownForwards says why it is not known whether a port is forwarded.
func unknownForwards(err error) string {
	return "whether it is forwarded is not known: " + plainError(err).Error()
}

// freeText names ports of which no socket is, and which are not forwarded as far as that
// is known.
func (q *portQuestion) freeText(free []string, snap *sock.Snapshot) string {
	if snap.ForwardsUnknown != nil {
		return "no socket uses " + strings.Join(free, ", ") + "; " + unknownForwards(snap.ForwardsUnknown)
	}
	return q.nothing() + " uses " + strings.Join(free, ", ")
}
