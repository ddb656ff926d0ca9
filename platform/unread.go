package platform

import (
	"errors"
	"fmt"
	"strings"

	"sockeye/sock"
	"sockeye/sockdiag"
)

// unread says what is missing where no source could read a table; nil if nothing is,
// which is noted if somebody named it. refusals are those of the sources, none if none
// lists it.
//
// Most kernels are without some of the tables. Where the kernel counts no socket of
// the protocol there is none to be told, whyever it does not tell them.
func (r *chainRun) unread(q *sock.Query, t sock.Table, refusals []error) *sock.Partial {
	if len(refusals) == 0 {
		return nil
	}
	if errors.Is(refusals[len(refusals)-1], sock.ErrAbsent) {
		r.absent |= q.Named & sock.Protocols(t.Protocol)
		return nil
	}
	cause := errors.Join(refusals...)
	if missing, ok := errors.AsType[*sockdiag.NoHandlerError](cause); ok && len(refusals) == 1 {
		cause = missing // which says it all
	}
	if r.inUse != nil {
		switch sockets, known := r.inUse(r.env, t.Protocol); {
		case known && sockets == 0:
			r.absent |= q.Named & sock.Protocols(t.Protocol)
			return nil
		case known:
			cause = fmt.Errorf("%d %s sockets are there: %w", sockets, t.Protocol.Descriptor().Title, cause)
		}
	}
	return &sock.Partial{Code: sock.CodeUnavailable, Message: t.String() + " could not be read", Err: cause, Incomplete: true}
}

// absentWarnings says which protocols that were named the kernel has no sockets of, in
// one line; nothing for none.
func absentWarnings(absent sock.ProtocolSet) []sock.Warning {
	var titles []string
	for p := range absent.All {
		titles = append(titles, p.Descriptor().Title)
	}
	if titles == nil {
		return nil
	}
	list := titles[len(titles)-1]
	if others := titles[:len(titles)-1]; len(others) > 0 {
		list = strings.Join(others, ", ") + " or " + list
	}
	return []sock.Warning{{Code: sock.CodeAbsent, Message: "this kernel has no " + list + " sockets"}}
}
