package platform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"sockeye/platform/tracer"
	"sockeye/procnet"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// Options force what is otherwise chosen.
type Options struct {
	Source  string // auto, or the name of a source
	Owners  string // auto, none, or the name of a finder
	Threads bool   // owners in threads with a file table of their own too

	// Environment is where the host is; nil is that of the calling thread. It is
	// the host's to close, or closed if the host cannot be opened.
	Environment *sock.Environment

	// AllNamespaces lists the sockets of every network namespace of the machine.
	AllNamespaces bool
}

// Host is a machine, or a network namespace of it. It may be used by several
// goroutines.
type Host struct {
	chain    chain
	finder   ownerFinder // nil: owners are not searched
	exists   func(context.Context, *sock.Socket) (bool, error)
	dumps    rawDumps
	proc     procnet.FS // for owners, as is entitled; see [ownerStage]
	entitled func() bool

	closings func(sock.Query) (closingSource, error)                // nil: nobody tells what closes
	tracer   func(context.Context, tracer.Options) (tracing, error) // nil: no programs in the kernel

	spaces *spaces // nil: one namespace is listed

	// behind begins to look at what stands behind proxies; nil: there are none here.
	behind func(context.Context, *places) func(*sock.Socket)
	// forwards returns the wanted ports that the kernel forwards; nil: nobody can tell.
	forwards forwardsReader

	// translations calls visit for the translated connections of an environment; nil:
	// none are known.
	translations func(ctx context.Context, env *sock.Environment, visit func(*sock.Translation)) error

	// neighbourhood reads what the kernel knows of the links of an environment; nil: nobody
	// can tell.
	neighbourhood func(*sock.Environment) (neighbourhood, error)

	noOwners bool                                      // those that sources tell are not wanted
	destroy  func(context.Context, *sock.Socket) error // nil: no socket can be closed
	// mayDestroy reports whether the reader has the right to; nil: he has.
	mayDestroy func() bool
}

// Open returns the host of an environment, with the sources of this system.
func Open(o Options) (*Host, error) {
	env := o.Environment
	if env == nil {
		var err error
		if env, err = OpenEnvironment(""); err != nil {
			return nil, err
		}
	}
	h, err := openIn(env, o)
	if err != nil {
		env.Close()
		return nil, err
	}
	return h, nil
}

// Close frees what the host holds. Its listings must have ended.
func (h *Host) Close() error {
	if h.finder != nil {
		h.finder.close()
	}
	if h.spaces != nil {
		h.spaces.close()
	}
	return h.chain.env.Close()
}

// InterfaceIndex returns the index of a network interface of the host. The error
// is fs.ErrNotExist if there is none, or that of the system.
func (h *Host) InterfaceIndex(name string) (uint32, error) {
	index, err := h.chain.env.Interfaces.Index(name)
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return 0, errno
	case index == 0:
		return 0, fs.ErrNotExist
	}
	return index, nil
}

// UnknownBackendError is returned for a backend that this system does not have.
type UnknownBackendError struct {
	Option, Name string
	Known        []string
}

// Error names the backends that there are.
func (e *UnknownBackendError) Error() string {
	return fmt.Sprintf("%s has no backend %q on %s; there is %s", e.Option, e.Name, SystemName(), strings.Join(e.Known, ", "))
}

// pick returns the sources that an option allows: all for auto.
func pick(option, name string, sources []sock.Source) ([]sock.Source, error) {
	if name == "" || name == "auto" {
		return sources, nil
	}
	known := []string{"auto"}
	for _, s := range sources {
		if s.Name() == name {
			return []sock.Source{s}, nil
		}
		known = append(known, s.Name())
	}
	return nil, &UnknownBackendError{Option: option, Name: name, Known: known}
}

// pickFinder returns the finder that an option allows, nil for none.
func pickFinder(name string, finders []ownerFinder) (ownerFinder, error) {
	known := []string{"auto", "none"}
	for _, f := range finders {
		if name == "" || name == "auto" || name == f.name() {
			return f, nil
		}
		known = append(known, f.name())
	}
	if name == "" || name == "auto" || name == "none" {
		return nil, nil
	}
	return nil, &UnknownBackendError{Option: "--owners", Name: name, Known: known}
}

// Protocols returns the protocols that some source of this machine can list.
func (h *Host) Protocols() sock.ProtocolSet {
	var set sock.ProtocolSet
	for d := range sock.Descriptors {
		for _, src := range h.chain.sources {
			if src.Fields(d.Protocol) != 0 {
				set |= sock.Protocols(d.Protocol)
			}
		}
	}
	return set
}

// List begins a listing of this machine.
func (h *Host) List(ctx context.Context, req Request) *Listing {
	want := exposed(placed(counted(req.wants()), req.Ownerless))
	if h.noOwners {
		want &^= sock.OwnerFields
	}
	if h.spaces != nil {
		want |= sock.FieldNetns // by which everything else is asked in the right one
	}
	req.Query.Want = want
	req.Query = restricted(req.Query, req.Filter)
	run := h.chain.run()
	l := &Listing{
		request:  req,
		rows:     run.Sockets,
		ctx:      ctx,
		chain:    run,
		notes:    h.newAnnotator(want),
		snapshot: newSnapshot(),
	}
	if want&sock.FieldExposure != 0 {
		l.notes.exposures = l.exposures(h.chain.env.Interfaces)
	}
	if req.Forwards != nil || req.Exposed != 0 && req.Query.Protocols&sock.Protocols(forwardable...) != 0 {
		l.forwards = h.forwards
	}
	if h.spaces != nil {
		l.rows, l.spaces = h.everywhere(l), h.spaces
	}
	switch wanted := want&sock.OwnerFields != 0; {
	case h.givesOwners():
		l.given = h.given(ctx, l, wanted)
	case wanted && h.finder != nil:
		h.finder.prepare()
		l.owners = &ownerStage{
			finder: h.finder, exists: h.exists, proc: h.proc, entitled: h.entitled, want: want,
			facts: newFactReader(ctx, h.chain.env, l.notes.users), report: l.report,
			queues:    &listeners{load: func() []*sock.Socket { return h.listening(ctx, req.Query) }},
			mailboxes: func() []uint64 { return h.mailboxes(ctx) },
		}
		if want.Has(sock.FieldPeerProcess) {
			l.owners.peers = h.peers(req.Query.Protocols, req.Query.Asked.Has(sock.FieldPeerProcess))
			l.owners.want |= sock.FieldPlace // of the process at the other end
		}
	}
	if want&sock.FieldPlace != 0 {
		l.places = newPlaces(h.proc)
		if l.owners != nil && h.behind != nil {
			l.behind = h.behind(ctx, l.places)
		}
	}
	if l.owners != nil && l.owners.want&sock.FieldPlace != 0 {
		l.owners.facts.place = cmp.Or(l.places, newPlaces(h.proc)).ofProcess
	}
	return l
}

// restricted returns the query without the tables and states in which nothing
// can match the filter, and with the filter as advice for the sources.
func restricted(q sock.Query, f *filter.Filter) sock.Query {
	if f.Empty() {
		return q
	}
	states, _ := f.States()
	q.Protocols &= f.Protocols()
	q.Families &= f.Families()
	q.States &= states
	q.Where = f
	return q
}

// given returns the stage for owners that the sources tell, and says in the
// listing whose they are.
func (h *Host) given(ctx context.Context, l *Listing, wanted bool) *givenOwners {
	if wanted {
		if name, ok := h.ownersTold(); ok {
			l.snapshot.OwnerSource = name
		} else {
			l.report(&sock.Partial{Code: sock.CodeUnavailable, Incomplete: true,
				Message: fmt.Sprintf("the source %s does not tell owners on %s", h.chain.sources[0].Name(), SystemName())})
		}
	}
	return &givenOwners{
		facts: newFactReader(ctx, h.chain.env, l.notes.users), lookup: systemProcesses(h.chain.env), want: l.request.Query.Want, began: time.Now(),
	}
}

// ErrNoSource is returned by Open on a system whose sockets cannot be listed.
var ErrNoSource = fmt.Errorf("the sockets of %s cannot be listed yet; --from FILE reads a snapshot of another system", SystemName())

// listening returns every listener of the protocols that a query asks.
func (h *Host) listening(ctx context.Context, q sock.Query) []*sock.Socket {
	q.Where = nil // of the filter's connections, the listener may not match it
	q.States = sock.States(sock.Listen)
	q.Families = sock.Families(sock.IPv4, sock.IPv6)
	q.Want = 0
	q.Protocols &^= sock.Protocols(sock.Unix, sock.VSOCK, sock.TIPC) // whose ends are no addresses
	var all []*sock.Socket
	for s, err := range h.sockets(ctx, q) {
		// What fails here was or will be reported by the listing itself, which
		// reads the same tables.
		if err == nil && q.Allows(s) {
			all = append(all, s.Clone())
		}
	}
	return all
}

// mailboxes returns the inodes of unix sockets in which messages may wait: those
// with something to read, and those of datagrams, which may be empty.
func (h *Host) mailboxes(ctx context.Context) (inodes []uint64) {
	q := sock.Query{
		Protocols: sock.Protocols(sock.Unix), States: sock.AllStates,
		Want: sock.FieldInode | sock.FieldRecvQueue,
	}
	for s, err := range h.sockets(ctx, q) {
		if err != nil || s.Inode == 0 { // what is missing may be in transit, or not
			continue
		}
		if s.State == sock.Unconnected || !s.Knows(sock.FieldRecvQueue) || s.RecvQueue > 0 || s.Type != sock.TypeStream {
			inodes = append(inodes, s.Inode)
		}
	}
	return inodes
}

// openGiven returns a machine whose sources tell the owners themselves. The
// named ones answer only if --source names them.
func openGiven(env *sock.Environment, o Options, auto []sock.Source, named ...sock.Source) (*Host, error) {
	sources := auto
	if o.Source != "" && o.Source != "auto" {
		var err error
		if sources, err = pick("--source", o.Source, slices.Concat(auto, named)); err != nil {
			return nil, err
		}
	}
	if _, err := pickFinder(o.Owners, nil); err != nil {
		return nil, err
	}
	return &Host{chain: chain{sources: sources, env: env}, noOwners: o.Owners == "none"}, nil
}

// ProcessEntry is a process of this machine, whether it holds sockets or not.
type ProcessEntry struct {
	PID, Parent int // of no parent: 0
	// Name is the name that owners have.
	Name string
}
