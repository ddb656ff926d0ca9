package cli

import (
	"strings"

	"sockeye/internal/services"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// layout is how the answer to a query looks.
func (r *run) layout(o *options, q sock.Query, b backend) (*render.Layout, error) {
	shape, err := r.shape(o, q, b)
	if err != nil {
		return nil, err
	}
	return layoutOf(shape)
}

// layoutOf works a shape out, whose mistakes are the user's.
func layoutOf(shape render.Options) (*render.Layout, error) {
	layout, err := shape.Layout()
	if err != nil {
		return nil, usageError{err.Error()}
	}
	return layout, nil
}

// shape is what the options ask of the shape of the answer to a query, held against
// the facts that there can be. A backend without a host is a file, which has what it
// has.
func (r *run) shape(o *options, q sock.Query, b backend) (render.Options, error) {
	l := render.Options{
		Format:   o.format.format,
		Header:   !o.noHeader,
		Queues:   !o.noQueues,
		Netns:    o.allNetns,
		Exposed:  o.exposed,
		Tree:     o.tree,
		Oneline:  o.oneline,
		Wide:     o.wide,
		Width:    r.Width,
		Color:    r.color(o),
		Safe:     o.csvSafe,
		Template: o.template,
		Limit:    o.limit,
		Resolve:  o.resolve && !o.numericHosts,
	}
	for _, option := range o.shown {
		l.Facts |= fact.Shown(option)
	}
	switch l.Format {
	case render.JSON, render.NDJSON:
		l.Facts |= o.told
	case render.CSV, render.TSV:
		if o.exposed {
			l.Facts |= o.told
		}
	}
	if o.exposed && o.columns == nil {
		l.Facts |= fact.Shown("exposed")
	}
	if o.kill {
		l.Facts |= sock.FieldResult
	}
	if o.events {
		if err := o.arrangeEvents(&l); err != nil {
			return l, err
		}
	}
	if (o.resolve || o.services) && !o.numericPorts {
		l.Services = services.System().Name
	}
	err := o.arrangeColumns(q, &l)
	if err != nil {
		return l, usageError{err.Error()}
	}
	if b.host != nil {
		err = b.fitLayout(&l)
	}
	return l, err
}

// arrangeColumns reads -C, --sort and --group-by. What only listens is sorted by
// port unless another order is asked, with --exposed the most exposed first.
func (o *options) arrangeColumns(q sock.Query, l *render.Options) (err error) {
	if o.columns != nil {
		if l.Columns, err = render.ParseColumns(strings.Join(o.columns, ",")); err != nil {
			return err
		}
	}
	if o.group != nil {
		if l.Group, err = render.ParseColumns(strings.Join(o.group, ",")); err != nil {
			return err
		}
	}
	keys := strings.Join(o.sort, ",")
	switch {
	case keys != "" || o.group != nil:
	case o.exposed:
		keys = "exposure,protocol,local_port,family"
	case q.States&^sock.ListeningStates == 0:
		keys = "protocol,local_port,family"
	}
	switch {
	case keys == "":
	case o.group != nil:
		l.Sort, err = render.ParseGroupSort(keys)
	default:
		l.Sort, err = render.ParseSort(keys)
	}
	return err
}

// color decides about colour: on a terminal, unless NO_COLOR is set
// (no-color.org) or the terminal can show none.
func (r *run) color(o *options) bool {
	switch o.color {
	case "always":
		return true
	case "never":
		return false
	}
	return r.Terminal && !r.Plain && r.Getenv("NO_COLOR") == "" && r.Getenv("TERM") != "dumb"
}
