package cli

import (
	"iter"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

// exposedOption lists what others reach, as far as the machine itself can tell.
func (o *options) exposedOption() []*option {
	return []*option{on(groupTables, &o.exposed, "exposed", "",
		"what listens, or is forwarded by the kernel, beyond the loopback and on which addresses, public ones first; a firewall is not looked at")}
}

// checkExposed refuses what is not about sockets that listen.
func (o *options) checkExposed() error {
	switch {
	case !o.exposed:
		return nil
	case o.connected || o.boundAlone:
		return usagef("--exposed lists what listens, it goes without --connected and --bound-inactive")
	case o.action() != "":
		return usagef("--exposed is a listing, it goes without %s", o.action())
	}
	return nil
}

// tellExposed lets formats that hold everything say of what is exposed which container
// it leads to.
func (o *options) tellExposed() {
	if o.exposed {
		o.told = sock.FieldPlace
	}
}

// askExposed asks for what is reached over the families of a request. A socket of IPv6
// may be reached over IPv4 too.
func askExposed(req *platform.Request) error {
	if req.Query.Protocols&inetTables().protocols == 0 {
		return usagef("--exposed is about addresses of IP, which these sockets do not have")
	}
	req.Exposed = req.Query.Families
	req.Query.Families |= sock.Families(sock.IPv6)
	return nil
}

// tellsForwards reports whether an answer has a member of its own for the ports that the
// kernel forwards; they are rows else.
func tellsForwards(l *render.Layout) bool { return l.Format == render.JSON && l.Group == nil }

// eachRow streams the sockets of a listing, and behind them what stands for forwards.
func eachRow(listing *platform.Listing, l *render.Layout) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		for s, err := range listing.Sockets {
			if !yield(s, err) {
				return
			}
		}
		if tellsForwards(l) {
			return
		}
		for _, s := range listing.Forwarded() {
			if !yield(s, nil) {
				return
			}
		}
	}
}
