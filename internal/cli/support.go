package cli

import (
	"runtime"
	"slices"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// What has no meaning on a system, or for a source that was forced, is an error
// that names it, and not an empty answer. docs/platforms.md says what exists
// where.

// backend is what answers: this machine or one source of it.
type backend struct {
	host  *platform.Host
	where string // such as "on Windows"
	// compares: listings are compared, which tells more. traces: so does what happens.
	// ends: only what is known of sockets when they have ended. briefs: listings are
	// compared, and what lives shorter is told by its end.
	compares, traces, ends, briefs bool
}

// fields returns the facts that there can be.
func (b backend) fields() sock.Field {
	switch {
	case b.briefs:
		return b.host.Compared() | sock.FieldEvent
	case b.compares:
		return b.host.Compared()
	case b.traces:
		return b.host.TraceFields(sock.SourceUnknown)
	case b.ends:
		return b.host.EndFields()
	}
	return b.host.Fields()
}

// offered returns those of some facts that there can be.
func (b backend) offered(facts sock.Field) sock.Field {
	if b.host == nil {
		return facts
	}
	return facts & b.fields()
}

// openBackend returns this machine, opened once; none for a snapshot, which is not
// this machine.
func (r *run) openBackend(o *options) (backend, error) {
	if o.from != "" {
		return backend{}, nil
	}
	where := "on " + platform.SystemName()
	if o.source != "" && o.source != "auto" {
		where = "from the source " + o.source
	}
	host, err := r.host(o)
	return backend{host: host, where: where, compares: o.watch > 0, traces: o.tracing, ends: o.events}, err
}

// backendFor is what answers a request, which was held against it.
func (r *run) backendFor(o *options, req *platform.Request) (backend, error) {
	b, err := r.openBackend(o)
	if err != nil {
		return b, err
	}
	return b, b.fit(o, req)
}

// host opens this machine, once.
func (r *run) host(o *options) (*platform.Host, error) {
	if r.machine == nil {
		env, err := o.environment()
		if err != nil {
			return nil, err
		}
		host, err := platform.Open(platform.Options{
			Source: o.source, Owners: o.owners, Threads: o.threads, Environment: env, AllNamespaces: o.allNetns,
		})
		if err != nil {
			return nil, err
		}
		r.machine = host
	}
	return r.machine, nil
}

// fit holds what was asked against what there is: it refuses what has no
// meaning here, and leaves out what was not asked by name.
func (b backend) fit(o *options, req *platform.Request) error {
	if b.host == nil {
		return nil
	}
	protocols, fields := b.host.Protocols(), b.fields()
	if err := b.refuseLabels(o, req); err != nil {
		return err
	}
	if err := b.refuseTables(o, protocols); err != nil {
		return err
	}
	asked := req.Query.Protocols
	if req.Query.Protocols &= protocols; req.Query.Protocols == 0 && asked != 0 {
		return b.refusal("the filter", "the sockets that it asks for")
	}
	if err := b.refusePeers(req); err != nil {
		return err
	}
	if (o.boundAlone || req.Query.States == sock.States(sock.Bound)) && !b.host.ListsBound() {
		if runtime.GOOS == "linux" && o.source != "proc" && o.source != "portable" {
			b.where = "on Linux before 6.8"
		}
		return b.refusal("--bound-inactive", "sockets that are bound and do not listen")
	}
	if o.dump != "" && !b.host.CanDump() {
		return b.refusal("--dump", "the raw messages of Linux")
	}
	if o.threads && !b.host.FindsThreads() {
		return b.refusal("--threads", "owners in single threads")
	}
	for _, option := range o.shown {
		if shows := fact.Shown(option); shows&fields == 0 {
			if b.ends {
				return usagef("--%s: nothing that it shows is known of a socket that has ended", option)
			}
			return b.refusal("--"+option, fact.MissingOr(shows&^sock.ComparedFields, "what it shows"))
		}
	}
	if o.format.is(render.PIDs) && !fields.Has(sock.FieldOwners) {
		return b.refusal("--pids", fact.Missing(sock.FieldOwners))
	}
	if lost := lostToFilter(req.Filter.Needs(), fields); lost != 0 {
		return b.lacks("the filter", lost)
	}
	return nil
}

// fitLayout leaves out of a layout what was not asked by name and does not exist,
// and refuses the rest.
func (b backend) fitLayout(l *render.Options) error {
	fields := b.fields() | l.Facts&sock.FieldResult // closing tells that
	l.Queues = l.Queues && fields&(sock.FieldRecvQueue|sock.FieldSendQueue) != 0
	l.Facts &= fields // without the columns of which none would hold anything
	return b.refuseColumns(l, fields)
}

// labelFields are the facts that only a security module tells.
const labelFields = sock.FieldContext | sock.FieldSocketContext

// refuseLabels refuses labels where no security module gives any.
func (b backend) refuseLabels(o *options, req *platform.Request) error {
	what := ""
	if req.Filter.Needs()&labelFields != 0 {
		what = "the filter"
	}
	for _, option := range o.shown {
		if fact.Shown(option)&labelFields != 0 {
			what = "--" + option
		}
	}
	if what == "" || b.host.HasLabels() {
		return nil
	}
	return usagef("%s: there are no security labels here: neither SELinux nor AppArmor nor Smack labels processes", what)
}

// refuseTables refuses tables that are asked for by name.
func (b backend) refuseTables(o *options, protocols sock.ProtocolSet) error {
	for _, word := range o.tables {
		if word.protocols&protocols == 0 && !word.negated {
			return b.refusal(word.said, word.name+" sockets")
		}
	}
	return nil
}

// refusePeers refuses a listing of datagram sockets by their peers where these
// are not told and nothing could match.
func (b backend) refusePeers(req *platform.Request) error {
	if req.Query.Protocols != sock.Protocols(sock.UDP) || b.host.ListsPeers(sock.UDP) {
		return nil
	}
	needs := req.Filter.Needs()
	if !req.Query.States.Has(sock.Unconnected) || needs.Has(sock.FieldRemote) && !needs.Has(sock.FieldLocal) {
		return b.refusal("udp", "peers of datagram sockets")
	}
	return nil
}

// refuseColumns refuses columns of which nothing can be known.
func (b backend) refuseColumns(o *render.Options, fields sock.Field) error {
	asked := slices.Concat(o.Columns, o.Group)
	for _, key := range o.Sort {
		asked = append(asked, key.Column)
	}
	for _, column := range asked {
		lost := column.Needs &^ fields
		if column.Joined() && lost != column.Needs {
			continue // one of its facts is enough
		}
		if lost != 0 {
			return b.lacks("the column "+column.Name, lost)
		}
	}
	return nil
}

// lostToFilter returns the facts that a filter looks at and that do not exist.
// A path is looked at beside an address where either may be meant, and that of a
// control group where its number is not known.
func lostToFilter(needs, fields sock.Field) sock.Field {
	lost := needs &^ fields
	if needs.Has(sock.FieldLocal) {
		lost &^= sock.FieldPath
	}
	if needs.Has(sock.FieldCgroupID) {
		lost &^= sock.FieldCgroup
	}
	return lost
}

// lacks refuses what asks for facts that there are not.
func (b backend) lacks(what string, lost sock.Field) error {
	if b.ends && lost&^b.host.Fields() == 0 {
		return usagef("%s: %s are not known of a socket that has ended", what, fact.Missing(lost))
	}
	if lost&b.host.Compared() == lost && !b.compares {
		return usagef("%s: %s come of comparing two listings, which --watch does", what, fact.Missing(lost))
	}
	if lost == sock.FieldEvent {
		return usagef("%s: %s are told by sockeye trace", what, fact.Missing(lost))
	}
	return b.refusal(what, fact.Missing(lost))
}

// refusal says that something asks for what is not listed here.
func (b backend) refusal(what, missing string) error {
	return usagef("%s: %s cannot be listed %s", what, missing, b.where)
}
