package cli

import (
	"sockeye/internal/doctor"
	"sockeye/internal/top"
	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// doctor is what the rules of doctor take to look at the passes of the view. They need no
// listing of their own.
func (v *topView) doctor() *top.Doctor {
	facts := v.o.wants(doctor.Needs()) & v.b.fields()
	if v.o.noOwners() {
		facts &^= sock.OwnerFields
	}
	var counted map[*doctor.Space]bool
	return &top.Doctor{
		Facts: facts,
		Fits:  v.lists,
		New: func() *doctor.Machine {
			m := &doctor.Machine{Took: usualSample, Lacks: doctor.Needs() &^ facts}
			v.asks(m, v.b)
			return m
		},
		Before: func(m *doctor.Machine) {
			counted = countBefore(m, v.kernels())
		},
		After: func(m *doctor.Machine) { countAfter(m, v.kernels(), counted) },
		Text: func(found []doctor.Finding, skipped []doctor.Skip, width int) string {
			return (&examination{run: v.run, o: v.o}).text(found, skipped, width)
		},
	}
}

// lists reports whether the tables of a filter hold TCP as a whole: a rule that misses
// the other end of a connection in what was left out would find what is not there.
func (v *topView) lists(f *filter.Filter) bool {
	req, err := v.request(f)
	q := req.Query
	return err == nil && q.Protocols.Has(sock.TCP) && q.Families.Has(sock.IPv4) && q.Families.Has(sock.IPv6) &&
		q.States|sock.States(sock.Bound) == sock.AllStates
}

// kernels are the kernel's counters now.
func (v *topView) kernels() []platform.SpaceKernel {
	protocols := sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite)
	return v.b.host.List(v.ctx, platform.Request{Query: sock.Query{Protocols: protocols}}).Kernels()
}
