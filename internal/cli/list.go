package cli

import (
	"errors"
	"io"
	"slices"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/filter"
)

const listName = "list"

const listHelp = `Lists listening and connected TCP and UDP sockets with their owners. Options
may stand anywhere and short ones may be joined; -- ends them.

Examples:
  sockeye -tulpn                      what listens, and who it is
  sockeye -tanp                       every TCP socket
  sockeye -t state established        TCP connections
  sockeye port 8080                   who uses port 8080
  sockeye process nginx               the sockets of nginx
  sockeye -l --json | jq -r '.sockets[] | select(.local_port == 8080).pid'
  sockeye --group-by state,remote_address --limit 10
  sockeye --exposed                   what listens beyond the loopback
  sockeye -tc --sort -send_rate       again every second, the fastest first
  kill $(sockeye port 8080 --pids)    end what listens on port 8080

A filter is made of ss's words, with and, or, not and parentheses, and of every
member of the JSON; words for = != < <= > >= need no quotes:
  state established                 names of RFC 9293, ss or netstat;
                                    they win over -l and -a
  dst 10.0.0.0/8 and dport eq :443  addresses, prefixes, ports, services
  port in 80,443,8000-8100          either end
  process eq nginx and recv_queue gt 0
  not owner_status eq known
`

// listCommand lists sockets. It is the command that is meant when none is named.
func listCommand(o *options) command {
	return command{
		name: listName, args: "[FILTER]", usage: "list sockets", help: listHelp,
		options: slices.Concat(o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(), o.exposedOption(),
			o.ownerOptions(), o.noProcessesOption(), o.factOptions(), o.shapeOptions(), o.treeOption(), o.watchOptions(), o.formatOptions(), o.summaryOption(),
			o.sourceOptions(), o.dumpOption(), o.eventOptions(), o.otherOptions()),
		run: func(r *run, words []string) error { return r.list(o, words) },
	}
}

func (r *run) list(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	o.tellExposed()
	f, err := r.guessFilter(o, words)
	if err != nil {
		return err
	}
	usual := scope{tables{protocols: tcpAndUDP}, sock.DefaultStates}
	if o.summary > 0 {
		usual = scope{allTables(), sock.AllStates}
	}
	req, err := o.request(f, usual)
	if err != nil {
		return err
	}
	if f.Impossible() || req.Query.Protocols&f.Protocols() == 0 {
		r.say("the filter can match nothing")
	}
	switch {
	case o.summary > 0:
		return r.summarize(o, req)
	case o.events:
		return r.events(o, req)
	case o.watch > 0:
		return r.watch(o, req)
	}
	a, err := r.answer(o, req, nil)
	if err == nil && r.status == exitNothing && req.Query.Protocols == sock.Protocols(sock.UDPLite) && !o.terse() {
		r.say("there is no UDP-Lite socket; those of unix are --unix, -x")
	}
	if err == nil && r.status == exitNothing && a.withholds(f.Needs()) {
		r.status = exitFailed
	}
	return err
}

// guessFilter is [run.readFilter], but says of words that are no filter what they may
// have meant.
func (r *run) guessFilter(o *options, words []string) (*filter.Filter, error) {
	f, err := r.readFilter(o, words)
	switch {
	case err == nil:
		return f, nil
	case o.watch > 0 && len(words) > 0 && leadingNumber(words[0]) == words[0]:
		return nil, usagef("that is no filter, did you mean --watch=%s?", words[0])
	}
	return nil, guess(err, words)
}

// answered is what is known of an answer after it was given.
type answered struct {
	matched int
	stopped bool // before all was read, since enough was
	unnamed bool // PIDs were asked for and that of a socket is not known
	// unasked are sockets that the file was not asked for, where it holds nothing of what
	// is; empty for none.
	unasked string
	snap    sock.Snapshot
}

// hidden reports whether owners could not be seen.
func (a answered) hidden() bool { return a.warned(sock.CodePermission) }

// withholds reports whether the reader may not see some of the facts that decide what
// matches. That nothing does is not known then.
func (a answered) withholds(needs sock.Field) bool {
	return a.hidden() && needs.Has(sock.FieldOwners) || a.warned(sock.CodeWithheld) && needs&sock.WithheldFields != 0
}

// unread reports whether tables could not be read, or sockets of a file were not
// understood or not asked for: that nothing matched is not known then.
func (a answered) unread() bool {
	return a.unasked != "" || a.warned(sock.CodeUnavailable) || a.warned(sock.CodeInterrupted) ||
		!a.snap.Complete && (a.warned(sock.CodeInput) || a.warned(sock.CodeMalformed))
}

func (a answered) warned(code sock.Code) bool {
	return slices.ContainsFunc(a.snap.Warnings, func(w sock.Warning) bool { return w.Code == code })
}

// answer lists what a request asks in the form that the options ask, or dumps or
// closes it, and sets the exit status. see is called for every socket that is
// listed; nil: for none.
func (r *run) answer(o *options, req platform.Request, see func(*sock.Socket)) (answered, error) {
	b, err := r.openBackend(o)
	if err != nil {
		return answered{}, err
	}
	if o.dump != "" {
		return r.dump(o, b, req)
	}
	if err := b.fit(o, &req); err != nil {
		return answered{}, err
	}
	layout, err := r.layout(o, req.Query, b)
	if err != nil {
		return answered{}, err
	}
	if o.kill {
		return r.destroy(o, b, req, layout)
	}
	req.Query.Want, req.Query.Asked = o.wants(layout.Needs()|b.offered(o.told)), layout.Asked()|req.Filter.Needs()
	req.Ownerless = o.noOwners()
	listing, err := r.open(b, req)
	if err != nil {
		return answered{}, err
	}
	rendered, err := r.render(o, listing, layout, see)
	if err != nil {
		return answered{}, err
	}
	a := r.conclude(o, listing, rendered.matched)
	a.stopped = rendered.stopped
	if rendered.unnamed && r.status == exitNothing {
		r.say("the owners of the sockets are not known")
		r.status = exitFailed
	}
	return a, nil
}

// render writes a listing and counts its sockets, or those whose PIDs it writes.
func (r *run) render(o *options, listing *platform.Listing, layout *render.Layout, see func(*sock.Socket)) (a answered, err error) {
	layout.Host, layout.GeneratedAt = listing.Snapshot().Host, listing.Snapshot().GeneratedAt
	out := render.New(r.Out, layout)
	for s, err := range eachRow(listing, layout) {
		if err != nil {
			return a, r.readError(err)
		}
		if layout.Format != render.PIDs || len(s.Owners) > 0 {
			a.matched++
		} else if hidden(s) {
			a.unnamed = true
		}
		if see != nil {
			see(s)
		}
		if o.numericUsers {
			s.Known &^= sock.FieldUser // a filter may have asked for it, a file has it
		}
		if err := out.Socket(s); errors.Is(err, render.ErrLimit) {
			a.stopped = true
		} else if err != nil {
			return a, writeError{err}
		}
		// One is enough to know the exit status.
		if a.stopped = a.stopped || layout.Format == render.Quiet && !o.strict; a.stopped {
			break
		}
	}
	snap := listing.Snapshot()
	if err := out.Close(snap); err != nil {
		return a, writeError{err}
	}
	if tellsForwards(layout) {
		a.matched += len(snap.Forwards)
	}
	return a, nil
}

// writeAll writes sockets that are all known.
func (r *run) writeAll(all []*sock.Socket, snap sock.Snapshot, layout *render.Layout) error {
	layout.Host, layout.GeneratedAt = snap.Host, snap.GeneratedAt
	if err := writeSockets(r.Out, all, snap, layout); err != nil {
		return writeError{err}
	}
	return nil
}

func writeSockets(w io.Writer, all []*sock.Socket, snap sock.Snapshot, layout *render.Layout) error {
	out := render.New(w, layout)
	for _, s := range all {
		if err := out.Socket(s); errors.Is(err, render.ErrLimit) {
			break
		} else if err != nil {
			return err
		}
	}
	return out.Close(snap)
}

// eachListed calls see for every socket of a listing.
func (r *run) eachListed(listing *platform.Listing, see func(*sock.Socket)) error {
	for s, err := range listing.Sockets {
		if err != nil {
			return r.readError(err)
		}
		see(s)
	}
	return nil
}

// open begins the listing: of this machine, or of the file that --from names.
func (r *run) open(b backend, req platform.Request) (*platform.Listing, error) {
	if r.input != nil {
		return r.input.listing(r.ctx, req)
	}
	return b.host.List(r.ctx, req), nil
}

// collect returns the sockets of a listing.
func collect(listing *platform.Listing) ([]*sock.Socket, error) {
	var all []*sock.Socket
	for s, err := range listing.Sockets {
		if err != nil {
			return nil, err
		}
		all = append(all, s.Clone())
	}
	return all, nil
}
