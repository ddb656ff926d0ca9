package cli

import (
	"fmt"
	"slices"
	"strings"

	"sockeye/internal/doctor"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
)

// read looks at one file, or at what was between two.
func (x *examination) read() error {
	first, last := &side{}, &side{}
	if err := x.loadFrom(x.input, last, x.req); err != nil {
		return err
	}
	last.file = x.o.from
	if x.o.later != "" {
		first, last = last, &side{file: x.o.later}
		if err := x.load(last, x.req); err != nil {
			return err
		}
	}
	return x.apply(first, last)
}

// apply applies the rules to what two files hold, or to the last if there is one.
func (x *examination) apply(first, last *side) error {
	x.machine.Once = first.file == ""
	x.machine.Partial = x.machine.Partial || partial(last) || partial(first)
	x.machine.Lacks = lacking(last)
	if !x.machine.Once {
		before, after := &first.snap, &last.snap
		if before.Host != after.Host && before.Host != "" && after.Host != "" {
			return usagef("%s is of the machine %s, and %s of %s", fileName(first.file), before.Host, fileName(last.file), after.Host)
		}
		timed := !before.GeneratedAt.IsZero() && !after.GeneratedAt.IsZero()
		if timed && after.GeneratedAt.Before(before.GeneratedAt) {
			first, last = last, first
		}
		if timed {
			x.machine.Took = last.snap.GeneratedAt.Sub(first.snap.GeneratedAt)
		}
		x.machine.Lacks |= lacking(first)
		x.machine.Identity = change.Common(first.sockets, last.sockets)
		for _, s := range first.sockets {
			x.machine.Add(s)
		}
	}
	for _, s := range last.sockets {
		x.see(s)
	}
	x.snap = last.snap
	x.snap.Complete = last.snap.Complete && (x.machine.Once || first.snap.Complete)
	x.snap.Warnings = nil
	for _, s := range []*side{first, last} {
		if w, missing := x.unasked(s); missing {
			s.snap.Warnings = append(s.snap.Warnings, w)
		}
		for _, w := range s.snap.Warnings {
			if !slices.Contains(x.snap.Warnings, w) {
				x.snap.Warnings = append(x.snap.Warnings, w)
			}
		}
	}
	return nil
}

// partial reports whether a file was not asked for every connection of TCP.
func partial(s *side) bool {
	asked := &s.snap.Asked
	q := asked.Query()
	return asked.Told() && (asked.Filter != "" || !q.Protocols.Has(sock.TCP) || sock.ConnectedStates&^q.States != 0 ||
		q.Families != sock.Families(sock.IPv4, sock.IPv6))
}

// lacking returns the facts that no socket of a listing knows of which it would be told:
// without connections, say, those of connections are not lacking.
func lacking(s *side) sock.Field {
	var known, expected sock.Field
	for _, socket := range s.sockets {
		known |= socket.Known
		expected |= sock.FieldOwners | sock.FieldMemory
		switch {
		case socket.Protocol == sock.TCP && socket.State == sock.Listen:
			expected |= sock.FieldBacklog | sock.FieldRecvQueue
		case socket.Protocol == sock.TCP && sock.OpenStates.Has(socket.State):
			expected |= doctor.Needs() &^ (sock.FieldBacklog | sock.OwnerFields)
		}
		for _, o := range socket.Owners {
			known |= o.Known
			expected |= sock.ProcessFields
		}
	}
	return doctor.Needs() & expected &^ known
}

// unasked warns of a file that was not asked for all that the rules look at: what is
// not in it may have been there.
func (x *examination) unasked(s *side) (w sock.Warning, missing bool) {
	asked := &s.snap.Asked
	if s.file == "" || !asked.Told() {
		return w, false
	}
	var words []string
	for p := range (sock.Protocols(sock.TCP, sock.UDP) & x.req.Query.Protocols &^ asked.Protocols).All {
		words = append(words, p.String()+" sockets")
	}
	// The rules look at neither of the last two.
	states := sock.TCP.Descriptor().States & x.req.Query.States &^ asked.Query().States &^ sock.States(sock.Bound, sock.Closed)
	switch {
	case !asked.Protocols.Has(sock.TCP):
	case states.Has(sock.Established):
		words = append(words, "connections")
	case states.Has(sock.Listen):
		words = append(words, "listeners")
	default:
		for state := range states.All {
			words = append(words, state.String())
		}
	}
	return sock.Warning{Code: sock.CodeInput, Message: fmt.Sprintf("%s holds no %s, which were not asked for: sockeye -tua tells them",
		fileName(s.file), strings.Join(words, " and no "))}, len(words) > 0
}

// reason says why a rule was skipped.
func reason(s doctor.Skip) string {
	switch {
	case s.Counters:
		return "needs the kernel's counters, which are not known"
	case s.Twice:
		return "compares two listings"
	case s.Partial:
		return "needs every connection, and some are left out"
	}
	return "needs " + fact.Missing(s.Lacks) + ", which no socket tells"
}
