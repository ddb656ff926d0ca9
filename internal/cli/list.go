package cli

import (
	"errors"

	ucli "github.com/urfave/cli/v2"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// list is the command that is meant when none is named.
func (r *run) list(c *ucli.Context) error {
	f, err := r.readFilter(c, c.Args().Slice())
	if err != nil {
		return err
	}
	q, err := readQuery(c, f)
	if err != nil {
		return err
	}
	if f.Impossible() {
		r.say("the filter can match nothing")
	}
	return r.answer(c, platform.Request{Query: q, Filter: f})
}

// readQuery turns the options about tables and states into a query. States
// that the filter names win over -l and -a, as in ss.
func readQuery(c *ucli.Context, f *filter.Filter) (sock.Query, error) {
	set, err := readTables(c)
	if err != nil {
		return sock.Query{}, err
	}
	families, err := readFamilies(c)
	if err != nil {
		return sock.Query{}, err
	}
	if f.NamesTables() && !selectsTables(c) {
		set = tablesOf(f)
	}
	q := sock.Query{Protocols: set.protocols, UnixTypes: set.types, Families: families, States: readStates(c)}
	if states, explicit := f.States(); explicit {
		q.States = states
	}
	return q, nil
}

// answer lists what a request asks in the form that the options ask, or dumps
// it, and sets the exit status.
func (r *run) answer(c *ucli.Context, req platform.Request) error {
	if c.IsSet("dump") {
		return r.dump(c, req)
	}
	options, err := r.readOutput(c, req.Query)
	if err != nil {
		return err
	}
	if err := r.fit(c, &req, &options); err != nil {
		return err
	}
	if c.Bool("kill") {
		return r.kill(c, req, options)
	}
	req.Query.Want = render.Needs(options)
	if noOwners(c) {
		req.Query.Want &^= sock.FieldOwners | sock.FieldService | sock.ProcessFields
	}
	listing, err := r.open(c, req)
	if err != nil {
		return err
	}
	options.Host, options.GeneratedAt = listing.Snapshot().Host, listing.Snapshot().GeneratedAt
	out, err := render.New(r.Out, options)
	if err != nil {
		return usageError{err.Error()}
	}
	matched := 0
	for s, err := range listing.Sockets {
		if err != nil {
			return r.readError(err)
		}
		matched++
		if err := out.Socket(s); errors.Is(err, render.ErrLimit) {
			break
		} else if err != nil {
			return writeError{err}
		}
		if options.Format == render.Quiet && !c.Bool("strict") {
			break // one is enough to know the exit status
		}
	}
	snap := listing.Snapshot()
	if err := out.Close(snap); err != nil {
		return writeError{err}
	}
	r.conclude(snap, matched, c.Bool("strict"))
	r.explain(c, snap)
	return nil
}

func noOwners(c *ucli.Context) bool {
	return c.Bool("no-processes") || c.String("owners") == "none"
}

// open begins the listing: of this machine, or of the file that --from names.
func (r *run) open(c *ucli.Context, req platform.Request) (*platform.Listing, error) {
	if r.input != nil {
		return r.input.listing(r.ctx, req)
	}
	b, err := r.openHost(c)
	if err != nil {
		return nil, err
	}
	return b.host.List(r.ctx, req), nil
}

// explain says where the answer came from, with --debug.
func (r *run) explain(c *ucli.Context, snap sock.Snapshot) {
	if c.Bool("debug") {
		owners := snap.OwnerSource
		if snap.OwnerReason != "" {
			owners += " (" + snap.OwnerReason + ")"
		}
		r.say("debug: sockets from %s, owners from %s, complete: %t", snap.Source, owners, snap.Complete)
	}
}
