package platform

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/netip"

	"sockeye/sock"
	"sockeye/sockdiag"
)

// IsRawDump reports whether a file that begins with these bytes (16 are enough)
// is a raw dump, such as [Host.Dump] and `ss -D` make.
func IsRawDump(prefix []byte) bool { return sockdiag.IsDump(prefix) }

// rawDumped is what is known of what raw dumps are asked for: TCP, whatever whoever made
// one asked for beside that.
var rawDumped = sock.Asked{Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4, sock.IPv6)}

// OpenRawDump returns a listing of a raw dump. It reads on any system; nothing is
// looked up here. The error is that of a file that is no such dump.
func OpenRawDump(ctx context.Context, r io.Reader, req Request) (*Listing, error) {
	dump, err := sockdiag.OpenDump(r)
	if err != nil {
		return nil, err
	}
	head := func() sock.Snapshot {
		return sock.Snapshot{Source: dump.Name(), OwnerSource: "none", Complete: true, Asked: rawDumped}
	}
	var from sock.Recording = dump
	if (req.Query.Want | req.Filter.Needs()).Has(sock.FieldTCPInfo) {
		from = asksInfo{dump}
	}
	return FromRecording(ctx, from, head, req), nil
}

// asksInfo is a raw dump of which struct tcp_info is asked. The kernel puts it into
// its messages only if whoever made the dump asked for it, as `ss -iD` does.
type asksInfo struct{ sock.Recording }

// Sockets streams the sockets, and reports at the end that no connection had it.
func (a asksInfo) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		connections, told := 0, false
		for s, err := range a.Recording.Sockets(ctx, q) {
			if err == nil && sock.BigStates.Has(s.State) {
				connections++
				told = told || s.Knows(sock.FieldTCPInfo)
			}
			if !yield(s, err) {
				return
			}
		}
		if connections > 0 && !told {
			yield(nil, &sock.Partial{Code: sock.CodeInput, Incomplete: true,
				Message: "the dump holds no tcp_info, which is asked for; ss -iD and sockeye --dump write it"})
		}
	}
}

// ErrNoRawDump is returned by [Host.Dump] on a system that has no messages to
// dump.
var ErrNoRawDump = errors.New("raw dumps are made of what the Linux kernel says by sock_diag")

// rawDumps writes raw dumps; the zero value does not.
type rawDumps struct {
	source string // whose messages they are
	write  func(ctx context.Context, env *sock.Environment, q sock.Query, w io.Writer, keep func(*sock.Socket) bool) iter.Seq2[*sock.Socket, error]
}

// Dump begins a raw dump of the TCP sockets that the request asks and its filter
// matches. The listing streams the sockets as their messages are written to w; a
// failed write ends it.
//
// A filter over facts that the messages do not hold, such as a process, costs a
// listing before the dump: what it matched is then dumped.
func (h *Host) Dump(ctx context.Context, req Request, w io.Writer) (*Listing, error) {
	if h.dumps.write == nil {
		return nil, ErrNoRawDump
	}
	req.Query = restricted(req.Query.Protocol(sock.TCP), req.Filter)
	l := &Listing{ctx: ctx, request: Request{Query: req.Query}, snapshot: newSnapshot()}
	l.rows = func(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		return func(yield func(*sock.Socket, error) bool) {
			keep, err := h.dumped(ctx, req, l)
			if err != nil {
				yield(nil, err)
				return
			}
			for s, err := range h.dumps.write(ctx, h.chain.env, q, w, keep) {
				if !yield(s, err) {
					return
				}
			}
		}
	}
	l.snapshot.Source = h.dumps.source
	return l, nil
}

// dumped returns what decides about the rows of a dump.
func (h *Host) dumped(ctx context.Context, req Request, l *Listing) (keep func(*sock.Socket) bool, err error) {
	allowed := func(s *sock.Socket) bool { return req.Query.Allows(s) }
	needs := req.Filter.Needs()
	if needs&(sock.FieldOwners|sock.ProcessFields) == 0 {
		notes := h.newAnnotator(needs)
		return func(s *sock.Socket) bool {
			notes.add(s)
			return allowed(s) && req.Filter.Match(s)
		}, nil
	}
	matched, err := h.identities(ctx, req, l)
	return func(s *sock.Socket) bool { return allowed(s) && matched[identityOf(s)] }, err
}

// identity tells sockets apart between two readings: by the kernel's number of
// the socket, and by the ends where an old kernel gives none.
type identity struct {
	cookie        uint64
	local, remote netip.AddrPort
}

func identityOf(s *sock.Socket) identity {
	if s.Knows(sock.FieldCookie) {
		return identity{cookie: s.Cookie}
	}
	return identity{local: s.Local, remote: s.Remote}
}

// identities lists what the request matches, and reports what failed in part to
// the listing of the dump.
func (h *Host) identities(ctx context.Context, req Request, l *Listing) (map[identity]bool, error) {
	matched := map[identity]bool{}
	listing := h.List(ctx, Request{Query: req.Query, Filter: req.Filter})
	for s, err := range listing.Sockets {
		if err != nil {
			return nil, err
		}
		matched[identityOf(s)] = true
	}
	snap := listing.Snapshot()
	l.snapshot.OwnerSource = snap.OwnerSource
	for _, w := range snap.Warnings {
		l.warnings.add(w)
	}
	l.snapshot.Complete = l.snapshot.Complete && snap.Complete
	return matched, nil
}
