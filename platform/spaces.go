package platform

import (
	"context"
	"iter"
	"slices"
	"sync"

	"sockeye/sock"
)

// space is one network namespace of a machine that is listed as a whole.
type space struct {
	chain
	// key names the namespace for as long as the machine runs.
	key spaceKey
}

// spaceKey is the inode of a namespace's file, or else that of its tables.
type spaceKey struct{ inode, tables uint64 }

// spaces are the network namespaces of a machine. They are looked for at each listing;
// those that are there still stay open.
type spaces struct {
	// find opens the namespaces that are not among the known ones, and says what could
	// not be opened.
	find func(ctx context.Context, known map[spaceKey]*space) ([]*space, []*sock.Partial)

	mu   sync.Mutex
	open []*space
}

// refresh returns the namespaces that there are now.
func (s *spaces) refresh(ctx context.Context) ([]*space, []*sock.Partial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[spaceKey]*space{}
	for _, sp := range s.open {
		known[sp.key] = sp
	}
	found, failures := s.find(ctx, known)
	for _, sp := range s.open {
		if !slices.Contains(found, sp) {
			sp.env.Close() // nobody is in it any more
		}
	}
	s.open = found
	return found, failures
}

// now returns the namespaces of the last listing.
func (s *spaces) now() []*space {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *spaces) close() {
	for _, sp := range s.now() {
		sp.env.Close()
	}
}

// everywhere streams the sockets of every namespace, one namespace after the other.
// The kernel works on the next one while the reader is at one.
func (h *Host) everywhere(l *Listing) func(context.Context, sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		return func(yield func(*sock.Socket, error) bool) {
			all, failures := h.spaces.refresh(ctx)
			for _, f := range failures {
				if !yield(nil, f) {
					return
				}
			}
			h.each(ctx, q, all, visit{
				before: func(run *chainRun) { l.notes = l.notes.in(run.env) },
				after:  func(run *chainRun) { l.chain.absorb(run) },
				row:    yield,
			})
		}
	}
}

// visit is what is done with the namespaces, one after the other.
type visit struct {
	before, after func(*chainRun)
	row           func(*sock.Socket, error) bool
}

// each streams the sockets of some namespaces.
func (h *Host) each(ctx context.Context, q sock.Query, all []*space, v visit) {
	var runs []*chainRun
	defer func() {
		for _, run := range runs {
			run.close()
		}
	}()
	for i := range all {
		for len(runs) < min(i+2, len(all)) {
			run := all[len(runs)].run()
			run.begin(q)
			runs = append(runs, run)
		}
		run := runs[i]
		v.before(run)
		goOn := run.rows(ctx, v.row)
		v.after(run)
		run.close()
		run.env.Interfaces.Forget()
		if !goOn {
			return
		}
	}
}

// sockets streams those of the host, in every namespace that it is of, with the
// namespace where there are several.
func (h *Host) sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	if h.spaces == nil {
		return h.chain.run().Sockets(ctx, q)
	}
	return func(yield func(*sock.Socket, error) bool) {
		var in sock.Namespace
		h.each(ctx, q, h.spaces.now(), visit{
			before: func(run *chainRun) { in = run.env.Namespace },
			after:  func(*chainRun) {},
			row: func(s *sock.Socket, err error) bool {
				if err == nil {
					s.Netns.Inode = in.Inode()
					s.Known |= sock.FieldNetns
				}
				return yield(s, err)
			},
		})
	}
}

// environments returns those of the host's namespaces.
func (h *Host) environments() []*sock.Environment {
	if h.spaces == nil {
		return []*sock.Environment{h.chain.env}
	}
	var all []*sock.Environment
	for _, sp := range h.spaces.now() {
		all = append(all, sp.env)
	}
	return all
}

// envOf returns the environment that a socket of a listing is in, nil if it is not
// there any more, or may not be entered.
func (h *Host) envOf(s *sock.Socket) *sock.Environment {
	if h.spaces == nil {
		if h.chain.env.Tables != "" {
			return nil
		}
		return h.chain.env
	}
	for _, sp := range h.spaces.now() {
		if sp.key.inode != 0 && sp.key.inode == s.Netns.Inode && sp.env.Tables == "" {
			return sp.env
		}
	}
	return nil
}

// absorb adds what another run of the same listing has to say.
func (r *chainRun) absorb(other *chainRun) {
	for _, name := range other.used {
		if !slices.Contains(r.used, name) {
			r.used = append(r.used, name)
		}
	}
	r.fallbacks = append(r.fallbacks, other.fallbacks...)
	r.absent |= other.absent
}

// in returns an annotator for another environment, which knows the same names of
// users and control groups.
func (a *annotator) in(env *sock.Environment) *annotator {
	other := *a
	other.env, other.exposures = env, a.exposures.in(env)
	return &other
}
