package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"syscall"

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

	record sock.Socket
	inet   inetDecoder
	unix   unixDecoder

	// Of the table that is being read:
	ids       identities
	begun     bool // it has yielded a row
	malformed bool // it was reported that it holds something malformed
}

func (r *reading) Tables() []sock.Table { return r.tables }

// Prefetch sends the request. What waits for another answer is left for later:
// the names of unix sockets come first.
func (r *reading) Prefetch() {
	if r.exchange.w != nil || r.session.noFiles {
		return
	}
	r.exchange.prefetch = true
	if r.request != nil && r.tables[0].Protocol != sock.Unix {
		r.session.noFiles = r.exchange.prepare(r.request)
	}
}

// Rows reads the tables; see [sock.Reading].
func (r *reading) Rows(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		r.yield = yield
		defer r.exchange.close()
		r.inet.protocol = r.tables[0].Protocol
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
	states := stateMask(t.Protocol, r.query.States)
	if states == 0 {
		return
	}
	c := r.session.compiler(r.query, t.Protocol, sock.Families(t.Family), may)
	made, possible := r.session.source.compile(c, r.query.Where)
	if !possible {
		return
	}
	if t.Protocol == sock.Unix {
		made = program{} // that table takes none
	}
	r.program = made
	r.request = dumpRequest(t, states, r.query.Want, made.code)
}

// table reads one table.
func (r *reading) table(ctx context.Context) error {
	t := r.tables[0]
	if _, known := ipProtocols[t.Protocol]; !known && t.Protocol != sock.Unix {
		return &opError{"list", errNoHandler}
	}
	if r.request == nil {
		return ctx.Err() // nothing in it can match
	}
	if t.Protocol == sock.Unix {
		return r.unixTable(ctx)
	}
	for {
		err := r.read(ctx, t, r.request, r.inetRow)
		if err == nil || r.program.uses == noInstructions || r.begun || !refusesProgram(err) {
			return err
		}
		// Whether it was the program that the kernel did not take is seen when
		// it is asked with less of one, in the end with none.
		r.compile(r.program.uses - 1)
	}
}

func (r *reading) unixTable(ctx context.Context) error {
	t := r.tables[0]
	if r.query.Want.Has(sock.FieldPeerPath) {
		if err := r.readNames(ctx, t); err != nil {
			return err
		}
	}
	return r.read(ctx, t, r.request, r.unixRow)
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

// dumpRequest returns the request for a table, with a program if there is one; it
// is nil if the kernel has no handler for the table.
func dumpRequest(t sock.Table, states uint32, want sock.Field, code []byte) []byte {
	if t.Protocol == sock.Unix {
		r := unixRequest{
			flags: nlmFRequest | nlmFDump, states: states,
			show: unixShow(want), cookie: inetDiagNoCookie,
		}
		return r.append(nil)
	}
	protocol, ok := ipProtocols[t.Protocol]
	if !ok {
		return nil
	}
	r := inetRequest{
		flags:  nlmFRequest | nlmFDump,
		family: familyNumber(t.Family), protocol: protocol,
		ext: extensions(t.Protocol, want), states: states,
		id: inetID{cookie: inetDiagNoCookie},
	}
	return appendProgram(r.append(nil), code)
}

// appendProgram appends a program to a request, if there is one.
func appendProgram(request, code []byte) []byte {
	if len(code) == 0 {
		return request
	}
	return appendAttribute(request, inetDiagReqBytecode, code)
}

func (r *reading) inetRow(payload []byte) (parsed, bool) {
	p := r.inet.decode(payload, &r.record)
	return p, p == rejected || r.row(payload)
}

func (r *reading) unixRow(payload []byte) (parsed, bool) {
	p := r.unix.decode(payload, &r.record)
	return p, p == rejected || r.row(payload)
}

// row yields the record unless an earlier reading of the table did.
func (r *reading) row(payload []byte) (more bool) {
	if !r.ids.first(identityOf(&r.record, payload)) {
		return true
	}
	r.begun = true
	if r.dump != nil && !r.dump.row(r, payload) {
		return r.dump.err == nil
	}
	return r.yield(&r.record, nil)
}

// readNames reads the names of all unix sockets: the other end of a connection
// is told by its inode alone.
func (r *reading) readNames(ctx context.Context, t sock.Table) error {
	request := unixRequest{
		flags:  nlmFRequest | nlmFDump,
		states: stateMask(sock.Unix, sock.AllStates),
		show:   udiagShowName, cookie: inetDiagNoCookie,
	}
	peers := make(map[uint64]string)
	r.unix.peers = nil
	err := r.read(ctx, t, request.append(nil), func(payload []byte) (parsed, bool) {
		p := r.unix.decode(payload, &r.record)
		if p != rejected && r.record.Knows(sock.FieldInode|sock.FieldPath) {
			peers[r.record.Inode] = r.record.Path
		}
		return p, true
	})
	r.unix.peers = peers
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
	return !inconsistent || r.yield(nil, &sock.Partial{
		Code:       sock.CodeInterrupted,
		Message:    fmt.Sprintf("%s: the kernel's table kept changing, %d readings were inconsistent", t, maxRetries+1),
		Incomplete: true,
	})
}
