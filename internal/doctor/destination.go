package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"sockeye/sock"
)

// host is an address, of whatever port, in a network namespace.
type host struct {
	netns   uint64
	address netip.Addr
}

func hostOf(s *sock.Socket) host { return host{s.Netns.Inode, s.Remote.Addr()} }

// try is the command that shows the connections to the host.
func (h host) try(options string) string { return fmt.Sprintf("sockeye %s dst %s", options, h.address) }

// sent is what went to a destination between the two listings, and how much of that was in
// trouble, with the connections that had most of it.
type sent struct {
	worst
	bad, all uint64
}

// destinations adds up what went where.
type destinations map[host]*sent

func (d destinations) add(c *sock.Socket, bad, all uint64) {
	to := d[hostOf(c)]
	if to == nil {
		to = &sent{}
		d[hostOf(c)] = to
	}
	to.bad += bad
	to.all += all
	if bad > 0 {
		to.worst.add(c, bad)
	}
}

// those returns the destinations with so much trouble, and that share of all, the worst
// first.
func (d destinations) those(least, percent float64) (found []host) {
	for h, to := range d {
		if to.bad > 0 && float64(to.bad) >= least && 100*float64(to.bad) >= percent*float64(to.all) {
			found = append(found, h)
		}
	}
	slices.SortFunc(found, func(a, b host) int {
		return cmp.Or(cmp.Compare(d[b].bad, d[a].bad), a.address.Compare(b.address), cmp.Compare(a.netns, b.netns))
	})
	return found
}

// mostDestinations is for how many destinations a rule has a finding each: where more
// are concerned, one finding tells of all.
const mostDestinations = 5

// findings makes a finding of each destination, or one of all of them. The command that
// shows more is sockeye with the options; of several destinations, by the fact.
func (d destinations) findings(hosts []host, options, fact string, of func(to string, s *sent) Finding) (found []Finding) {
	if len(hosts) > mostDestinations {
		whole := &sent{}
		for _, h := range hosts {
			whole.bad += d[h].bad
			whole.all += d[h].all
			for _, n := range d[h].kept {
				whole.keep(n)
			}
			whole.total += d[h].total
		}
		f := of(fmt.Sprintf("%d hosts, most of them to %s,", len(hosts), hosts[0].address), whole)
		f.Evidence, f.Try = whole.evidence(), fmt.Sprintf("sockeye %s --sort -%s", options, fact)
		return append(found, f)
	}
	for _, h := range hosts {
		f := of(h.address.String(), d[h])
		f.Evidence, f.Try = d[h].evidence(), h.try(options)
		found = append(found, f)
	}
	return found
}

// worst keeps the sockets with the greatest numbers.
type worst struct {
	total int
	kept  []numbered
}

type numbered struct {
	socket *sock.Socket
	number uint64
}

func (w *worst) add(s *sock.Socket, number uint64) {
	w.total++
	if len(w.kept) < mostKept || w.kept[mostKept-1].number < number {
		w.keep(numbered{s.Clone(), number})
	}
}

// keep puts a socket in its place.
func (w *worst) keep(n numbered) {
	at, _ := slices.BinarySearchFunc(w.kept, n.number, func(n numbered, number uint64) int { return cmp.Compare(number, n.number) })
	if at == mostKept {
		return
	}
	w.kept = slices.Insert(w.kept, at, n)
	w.kept = w.kept[:min(len(w.kept), mostKept)]
}

func (w *worst) evidence() (e Evidence) {
	for _, n := range w.kept {
		e.Sockets = append(e.Sockets, n.socket)
	}
	e.Total = w.total
	return e
}
