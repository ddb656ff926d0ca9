package platform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"sockeye/platform/bpfiter"
	"sockeye/platform/portable"
	"sockeye/platform/tracer"
	"sockeye/procnet"
	"sockeye/sock"
	"sockeye/sockdiag"
)

// openIn returns the host of an environment: sock_diag first, the tables of
// /proc/net where the kernel refuses or lacks it, owners from the kernel's
// iterator or /proc/PID/fd. The portable source, which knows less and no owners,
// answers only if it is named.
func openIn(env *sock.Environment, o Options) (*Host, error) {
	if other := portable.New(); o.Source == other.Name() {
		return openGiven(env, o, nil, other)
	}
	diag, files := sockdiag.New(), procnet.At(env.Proc)
	sources, err := pick("--source", o.Source, []sock.Source{diag, procnet.Source{}})
	if err != nil {
		return nil, withBackend(err, portable.New().Name())
	}
	finder, err := openFinder(o.Owners, procFinder{fs: files, threads: o.Threads})
	if err != nil {
		return nil, err
	}
	h := &Host{
		chain:    chain{sources: sources, env: env, inUse: procnet.InUse},
		finder:   finder,
		dumps:    rawDumps{source: diag.Name(), write: diag.Dump},
		proc:     files,
		entitled: func() bool { return mayTraceAll(files) },
		closings: func(q sock.Query) (closingSource, error) { return diag.Closings(env, q) },
	}
	h.tracer = func(ctx context.Context, o tracer.Options) (tracing, error) {
		t, err := tracer.Open(ctx, o)
		if err != nil {
			return nil, err
		}
		return t, nil
	}
	h.exists = func(ctx context.Context, s *sock.Socket) (bool, error) {
		if in := h.envOf(s); in != nil {
			return diag.Exists(ctx, in, s)
		}
		return false, errElsewhere
	}
	h.destroy = func(ctx context.Context, s *sock.Socket) error {
		if in := h.envOf(s); in != nil {
			return diag.Destroy(ctx, in, s)
		}
		return errElsewhere
	}
	h.behind = func(ctx context.Context, p *places) func(*sock.Socket) { return newBehindFinder(ctx, h, p).add }
	h.mayDestroy = func() bool {
		have, err := bpfiter.Capabilities()
		return err != nil || have&(1<<unix.CAP_NET_ADMIN) != 0
	}
	h.forwards = h.readForwards
	h.neighbourhood = readNeighbourhood
	h.translations = translationsBy(diag)
	if o.AllNamespaces {
		finder := &spaceFinder{env: env, sources: sources, finder: finder}
		h.spaces = &spaces{find: finder.find}
	}
	if sources[0].Name() != diag.Name() {
		h.closings = nil
	}
	return h, nil
}

// translationsBy returns what reads the translated connections of an environment, where
// the kernel tracks connections: by netlink, else from proc. Of a namespace that is not
// entered they are not told.
func translationsBy(diag *sockdiag.Source) func(context.Context, *sock.Environment, func(*sock.Translation)) error {
	return func(ctx context.Context, env *sock.Environment, visit func(*sock.Translation)) error {
		switch {
		case env.Tables != "":
			return errElsewhere
		case !procnet.Tracks(env):
			return nil
		}
		err := diag.Translations(ctx, env, visit)
		if errors.Is(err, sock.ErrUnavailable) && procnet.Translations(env, visit) == nil {
			return nil
		}
		return err
	}
}

// errElsewhere is the error of a question about a socket in a network namespace that
// cannot be entered.
var errElsewhere = fmt.Errorf("its network namespace cannot be entered: %w", fs.ErrPermission)

// withBackend adds the name of a backend to those that an error names.
func withBackend(err error, name string) error {
	if unknown, ok := errors.AsType[*UnknownBackendError](err); ok {
		unknown.Known = append(unknown.Known, name)
	}
	return err
}
