package sockdiag

import (
	"sync"

	"sockeye/sock"
)

// name is that of the source, in --source and in errors.
const name = "sock_diag"

// Source lists the sockets of an environment's network namespace.
type Source struct {
	// open and openTracking open netlink sockets in the namespace of the thread;
	// compile makes the program of a reading. All are seams for tests.
	open, openTracking func() (wire, error)
	compile            func(*compiler, sock.Matcher) (program, bool)
	// bound reports whether the kernel tells TCP sockets in the state Bound.
	bound func() bool
	// tellsULP reports whether it tells anybody the upper layer protocol of TCP.
	tellsULP func() bool
}

var _ sock.Source = (*Source)(nil)

// New returns the source. Nothing is opened before something is asked.
func New() *Source {
	return &Source{open: openWire, openTracking: openTracking, compile: (*compiler).program, bound: sync.OnceValue(kernelTellsBound), tellsULP: sync.OnceValue(kernelTellsULP)}
}

// Name returns "sock_diag".
func (*Source) Name() string { return name }

// Open begins a session; see [sock.Source]. The kernel is asked for the wanted
// states alone. Protocols that have no handler here
// are unavailable.
//
// Parts that may fail while a reading goes on are an answer that never became
// consistent (CodeInterrupted) and replies that were not understood
// (CodeMalformed, once for each reading). [sock.TableError.Op] is "open",
// "send", "receive" or "dump" (the kernel's own answer), or "list" if nothing
// was tried.
//
// Each reading has a netlink socket of its own, which is closed at its end.
func (s *Source) Open(env *sock.Environment) sock.Session { return s.session(env) }

func (s *Source) session(env *sock.Environment) *session {
	return &session{source: s, env: env}
}

// session is a listing: it makes readings and closes those that are left.
type session struct {
	source   *Source
	env      *sock.Environment
	readings []*reading
	// ports are those of the netlink sockets by which the listing is made.
	ports   map[uint64]bool
	noFiles bool // each reading waits for its turn, since none could be opened before
}

// openWire opens a netlink socket in the namespace of the session.
func (s *session) openWire() (w wire, err error) {
	err = s.env.Do(func() error {
		w, err = s.source.open()
		return err
	})
	if err == nil {
		if s.ports == nil {
			s.ports = map[uint64]bool{}
		}
		s.ports[uint64(w.port())] = true
	}
	return w, err
}

// owns reports whether the socket is one by which the listing is made: that is there
// for this moment alone, and nobody asks for it.
func (s *session) owns(k *sock.Socket) bool {
	if !k.Knows(sock.FieldNetlink) {
		return false
	}
	port, _ := k.Detail(sock.NetlinkPort)
	protocol, _ := k.Detail(sock.NetlinkProtocol)
	return protocol == netlinkSockDiag && s.ports[port]
}

// Plan returns the readings of a query: one for each table, but for TCP one for
// both families where one program holds for both.
func (s *session) Plan(q sock.Query) []sock.Reading {
	if q.States.Has(sock.Bound) && !s.source.bound() {
		q.States &^= sock.States(sock.Bound)
	}
	var plan []sock.Reading
	for p := range q.Protocols.All {
		if r := s.planBoth(q.Protocol(p)); r != nil {
			plan = append(plan, r)
			continue
		}
		for t := range q.Protocol(p).Tables {
			plan = append(plan, s.planTable(q, t))
		}
	}
	return plan
}

// newReading returns a reading of some tables that is closed with the session.
func (s *session) newReading(q sock.Query, tables ...sock.Table) *reading {
	r := &reading{
		exchange: exchange{open: s.openWire}, session: s, query: q, tables: tables, handler: handlerOf(tables[0].Protocol),
	}
	s.readings = append(s.readings, r)
	return r
}

// planTable plans the reading of one table.
func (s *session) planTable(q sock.Query, t sock.Table) *reading {
	r := s.newReading(q.Only(t), t)
	r.compile(allInstructions)
	return r
}

// planBoth plans one reading for IPv4 and IPv6; nil if the query must be
// answered by one for each. The kernel goes through all sockets of a protocol
// for either family, so one takes half as long where there are many.
//
// It is so for TCP, if one program holds for both families. Bound sockets are
// few and are asked for without a program.
func (s *session) planBoth(q sock.Query) *reading {
	if q.Protocols != sock.Protocols(sock.TCP) || !q.Families.Has(sock.IPv4) || !q.Families.Has(sock.IPv6) {
		return nil
	}
	tables := []sock.Table{{Protocol: sock.TCP, Family: sock.IPv4}, {Protocol: sock.TCP, Family: sock.IPv6}}
	c := s.compiler(q, sock.TCP, q.Families, allInstructions)
	made, possible := s.source.compile(c, q.Where)
	onlyBound := q.States == sock.States(sock.Bound)
	if !possible || made.differs && !onlyBound || handlerOf(sock.TCP).mask(q.States) == 0 {
		return nil
	}
	if onlyBound {
		made = program{}
	}
	r := s.newReading(q, tables...)
	r.program = made
	r.request = r.bothRequest()
	return r
}

func (s *session) compiler(q sock.Query, p sock.Protocol, families sock.FamilySet, may instructions) *compiler {
	return &compiler{protocol: p, families: families, states: q.States, may: may, interfaces: s.env.Interfaces}
}

// Close closes the readings that were begun and not carried out.
func (s *session) Close() {
	for _, r := range s.readings {
		r.exchange.close()
	}
}
