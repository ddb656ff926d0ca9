package cli

import (
	"context"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

// closer closes sockets; it is the machine but in tests.
type closer interface {
	Destroy(context.Context, *sock.Socket) error
}

// destroy is --kill: it closes the sockets of a request and lists them with what became
// of each. What was asked for and not closed is told with the reason, too.
func (r *run) destroy(o *options, b backend, req platform.Request, layout *render.Layout) (answered, error) {
	if err := r.checkDestroy(o, req, b.host != nil && b.host.CanDestroy()); err != nil {
		return answered{}, err
	}
	req.Query.Want = layout.Needs() | sock.FieldLocal | sock.FieldRemote | sock.FieldOwners | sock.FieldCookie
	req.Query.Asked = layout.Asked() | req.Filter.Needs()
	listing := b.host.List(r.ctx, req)
	found, err := collect(listing)
	if err != nil {
		return answered{}, err
	}
	a := r.conclude(o, listing, len(found)) // what was not seen is to be known before the question
	if len(found) > 0 && !o.yes && !r.agree("close "+socketsText(found)) {
		r.say("nothing was closed")
		r.status = exitNothing
		return answered{}, nil
	}
	failed, err := r.closeAll(b.host, found, func() ([]*sock.Socket, error) {
		req.Query.Want = sock.FieldCookie
		return collect(b.host.List(r.ctx, req))
	})
	if err != nil {
		return answered{}, err
	}
	if err := r.writeAll(found, listing.Snapshot(), layout); err != nil {
		return answered{}, err
	}
	if failed > 0 {
		r.status = exitFailed
	}
	return a, nil
}

// checkDestroy refuses what would close more than was meant, or nothing, or without
// anybody's consent. able is whether sockets can be closed here at all.
func (r *run) checkDestroy(o *options, req platform.Request, able bool) error {
	switch {
	case o.from != "":
		return usagef("--kill closes sockets of this machine, it goes without --from")
	case !able:
		return usagef("--kill: closing sockets is not available on %s yet", platform.SystemName())
	case o.noOwners():
		return usagef("--kill looks at the owners, it goes without --no-processes and --owners none")
	case o.limit > 0 || o.group != nil:
		return usagef("--kill goes without --limit and --group-by: a filter says what to close")
	case req.Filter.Empty() && !o.choosesTables() && !o.choosesStates():
		return usagef("--kill needs a filter that says which sockets: sockeye -K dst 192.0.2.7")
	case !o.yes && !r.Asks:
		return usagef("--kill asks first, and standard input is no terminal: --yes closes without a question")
	}
	return nil
}

// closeAll closes sockets one by one, gives each its result, and tells those that
// are left, by reason. again lists what is there now: the other end of a connection
// on this machine has ended when its turn comes, and that is no failure.
func (r *run) closeAll(h closer, found []*sock.Socket, again func() ([]*sock.Socket, error)) (failed int, err error) {
	errs := make([]error, len(found))
	doubtful := false
	for i, s := range found {
		if err := r.ctx.Err(); err != nil {
			return failed, err
		}
		errs[i] = h.Destroy(r.ctx, s)
		s.Result, s.Known = sock.ResultOf(errs[i]), s.Known|sock.FieldResult
		doubtful = doubtful || s.Result == sock.ResultNotFound
	}
	if doubtful {
		if err := markEnded(found, again); err != nil {
			return failed, err
		}
	}
	return r.tellLeft(found, errs), nil
}

// markEnded changes the result of sockets that are not there any more.
func markEnded(found []*sock.Socket, again func() ([]*sock.Socket, error)) error {
	left, err := again()
	if err != nil {
		return err
	}
	there := make(map[uint64]bool, len(left))
	for _, s := range left {
		there[s.Cookie] = true
	}
	for _, s := range found {
		if s.Result == sock.ResultNotFound && !there[s.Cookie] {
			s.Result = sock.ResultEnded
		}
	}
	return nil
}

// tellLeft says of the sockets that were not closed why, once for each reason, and
// returns their number.
func (r *run) tellLeft(found []*sock.Socket, errs []error) (failed int) {
	var reasons []string
	spared := map[string][]*sock.Socket{}
	for i, s := range found {
		if s.Result == sock.ResultClosed || s.Result == sock.ResultEnded {
			continue
		}
		reason := errs[i].Error()
		if spared[reason] == nil {
			reasons = append(reasons, reason)
		}
		spared[reason] = append(spared[reason], s)
		failed++
	}
	for _, reason := range reasons {
		r.say("not closed: %s: %s", socketsText(spared[reason]), reason)
	}
	return failed
}
