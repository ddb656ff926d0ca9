package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

// closer closes sockets; it is the machine but in tests.
type closer interface {
	Destroy(context.Context, *sock.Socket) error
}

// kill closes the sockets of a request and lists those that it closed. What was
// asked for and not closed is told with the reason.
func (r *run) kill(o *options, b backend, req platform.Request, layout render.Options) (answered, error) {
	if err := r.checkKill(o, req, b.host != nil && b.host.CanDestroy()); err != nil {
		return answered{}, err
	}
	req.Query.Want = render.Needs(layout) | sock.FieldLocal | sock.FieldRemote | sock.FieldOwners
	listing := b.host.List(r.ctx, req)
	var found []*sock.Socket
	for s, err := range listing.Sockets {
		if err != nil {
			return answered{}, err
		}
		found = append(found, s.Clone())
	}
	if len(found) > 0 && !o.yes && !r.agreed(len(found)) {
		r.say("nothing was closed")
		r.status = exitNothing
		return answered{}, nil
	}
	layout.Host, layout.GeneratedAt = listing.Snapshot().Host, listing.Snapshot().GeneratedAt
	out, err := render.New(r.Out, layout)
	if err != nil {
		return answered{}, usageError{err.Error()}
	}
	closed, failed, err := r.closeAll(b.host, found, out)
	if err != nil {
		return answered{}, err
	}
	if err := out.Close(listing.Snapshot()); err != nil {
		return answered{}, writeError{err}
	}
	a := r.conclude(o, listing, closed)
	if failed > 0 {
		r.status = exitFailed
	}
	return a, nil
}

// checkKill refuses what would close more than was meant, or nothing, or without
// anybody's consent. able is whether sockets can be closed here at all.
func (r *run) checkKill(o *options, req platform.Request, able bool) error {
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

// agreed asks whether sockets are to be closed.
func (r *run) agreed(n int) bool {
	noun := "sockets"
	if n == 1 {
		noun = "socket"
	}
	fmt.Fprintf(r.Err, "sockeye: close %d %s? [y/N] ", n, noun)
	answer, _ := bufio.NewReader(r.In).ReadString('\n') // an input that ends is a no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// closeAll closes sockets one by one, writes those that it closed, and tells the
// others, by reason.
func (r *run) closeAll(h closer, found []*sock.Socket, out render.Renderer) (closed, failed int, err error) {
	var reasons []string
	spared := map[string][]*sock.Socket{}
	for _, s := range found {
		if err := r.ctx.Err(); err != nil {
			return closed, failed, err
		}
		if err := h.Destroy(r.ctx, s); err != nil {
			reason := err.Error()
			if spared[reason] == nil {
				reasons = append(reasons, reason)
			}
			spared[reason] = append(spared[reason], s)
			failed++
			continue
		}
		closed++
		if err := out.Socket(s); err != nil {
			return closed, failed, writeError{err}
		}
	}
	for _, reason := range reasons {
		r.say("not closed: %s: %s", socketsText(spared[reason]), reason)
	}
	return closed, failed, nil
}

// socketsText names the first of some sockets, and how many more there are.
func socketsText(all []*sock.Socket) string {
	s := all[0]
	text := s.Protocol.String() + " " + s.Local.String()
	if s.Knows(sock.FieldRemote) {
		text += " to " + s.Remote.String()
	}
	if len(all) > 1 {
		text += fmt.Sprintf(" and %d more", len(all)-1)
	}
	return text
}
