package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"syscall"
	"time"

	"sockeye/sock"
)

// maxRetries is how often a table is read again that was not consistent.
const maxRetries = 3

// reading is one pass through a table, or through both families of TCP.
type reading struct {
	exchange exchange
	session  *session
	query    sock.Query // the part that is answered
	tables   []sock.Table
	program  program
	request  []byte // nil: nothing is to be asked
	yield    func(*sock.Socket, error) bool
	dump     *dumpWriter // nil: rows are not written
	deferred *deferred   // rows of IPv6 that wait for the end of IPv4

	handler *handler // nil: the kernel has none
	decoder decoder
	record  sock.Socket

	// Of the table that is being read:
	ids       identities
	told      map[uint64]bool // the rows so far, where the kernel doubles some
	begun     bool            // it has yielded a row
	malformed bool            // it was reported that it holds something malformed
}

func (r *reading) Tables() []sock.Table { return r.tables }

// Prefetch sends the request, unless another one comes before it.
func (r *reading) Prefetch() {
	if r.exchange.w != nil || r.session.noFiles {
		return
	}
	r.exchange.prefetch = true
	if r.request != nil && !r.needsMore() {
		r.session.noFiles = r.exchange.prepare(r.request)
	}
}

// Rows reads the tables; see [sock.Reading].
func (r *reading) Rows(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		r.yield = yield
		defer r.exchange.close()
		if len(r.tables) > 1 {
			r.both(ctx)
			return
		}
		if err := r.table(ctx); err != nil {
			r.fail(ctx, err)
		}
	}
}

// fail yields what ended the reading of one table.
func (r *reading) fail(ctx context.Context, err error) {
	switch canceled := ctx.Err(); {
	case errors.Is(err, errStopped):
	case canceled != nil:
		r.yield(nil, canceled)
	default:
		r.yield(nil, tableError(r.tables[0], err, r.begun))
	}
}

// compile makes the program of one table with the instructions that it may hold,
// and the request.
func (r *reading) compile(may instructions) {
	t := r.tables[0]
	r.program, r.request = program{}, nil
	if r.handler == nil {
		return
	}
	states := r.handler.mask(r.query.States)
	if states == 0 {
		return
	}
	c := r.session.compiler(r.query, t.Protocol, sock.Families(t.Family), may)
	made, possible := r.session.source.compile(c, r.query.Where)
	if !possible {
		return
	}
	if !r.handler.programs {
		made = program{}
	}
	r.program = made
	r.request = r.dumpRequest(t)
}

// table reads one table.
func (r *reading) table(ctx context.Context) error {
	t := r.tables[0]
	if r.handler == nil {
		return &opError{"list", errNotListed}
	}
	if r.request == nil {
		return ctx.Err() // nothing in it can match
	}
	if r.needsMore() {
		if err := r.handler.before(r, ctx); err != nil {
			return err
		}
	}
	for {
		err := r.read(ctx, t, r.request, r.message)
		if err == nil || r.program.uses == noInstructions || r.begun || !refusesProgram(err) {
			return err
		}
		// Whether it was the program that the kernel did not take is seen when
		// it is asked with less of one, in the end with none.
		r.compile(r.program.uses - 1)
	}
}

// needsMore reports whether something else is read before the table.
func (r *reading) needsMore() bool {
	return r.handler.before != nil && r.query.Want&r.handler.about != 0
}

// refusesProgram reports whether the error may be the kernel's answer to a
// program: EINVAL for an instruction that it does not know, EPERM for one that
// this process may not use (inet_diag_bc_audit).
func refusesProgram(err error) bool {
	if _, ours := errors.AsType[*opError](err); ours {
		return false
	}
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM)
}

// dumpRequest returns the request for a table, with the program if there is one.
func (r *reading) dumpRequest(t sock.Table) []byte {
	h := r.handler
	return appendProgram(h.dump(h, t, h.mask(r.query.States), r.query.Want), r.program.code)
}

// appendProgram appends a program to a request, if there is one.
func appendProgram(request, code []byte) []byte {
	if len(code) == 0 {
		return request
	}
	return appendAttribute(request, inetDiagReqBytecode, code)
}

// message yields the row of a message.
func (r *reading) message(payload []byte) (parsed, bool) {
	p := r.decode(payload)
	return p, !p.row() || r.row(payload)
}

func (r *reading) decode(payload []byte) parsed {
	return r.handler.decode(r.handler, &r.decoder, payload, &r.record)
}

// row yields the record unless an earlier reading of the table did.
func (r *reading) row(payload []byte) (more bool) {
	if r.session.owns(&r.record) {
		return true
	}
	if id := identityOf(&r.record, payload); r.handler.doubled && !r.once(id) || !r.ids.first(id) {
		return true
	}
	r.begun = true
	if r.dump != nil && !r.dump.row(r, payload) {
		return r.dump.err == nil
	}
	return r.yieldAt(r.exchange.captured)
}

// yieldAt yields the record, which was read at a time.
func (r *reading) yieldAt(at time.Time) (more bool) {
	if r.query.Want&sock.ComparedFields != 0 {
		r.record.ReadAt = at
	}
	return r.yield(&r.record, nil)
}

// once reports whether a row is told for the first time in the listing.
func (r *reading) once(id uint64) bool {
	if r.told == nil {
		r.told = map[uint64]bool{}
	}
	if r.told[id] {
		return false
	}
	r.told[id] = true
	return true
}

// readNames reads the names of all unix sockets: the other end of a connection
// is told by its inode alone.
func (r *reading) readNames(ctx context.Context) error {
	request := unixRequest{
		flags:  nlmFRequest | nlmFDump,
		states: r.handler.mask(sock.AllStates),
		show:   udiagShowName, cookie: inetDiagNoCookie,
	}
	peers := make(map[uint64]string)
	r.decoder.unix.peers = nil
	err := r.read(ctx, r.tables[0], request.append(nil), func(payload []byte) (parsed, bool) {
		p := r.decode(payload)
		if p.row() && r.record.Knows(sock.FieldInode|sock.FieldPath) {
			peers[r.record.Inode] = r.record.Path
		}
		return p, true
	})
	r.decoder.unix.peers = peers
	return err
}

// read reads a table, and again if that was not consistent. What goes wrong
// without an end to the table is yielded as a [*sock.Partial].
func (r *reading) read(ctx context.Context, t sock.Table, request []byte, row rowFunc) error {
	for try := 0; ; try++ {
		out, err := r.exchange.dump(ctx, request, row)
		again := err == nil && out.inconsistent
		if again && try < maxRetries {
			if out.truncated {
				r.exchange.grow()
			}
			r.ids.again()
			if r.deferred != nil {
				r.deferred.ids.again()
			}
			continue
		}
		if errors.Is(err, errStopped) {
			return err
		}
		if !r.report(t, out, again) {
			return errStopped
		}
		return err
	}
}

// report yields what is wrong with the last reading of a table.
func (r *reading) report(t sock.Table, out outcome, inconsistent bool) (more bool) {
	if out.malformed > 0 && !r.malformed {
		r.malformed = true
		if !r.yield(nil, &sock.Partial{
			Code:       sock.CodeMalformed,
			Message:    fmt.Sprintf("%s: %d of the kernel's replies could not be understood", t, out.malformed),
			Incomplete: true,
		}) {
			return false
		}
	}
	if part := r.decoder.family.withheld(); part != nil && !r.yield(nil, part) {
		return false
	}
	for _, part := range r.decoder.inet.withheld(r.query.Asked, r.session.source.tellsULP) {
		if !r.yield(nil, part) {
			return false
		}
	}
	return !inconsistent || r.yield(nil, &sock.Partial{
		Code:       sock.CodeInterrupted,
		Message:    fmt.Sprintf("%s: the kernel's table kept changing, %d readings were inconsistent", t, maxRetries+1),
		Incomplete: true,
	})
}
