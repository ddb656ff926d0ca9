package platform

import (
	"context"
	"errors"
	"iter"
	"os"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// Request is what a listing is made of.
type Request struct {
	// Query says which tables and states, and which facts the reader will
	// look at. Owners are searched only if Want holds FieldOwners or the
	// filter needs them.
	Query  sock.Query
	Filter *filter.Filter // nil matches everything
	// Later are facts that the reader of the listing adds to its rows, such as
	// rates. Rows that the filter may match then are listed.
	Later sock.Field
	// Ownerless: what follows from the owners, such as the unit, is not worth a search
	// for them.
	Ownerless bool
	// Exposed, if not 0, leaves what listens beyond the loopback, and is reached
	// there over one of these families; and what the kernel forwards from there, as
	// far as the filter matches ([Listing.Forwarded]).
	Exposed sock.FamilySet
	// Forwards says which of the ports that the kernel forwards are wanted with the
	// listing; nil for none.
	Forwards func(*sock.Forward) bool
	// Netns and AllNetns say in which network namespaces the host was opened, in the
	// words of who asks; they are only told ([sock.Asked]).
	Netns    string
	AllNetns bool
}

// matches reports whether the filter matches a socket, or may when what comes later
// is known.
func (r *Request) matches(s *sock.Socket) bool {
	if r.Later == 0 {
		return r.Filter.Match(s)
	}
	return r.Filter.CanMatch(s, r.Later)
}

// wants returns the facts that the reader of the listing and its filter look at.
func (r *Request) wants() sock.Field {
	want := r.Query.Want | r.Filter.Needs()
	if r.Exposed != 0 {
		want |= sock.FieldExposure
	}
	return want
}

// forwardsReader returns the ports that the kernel forwards, of those that are wanted in
// each environment.
type forwardsReader func(context.Context, func(*sock.Environment) func(*sock.Forward) bool) ([]sock.Forward, error)

// Listing is one pass over the sockets of a machine or of a file.
type Listing struct {
	request Request
	rows    func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error]
	ctx     context.Context
	notes   *annotator
	owners  *ownerStage          // nil: not searched
	given   *givenOwners         // nil: the sources tell no owners
	places  *places              // nil: units and containers are not wanted
	behind  func(*sock.Socket)   // nil: there is nothing behind them
	chain   *chainRun            // nil: not this machine
	spaces  *spaces              // nil: one network namespace
	head    func() sock.Snapshot // what a recording says
	// forwards reads what the kernel forwards; nil: that is not wanted, or not told here.
	forwards forwardsReader

	snapshot sock.Snapshot
	warnings warnings
	cut      bool // a table or a namespace was not read as a whole
}

// Sockets streams the sockets that the request asks and its filter matches,
// over one reused record. What failed in part is in the snapshot afterwards;
// an error here ends the listing.
func (l *Listing) Sockets(yield func(*sock.Socket, error) bool) {
	if l.chain != nil {
		defer l.chain.env.Interfaces.Forget() // they are those of one listing
	}
	for s, err := range l.stages() {
		if err == nil && l.places != nil {
			l.places.add(s)
			if l.behind != nil {
				l.behind(s)
			}
		}
		if err != nil {
			var partial *sock.Partial
			if errors.As(err, &partial) {
				l.report(partial)
				l.cut = l.cut || partial.Incomplete
				continue
			}
			yield(nil, err)
			return
		}
		if l.request.matches(s) && l.request.exposes(s) && !yield(s, nil) {
			return
		}
	}
	if l.forwards != nil {
		l.tellForwards()
	}
}

// stages chains the parts of the pipeline: the tables, what the query and the
// filter decide without owners, the names, the owners.
func (l *Listing) stages() iter.Seq2[*sock.Socket, error] {
	q := l.request.Query
	missing := sock.FieldUser | sock.FieldNetns | sock.FieldNetnsName | sock.FieldInterface | sock.FieldCgroup | l.request.Later
	if l.notes != nil && l.notes.exposures != nil {
		missing |= sock.FieldExposure
	}
	if l.places != nil {
		missing |= sock.FieldPlace
	}
	if l.owners != nil || l.given != nil {
		missing |= sock.OwnerFields
	}
	early := func(yield func(*sock.Socket, error) bool) {
		for s, err := range l.rows(l.ctx, q) {
			if err == nil {
				if !q.Allows(s) || !l.request.Filter.CanMatch(s, missing) {
					continue
				}
				if l.notes != nil {
					l.notes.add(s)
				}
				if l.chain != nil && timed(q.Want) && s.ReadAt.IsZero() {
					s.ReadAt = time.Now()
				}
				if l.owners == nil && l.given == nil && l.chain != nil {
					withoutOwners(s)
				}
			}
			if !yield(s, err) {
				return
			}
		}
	}
	switch {
	case l.given != nil:
		return l.given.attach(l.ctx, early)
	case l.owners == nil:
		return early
	}
	return l.owners.attach(l.ctx, early)
}

// Whole reports whether every table was read to its end in every network namespace of the
// host, after the stream has ended: then a socket that is not listed is not there. Owners
// may be missing.
func (l *Listing) Whole() bool { return !l.cut }

func (l *Listing) report(p *sock.Partial) {
	l.warnings.add(p.Warning())
	if p.Incomplete {
		l.snapshot.Complete = false
	}
}

// Snapshot returns what is to be said of the listing as a whole. It is whole
// after the stream has ended.
func (l *Listing) Snapshot() sock.Snapshot {
	snap, told := l.snapshot, warnings{}
	if l.head != nil {
		snap = l.head()
		snap.Forwards = l.wantedForwards(snap.Forwards)
		// Lines say nothing beside their sockets, so nothing is known to be missing.
		snap.Complete = (snap.Complete || snap.Source == "") && l.snapshot.Complete
		for _, w := range snap.Warnings {
			told.add(w)
		}
	}
	snap.Warnings = append(told.all(), l.warnings.all()...)
	snap.Asked = l.asked(&snap.Asked)
	if l.chain != nil {
		snap.Source = strings.Join(l.chain.used, ",")
		snap.Warnings = append(snap.Warnings, absentWarnings(l.chain.absent)...)
		snap.Warnings = append(snap.Warnings, fallbackWarnings(l.chain.fallbacks)...)
	}
	if l.owners != nil && l.owners.searches > 0 {
		snap.OwnerSource = l.owners.finder.name()
		snap.OwnerReason = l.owners.finder.reason()
	}
	if l.owners != nil && l.owners.denied > 0 {
		snap.Complete = false
		snap.Warnings = append(snap.Warnings, sock.Warning{Code: sock.CodePermission, Message: deniedMessage(l.owners.denied, os.Geteuid() == 0, l.owners.entitled())})
	}
	return snap
}

// wantedForwards returns those of a recording that are asked for; nil if it has none, or
// nothing is asked.
func (l *Listing) wantedForwards(recorded []sock.Forward) []sock.Forward {
	if l.request.Forwards == nil && l.request.Exposed == 0 || recorded == nil {
		return nil
	}
	wanted, accepts := []sock.Forward{}, l.wantedIn(&sock.Environment{})
	for _, f := range recorded {
		if accepts(&f) && (l.request.Exposed == 0 || len(l.rowsOf(&f, 0)) > 0) {
			wanted = append(wanted, f)
		}
	}
	return wanted
}

// asked says what was asked for: of a recording, no more than what it was made of.
func (l *Listing) asked(recorded *sock.Asked) sock.Asked {
	if l.head != nil && !recorded.Told() {
		return sock.Asked{} // nobody knows what it holds
	}
	s := sock.AskedOf(recorded.Within(l.request.Query))
	if l.head != nil && recorded.States == 0 {
		s.States = 0
	}
	s.Filter = l.request.Filter.String()
	s.Netns, s.AllNetns = l.request.Netns, l.request.AllNetns
	if l.head != nil {
		s.Netns, s.AllNetns = recorded.Netns, recorded.AllNetns
	}
	switch {
	case recorded.Filter == "":
	case s.Filter == "":
		s.Filter = recorded.Filter
	case s.Filter != recorded.Filter:
		s.Filter = "(" + recorded.Filter + ") and (" + s.Filter + ")"
	}
	return s
}

// FromRecording returns a listing of what was recorded, such as a snapshot in a
// file. Nothing is looked up for it here. The head is what the recording says
// beside its sockets; it is asked again when the stream has ended.
func FromRecording(ctx context.Context, from sock.Recording, head func() sock.Snapshot, req Request) *Listing {
	l := &Listing{request: req, rows: from.Sockets, ctx: ctx, head: head, snapshot: sock.Snapshot{Complete: true}}
	if req.wants()&sock.FieldExposure != 0 {
		l.notes = &annotator{env: &sock.Environment{}, exposures: l.exposures(nil)}
	}
	return l
}

// newSnapshot returns the head of a listing of this machine.
func newSnapshot() sock.Snapshot {
	host, _ := os.Hostname() // no name: the member is left out
	return sock.Snapshot{GeneratedAt: time.Now(), Host: host, OwnerSource: "none", Complete: true}
}
