package cli

import (
	"slices"
	"strings"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// viewWord is the option that chose a view; without one it is every change of state.
type viewWord struct {
	name string // without dashes; empty: none did
	view platform.View
}

// columns of a table, by its view. One that is not from the kernel's programs has other
// counts of bytes.
var (
	viewColumns = map[platform.View]string{
		platform.ViewStates:      "time,protocol,local,remote,old_state,new_state,duration_ms,pid,process",
		platform.ViewLifetimes:   "time,protocol,local,remote,lifetime_ms,sent_bytes,received_bytes,total_retrans,rtt,pid,process",
		platform.ViewConnects:    "time,protocol,local,remote,duration_ms,failure,pid,process",
		platform.ViewAccepts:     "time,protocol,local,remote,duration_ms,owner_origin,pid,process",
		platform.ViewListens:     "time,protocol,local,old_state,new_state,pid,process",
		platform.ViewRetransmits: "time,protocol,local,remote,state,retransmitted,segments,segment_bytes,pid,process",
		platform.ViewResets:      "time,protocol,local,remote,state,direction,reason,pid,process",
		platform.ViewDrops:       "time,protocol,local,remote,state,reason,segments,pid,process",
	}
	countedLifetimes = "time,protocol,local,remote,bytes_acked,bytes_received,total_retrans,rtt,pid,process"
)

// spareColumns are those that a view loses on a narrow terminal, the first first, so that
// an event stays a line.
var spareColumns = map[platform.View]string{
	platform.ViewStates:      "protocol,old_state,duration_ms,time",
	platform.ViewLifetimes:   "protocol,total_retrans,rtt,time,lifetime_ms",
	platform.ViewConnects:    "protocol,time,duration_ms",
	platform.ViewAccepts:     "protocol,owner_origin,duration_ms,time",
	platform.ViewListens:     "protocol,time",
	platform.ViewRetransmits: "protocol,segments,segment_bytes,time,retransmitted",
	platform.ViewResets:      "protocol,state,time,reason",
	platform.ViewDrops:       "protocol,segments,state,time",
}

// viewOption is one of the views, called as it is.
func (o *options) viewOption(v platform.View, usage string) *option {
	return &option{name: v.String(), group: groupViews, usage: usage, set: func(string) error {
		if o.view.name != "" && o.view.view != v {
			return usagef("--%s and --%s: choose one view", o.view.name, v)
		}
		o.view = viewWord{v.String(), v}
		return nil
	}}
}

// viewOptions are the views.
func (o *options) viewOptions() []*option {
	return []*option{
		o.viewOption(platform.ViewLifetimes, "connections that have ended: how long, bytes both ways, retransmits, rtt"),
		o.viewOption(platform.ViewConnects, "connections that this machine began: how long the handshake took, or how it failed"),
		o.viewOption(platform.ViewAccepts, "connections that listeners got"),
		o.viewOption(platform.ViewListens, "what begins and ends to listen"),
		o.viewOption(platform.ViewRetransmits, "segments that were sent again"),
		o.viewOption(platform.ViewResets, "resets that were sent and received"),
		o.viewOption(platform.ViewDrops, "segments that the kernel dropped, and its reason"),
	}
}

// eventSources are the values of --event-source.
var eventSources = append([]string{"auto"}, sock.EventSourceNames()[1:]...)

func (o *options) eventSourceOption(usage string, values []string) *option {
	return text(groupSource, &o.eventSource, "event-source", "", "HOW", usage).withValues(these(values...))
}

// readEventSource returns the source that --event-source names.
func (o *options) readEventSource() (sock.EventSource, error) {
	if o.eventSource == "" || o.eventSource == "auto" {
		return sock.SourceUnknown, nil
	}
	i := slices.Index(sock.EventSourceNames(), o.eventSource)
	if i < 1 {
		return 0, unknownWord("--event-source", o.eventSource, eventSources)
	}
	return sock.EventSource(i), nil
}

// arrangeTrace says how events are written.
func (o *options) arrangeTrace(l *render.Options, source sock.EventSource) (err error) {
	l.Live, l.Queues, l.Limit = true, false, 0
	l.Sort = nil // events are told as they come
	if l.Format != render.Table {
		if l.Facts |= sock.FieldEvent; o.view.view == platform.ViewLifetimes {
			l.Facts |= sock.FieldTCPInfo
		}
	}
	if usual := o.traceColumns(l, source); o.columns == nil && usual != nil {
		if l.Columns, err = render.ParseColumns(strings.Join(usual, ",")); err == nil {
			l.Spare, err = render.ParseColumns(spareColumns[o.view.view])
		}
	}
	return err
}

// traceColumns are the columns that nobody has to name; nil for those of the format.
func (o *options) traceColumns(l *render.Options, source sock.EventSource) []string {
	switch l.Format {
	case render.CSV, render.TSV:
		return eventCells()
	case render.Table:
	default:
		return nil
	}
	columns := viewColumns[o.view.view]
	if o.view.view == platform.ViewLifetimes && source != sock.SourceBPF && source != sock.SourceUnknown {
		columns = countedLifetimes
	}
	if o.allNetns {
		columns = strings.Replace(columns, ",pid,", ",netns,pid,", 1)
	}
	return strings.Split(columns, ",")
}

// eventCells are the columns of CSV and TSV: what an event is, where, whose, and the
// rest of what can be told of any.
func eventCells() []string {
	const told = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldCookie | sock.FieldUID | sock.FieldOwners | sock.FieldEvent
	names := []string{"event", "time", "event_source"}
	for _, f := range fact.Members() {
		if told.Has(f.Needs) && !f.Composite() && (!f.Optional || f.OfEvent()) && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}
