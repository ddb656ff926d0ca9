package platform

import (
	"context"
	"iter"

	"sockeye/sock"
)

// openEnds begins to tell what closes, as the kernel does when it frees a socket.
func openEnds(h *Host, ctx context.Context, req TraceRequest) (eventStream, []sock.Warning, error) {
	if h.spaces != nil {
		return nil, nil, errOneNamespace
	}
	all := req.Request
	all.Query.Want |= sock.FieldCookie | sock.FieldTCPInfo
	all.Filter = nil // it may be about the event
	closings, err := h.Closings(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	return &endEvents{closings: closings}, closings.Listed().Warnings, nil
}

// endEvents makes events of what closes.
type endEvents struct {
	closings *Closings
	event    sock.Event
}

func (t *endEvents) events(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for s, err := range t.closings.Sockets(ctx) {
			if err == nil && s != nil {
				t.event = sock.Event{
					Kind: sock.EventClosed, Source: sock.SourceDestroy, Time: s.ClosedAt, NewState: sock.Closed, Duration: -1, Lifetime: -1,
				}
				s.Event, s.Known = &t.event, s.Known|sock.FieldEvent
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (t *endEvents) lost() (uint64, error) { return t.closings.Lost() }
func (t *endEvents) close() error          { return t.closings.Close() }
