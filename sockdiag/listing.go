package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"sockeye/sock"
)

// maxRetries is how often a table is read again that was not consistent.
const maxRetries = 3

// listing is one run of [Source.Sockets].
type listing struct {
	session session
	query   sock.Query
	yield   func(*sock.Socket, error) bool
	dump    *dumpWriter // nil: rows are not written
	later   *aside      // rows of a table that is read along with the one before

	record sock.Socket
	inet   inetDecoder
	unix   unixDecoder

	// refused is how many sets of instructions the kernel did not take.
	refused instructions

	// Of the table that is being listed:
	ids       identities
	begun     bool // it has yielded a row
	malformed bool // it was reported that it holds something malformed
}

// resumption says whether rows of the first table were yielded before.
type resumption bool

const (
	fresh   resumption = false
	resumed resumption = true
)

// tables lists the tables of the query one after the other.
func (l *listing) tables(ctx context.Context, first resumption) {
	for t := range l.query.Tables {
		if first == fresh {
			l.ids.clear()
			l.begun, l.malformed = false, false
		}
		first = fresh
		if err := l.table(ctx, t); err != nil && !l.fail(ctx, t, err) {
			return
		}
	}
}

// fail yields the failure of a table, and reports whether others follow.
func (l *listing) fail(ctx context.Context, t sock.Table, err error) (more bool) {
	if errors.Is(err, errStopped) {
		return false
	}
	if canceled := ctx.Err(); canceled != nil {
		l.yield(nil, canceled)
		return false
	}
	failure := tableError(t, err, l.begun)
	if _, alone := onlyTable(l.query); alone {
		l.yield(nil, failure)
		return false
	}
	return l.yield(nil, failure.partial())
}

// table lists one table.
func (l *listing) table(ctx context.Context, t sock.Table) error {
	if stateMask(t.Protocol, l.query.States) == 0 {
		return nil
	}
	if t.Protocol == sock.Unix {
		return l.unixTable(ctx, t)
	}
	l.inet.protocol = t.Protocol
	for {
		request, used := l.plan(t)
		if request == nil {
			return l.noRequest(t)
		}
		err := l.read(ctx, t, request, l.inetRow)
		if err == nil || used == noInstructions || l.begun || !refusesProgram(err) {
			return err
		}
		// Whether it was the program that the kernel did not take is seen when
		// it is asked with less of one, in the end with none.
		l.refused = allInstructions - used + 1
	}
}

func (l *listing) unixTable(ctx context.Context, t sock.Table) error {
	if _, possible := l.compiler(t).program(l.query.Where); !possible {
		return nil
	}
	if l.query.Want.Has(sock.FieldPeerPath) {
		if err := l.readNames(ctx, t); err != nil {
			return err
		}
	}
	request, _ := l.plan(t)
	return l.read(ctx, t, request, l.unixRow)
}

func (l *listing) compiler(t sock.Table) *compiler {
	return &compiler{
		table: t, states: l.query.States, may: allInstructions - l.refused, interfaceIndex: systemInterfaceIndex,
	}
}

// plan returns the request for the sockets of a table that are wanted, and the
// instructions that it holds. It is nil if none can be, or if the kernel has no
// handler for the table.
func (l *listing) plan(t sock.Table) (request []byte, used instructions) {
	states := stateMask(t.Protocol, l.query.States)
	if states == 0 {
		return nil, noInstructions
	}
	c := l.compiler(t)
	program, possible := c.program(l.query.Where)
	if !possible {
		return nil, noInstructions
	}
	request = dumpRequest(t, states, l.query.Want)
	if request == nil || len(program) == 0 || t.Protocol == sock.Unix {
		return request, noInstructions
	}
	return appendAttribute(request, inetDiagReqBytecode, program), c.used
}

// noRequest says why there is no request for a table.
func (l *listing) noRequest(t sock.Table) error {
	if _, known := ipProtocols[t.Protocol]; !known {
		return &opError{"list", errNoHandler}
	}
	return nil // nothing in it can match
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

// dumpRequest returns the request for a table, or nil if there is none.
func dumpRequest(t sock.Table, states uint32, want sock.Field) []byte {
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
	return r.append(nil)
}

func (l *listing) inetRow(payload []byte) (verdict, bool) {
	v := l.inet.decode(payload, &l.record)
	return v, v == rejected || l.row(payload)
}

func (l *listing) unixRow(payload []byte) (verdict, bool) {
	v := l.unix.decode(payload, &l.record)
	return v, v == rejected || l.row(payload)
}

// row yields the record unless an earlier reading of the table did.
func (l *listing) row(payload []byte) (more bool) {
	if !l.ids.first(identityOf(&l.record, payload)) {
		return true
	}
	l.begun = true
	if l.dump != nil && !l.dump.row(l, payload) {
		return l.dump.err == nil
	}
	return l.yield(&l.record, nil)
}

// readNames reads the names of all unix sockets: the other end of a connection
// is told by its inode alone.
func (l *listing) readNames(ctx context.Context, t sock.Table) error {
	r := unixRequest{
		flags:  nlmFRequest | nlmFDump,
		states: stateMask(sock.Unix, sock.AllStates),
		show:   udiagShowName, cookie: inetDiagNoCookie,
	}
	peers := make(map[uint64]string)
	l.unix.peers = nil
	err := l.read(ctx, t, r.append(nil), func(payload []byte) (verdict, bool) {
		v := l.unix.decode(payload, &l.record)
		if v != rejected && l.record.Knows(sock.FieldInode|sock.FieldPath) {
			peers[l.record.Inode] = l.record.Path
		}
		return v, true
	})
	l.unix.peers = peers
	return err
}

// read reads a table, and again if that was not consistent. What goes wrong
// without an end to the table is yielded as a [*sock.Partial].
func (l *listing) read(ctx context.Context, t sock.Table, request []byte, row rowFunc) error {
	for try := 0; ; try++ {
		out, err := l.session.dump(ctx, request, row)
		again := err == nil && out.inconsistent
		if again && try < maxRetries {
			if out.truncated {
				l.session.grow()
			}
			l.ids.again()
			if l.later != nil {
				l.later.ids.again()
			}
			continue
		}
		if errors.Is(err, errStopped) {
			return err
		}
		if !l.report(t, out, again) {
			return errStopped
		}
		return err
	}
}

// report yields what is wrong with the last reading of a table.
func (l *listing) report(t sock.Table, out outcome, inconsistent bool) (more bool) {
	if out.malformed > 0 && !l.malformed {
		l.malformed = true
		if !l.yield(nil, &sock.Partial{
			Code:       sock.CodeMalformed,
			Message:    fmt.Sprintf("%s: %d of the kernel's replies could not be understood", t, out.malformed),
			Incomplete: true,
		}) {
			return false
		}
	}
	return !inconsistent || l.yield(nil, &sock.Partial{
		Code:       sock.CodeInterrupted,
		Message:    fmt.Sprintf("%s: the kernel's table kept changing, %d readings were inconsistent", t, maxRetries+1),
		Incomplete: true,
	})
}
