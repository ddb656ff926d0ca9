package sockdiag

import (
	"context"
	"errors"
	"math"
	"syscall"

	"sockeye/sock"
)

// Exists reports whether a socket that was listed is still there: the same one,
// by its cookie, or where none is known by its inode, or by its two ends. It is
// there no more if its file is closed, which its inode tells: what the kernel still
// has of the connection then, with the same cookie, is an orphan or TIME_WAIT. The
// error is a
// [*sock.TableError] as for a listing of the socket's table, or the context's.
//
// The kernel finds one socket without a walk, so the answer for a connection
// comes in microseconds. It finds the one that a packet would reach, though:
// where several share an address (SO_REUSEPORT), and for what no packet
// reaches, the table is read, restricted to the port.
func (s *Source) Exists(ctx context.Context, env *sock.Environment, k *sock.Socket) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	q := question{socket: k, handler: handlerOf(k.Protocol), exchange: exchange{open: s.session(env).openWire}}
	defer q.exchange.close()
	found, err := q.ask(ctx)
	if err == nil {
		return found, nil
	}
	if canceled := ctx.Err(); canceled != nil {
		return false, canceled
	}
	return false, tableError(sock.Table{Protocol: k.Protocol, Family: k.Family}, err, false)
}

// question is one run of [Source.Exists].
type question struct {
	socket   *sock.Socket
	exchange exchange
	handler  *handler
	decoder  decoder
	record   sock.Socket
}

func (q *question) ask(ctx context.Context) (bool, error) {
	if q.handler == nil {
		return false, &opError{"list", errNotListed}
	}
	if q.handler.lookUp == nil {
		return q.search(ctx)
	}
	exact, err := q.request(nlmFRequest, math.MaxUint32)
	if err != nil {
		return false, err
	}
	found, err := q.lookUp(ctx, exact)
	switch {
	case err == nil && found:
		return true, nil
	case errors.Is(err, syscall.ESTALE) && q.socket.Knows(sock.FieldRemote) && q.socket.Protocol.ConnectionOriented():
		// Another socket has the two ends now; no two connections share them.
		return false, nil
	case err != nil && !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ESTALE):
		return false, err
	}
	// ENOENT may also mean that the kernel has no handler at all, ESTALE that
	// another socket of the same address was met.
	return q.search(ctx)
}

// search reads the table restricted to the ports of the socket.
func (q *question) search(ctx context.Context) (bool, error) {
	states := q.handler.mask(sock.AllStates)
	request, err := q.request(nlmFRequest|nlmFDump, states)
	if err != nil {
		return false, err
	}
	for try := 0; ; try++ {
		found := false
		out, err := q.exchange.dump(ctx, request, func(payload []byte) (parsed, bool) {
			p := q.decode(payload)
			found = p.row() && q.same()
			return p, !found
		})
		switch {
		case found:
			return true, nil
		case err != nil:
			return false, err
		case out.malformed > 0:
			return false, &opError{"dump", errors.New("a reply could not be understood")}
		case !out.inconsistent:
			return false, nil
		case try == maxRetries:
			return false, &opError{"dump", errors.New("the table kept changing")}
		case out.truncated:
			q.exchange.grow()
		}
	}
}

// request makes the request for the one socket, or if the flags ask for a dump for
// those that share its ports, or all of its table.
func (q *question) request(flags uint16, states uint32) ([]byte, error) {
	if q.handler.lookUp == nil {
		return q.handler.dump(q.handler, sock.Table{}, states, 0), nil
	}
	cookie := inetDiagNoCookie
	if q.socket.Knows(sock.FieldCookie) {
		cookie = q.socket.Cookie
	}
	return q.handler.lookUp(q.handler, q.socket, flags, states, cookie)
}

// lookUp sends a request for one socket and reads the one reply.
func (q *question) lookUp(ctx context.Context, request []byte) (found bool, err error) {
	if err := q.exchange.begin(request); err != nil {
		return false, err
	}
	answered := false
	row := func(payload []byte) (parsed, bool) {
		answered = true
		p := q.decode(payload)
		found = p.row() && q.same()
		return p, true
	}
	for foreign := 0; foreign < maxForeign; foreign++ {
		datagram, truncated, err := q.exchange.receive(ctx)
		if err != nil {
			return false, err
		}
		var out outcome
		a := answer{exchange: &q.exchange, out: &out, row: row, messages: messages{datagram}, cut: truncated}
		err = a.read()
		if answered || a.done {
			q.exchange.unfinished = false
			return found, err
		}
	}
	return false, &opError{"receive", errForeign}
}

func (q *question) decode(payload []byte) parsed {
	return q.handler.decode(q.handler, &q.decoder, payload, &q.record)
}

// same reports whether the record that was read is the socket.
func (q *question) same() bool {
	a, b := q.socket, &q.record
	const ends = sock.FieldLocal | sock.FieldRemote
	switch both := a.Known & b.Known; {
	case a.Protocol == sock.SCTP && (a.Known&ends != b.Known&ends || a.Remote != b.Remote):
		return false // another association of the socket, or the socket itself
	case both.Has(sock.FieldCookie):
		closed := a.Knows(sock.FieldInode) && (!b.Knows(sock.FieldInode) || a.Inode != b.Inode)
		return a.Cookie == b.Cookie && !closed
	case both.Has(sock.FieldInode):
		return a.Inode == b.Inode
	}
	return a.Known&ends == b.Known&ends && a.Family == b.Family && a.Local == b.Local && a.Remote == b.Remote
}
