package render

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"sockeye/sock"
)

// Resolver finds the names of an address, as [net.Resolver] does.
type Resolver interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// mostNames bounds how many addresses are remembered: a view may go on for days.
const mostNames = 1 << 16

const (
	resolveTimeout = 2 * time.Second
	resolveWorkers = 32
	// resolveGrace is how long a worker that was told to end is waited for.
	resolveGrace = 200 * time.Millisecond
)

// names holds the names of addresses. What has no name, or whose name did not
// come in time, is not asked for again.
type names struct {
	known    map[netip.Addr]string // "" for none
	resolver Resolver
	timeout  time.Duration // for the next block
	dead     bool          // a whole block got no answer: nobody is asked any more
}

func newNames(o *Options) *names {
	n := &names{known: make(map[netip.Addr]string), resolver: o.Resolver, timeout: o.ResolveTimeout}
	if n.resolver == nil {
		n.resolver = net.DefaultResolver
	}
	if n.timeout <= 0 {
		n.timeout = resolveTimeout
	}
	return n
}

// of returns the name of an address, or "".
func (n *names) of(a netip.Addr) string { return n.known[a] }

// learn looks up the addresses of sockets, all at a time and within the
// deadline. When it returns its workers have ended; only a resolver that does not
// heed its context is left behind.
func (n *names) learn(block []*sock.Socket) {
	if len(n.known) > mostNames {
		clear(n.known)
	}
	var wanted []netip.Addr
	want := func(a netip.Addr) {
		a = a.Unmap()
		if _, asked := n.known[a]; !asked && a.IsValid() && !a.IsUnspecified() {
			n.known[a] = ""
			wanted = append(wanted, a)
		}
	}
	for _, s := range block {
		want(s.Local.Addr())
		want(s.Remote.Addr())
	}
	if len(wanted) == 0 || n.dead {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), n.timeout)
	defer cancel()
	answers := lookUp(ctx, n.resolver, wanted)
	for got := 0; ; got++ {
		select {
		case a, more := <-answers:
			if !more {
				return
			}
			n.known[a.addr] = a.name
		case <-ctx.Done():
			n.dead = got == 0
			n.timeout /= 2 // of a server that answers some, a long listing waits twice as long at most
			await(answers)
			return
		}
	}
}

// await waits for the workers to end, whose answers come too late.
func await(answers <-chan answer) {
	grace := time.NewTimer(resolveGrace)
	defer grace.Stop()
	for {
		select {
		case _, more := <-answers:
			if !more {
				return
			}
		case <-grace.C:
			return
		}
	}
}

type answer struct {
	addr netip.Addr
	name string
}

// lookUp asks for the names of addresses, a bounded number at a time. The
// channel has room for every answer, so that one that comes late blocks nobody,
// and is closed by the last worker.
func lookUp(ctx context.Context, r Resolver, addrs []netip.Addr) <-chan answer {
	work := make(chan netip.Addr, len(addrs))
	for _, a := range addrs {
		work <- a
	}
	close(work)
	answers := make(chan answer, len(addrs))
	var working atomic.Int32
	working.Store(int32(min(resolveWorkers, len(addrs))))
	for range working.Load() {
		go func() {
			defer func() {
				if working.Add(-1) == 0 {
					close(answers)
				}
			}()
			for a := range work {
				if ctx.Err() != nil {
					return
				}
				found, err := r.LookupAddr(ctx, a.String())
				name := ""
				if err == nil && len(found) > 0 {
					name = strings.TrimSuffix(found[0], ".")
				}
				answers <- answer{a, name}
			}
		}()
	}
	return answers
}

// resolving holds back a block of sockets, looks up their names, and passes
// them on.
type resolving struct {
	next  Renderer
	names *names
	keep  func(*sock.Socket) *sock.Socket
	block []*sock.Socket
}

func (r *resolving) Socket(s *sock.Socket) error {
	r.block = append(r.block, r.keep(s))
	if len(r.block) < blockRows {
		return nil
	}
	return r.pass()
}

func (r *resolving) pass() error {
	r.names.learn(r.block)
	for _, s := range r.block {
		if err := r.next.Socket(s); err != nil {
			return err
		}
	}
	clear(r.block)
	r.block = r.block[:0]
	return nil
}

func (r *resolving) Flush() error {
	if err := r.pass(); err != nil {
		return err
	}
	return r.next.Flush()
}

func (r *resolving) Close(snap sock.Snapshot) error {
	if err := r.pass(); err != nil {
		return err
	}
	return r.next.Close(snap)
}
