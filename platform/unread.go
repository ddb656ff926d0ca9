package platform

import (
	"errors"
	"fmt"

	"sockeye/sock"
)

// unread says what is missing where no source could read a table; nil if nothing is
// and nobody named it. refusals are those of the sources, none if none lists it.
//
// Most kernels are without some of the tables. Where the kernel counts no socket of
// the protocol there is none to be told, whyever it does not tell them.
func (r *chainRun) unread(q *sock.Query, t sock.Table, refusals []error) *sock.Partial {
	if len(refusals) == 0 {
		return nil
	}
	title := t.Protocol.Descriptor().Title
	absent := &sock.Partial{Code: sock.CodeAbsent, Message: fmt.Sprintf("this kernel has no %s sockets", title)}
	if errors.Is(refusals[len(refusals)-1], sock.ErrAbsent) {
		return toldIfNamed(q, t, absent)
	}
	cause := errors.Join(refusals...)
	if r.inUse != nil {
		switch sockets, known := r.inUse(r.env, t.Protocol); {
		case known && sockets == 0:
			return toldIfNamed(q, t, absent)
		case known:
			cause = fmt.Errorf("%d %s sockets are there: %w", sockets, title, cause)
		}
	}
	return &sock.Partial{Code: sock.CodeUnavailable, Message: t.String() + " could not be read", Err: cause, Incomplete: true}
}

// toldIfNamed returns what is to be said of a table that was named.
func toldIfNamed(q *sock.Query, t sock.Table, part *sock.Partial) *sock.Partial {
	if q.Named.Has(t.Protocol) {
		return part
	}
	return nil
}
