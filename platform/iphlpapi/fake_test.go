package iphlpapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// tableCall is one question for a table.
type tableCall struct {
	table sock.Table
	class uint32
}

// fake is a Windows that answers at the level of bytes and codes.
type fake struct {
	// tables holds the answers. A class that is not there is answered with
	// codeInvalidParameter.
	tables map[tableCall][]byte
	// before is called before each answer, and may change what it will be. A
	// code other than 0 is the answer.
	before func(n int, c tableCall, buf []byte) (code uint32)

	names     map[uint32]string   // of the processes
	starts    map[uint32]fileTime // when they began; 0 where there is none
	parents   map[uint32]uint32
	processed uint32            // what the question for the processes is answered
	modules   map[uint32]string // service of a PID
	entries   []byte            // what setTCPEntry got
	entry     uint32            // what it answers

	calls            []tableCall
	snapshots, hosts int
	pauses           []time.Duration
}

func newFake() *fake {
	return &fake{tables: map[tableCall][]byte{}, names: map[uint32]string{}}
}

func (f *fake) source() *Source {
	return &Source{sys: system{
		table: f.table, module: f.module, wordSize: 8, processes: f.processes,
		setTCPEntry: func(row []byte) uint32 { f.entries = append([]byte(nil), row...); return f.entry },
		pause: func(ctx context.Context, d time.Duration) error {
			f.pauses = append(f.pauses, d)
			return ctx.Err()
		},
	}}
}

func (f *fake) table(t sock.Table, class uint32, buf []byte) (needed, code uint32) {
	c := tableCall{t, class}
	f.calls = append(f.calls, c)
	if f.before != nil {
		if code := f.before(len(f.calls), c, buf); code != codeSuccess {
			return 0, code
		}
	}
	b, ok := f.tables[c]
	switch {
	case !ok:
		return 0, codeInvalidParameter
	case len(b) > len(buf):
		return uint32(len(b)), codeInsufficientBuffer
	}
	copy(buf, b)
	return uint32(len(b)), codeSuccess
}

func (f *fake) processes(buf []byte) (needed, code uint32, base uint64) {
	f.snapshots++
	if f.processed != codeSuccess {
		return 0, f.processed, 0
	}
	entries := []processEntry{{}, {pid: pidSystem, name: "System"}}
	for _, pid := range slices.Sorted(maps.Keys(f.names)) {
		entries = append(entries, processEntry{pid: pid, parent: f.parents[pid], name: f.names[pid], started: f.starts[pid], threads: 2})
	}
	const at = 0x01e0_2000_0000
	b := encodeProcesses(at, 8, entries)
	if len(b) > len(buf) {
		return uint32(len(b)), codeLengthMismatch, 0
	}
	copy(buf, b)
	return uint32(len(b)), codeSuccess, at
}

// put sets the rows of a table in every class that holds them: all, and the
// listeners.
func (f *fake) put(t sock.Table, d detail, rows ...testRow) {
	f.tables[tableCall{t, d.class(t.Protocol, false)}] = encode(t, d, rows)
	if t.Protocol != sock.TCP {
		return
	}
	var listeners []testRow
	for _, r := range rows {
		if r.state == 2 {
			listeners = append(listeners, r)
		}
	}
	f.tables[tableCall{t, d.class(t.Protocol, true)}] = encode(t, d, listeners)
}

// testRow is a row to be encoded.
type testRow struct {
	state         uint32
	local, remote string
	scope         uint32
	pid           uint32
	created       fileTime
	tag           byte // first of the module information
}

func encode(t sock.Table, d detail, rows []testRow) []byte {
	l := layouts[t][d]
	b := make([]byte, l.first+len(rows)*l.size)
	binary.LittleEndian.PutUint32(b, uint32(len(rows)))
	for i, r := range rows {
		row := b[l.first+i*l.size:]
		put32 := func(at int, v uint32) {
			if at != absent {
				binary.LittleEndian.PutUint32(row[at:], v)
			}
		}
		putEnd := func(at, port int, text string) {
			if at != absent && text != "" {
				end := netip.MustParseAddrPort(text)
				copy(row[at:], end.Addr().AsSlice())
				binary.BigEndian.PutUint16(row[port:], end.Port())
			}
		}
		put32(l.state, r.state)
		putEnd(l.local, l.localPort, r.local)
		putEnd(l.remote, l.remotePrt, r.remote)
		put32(l.localScope, r.scope)
		put32(l.pid, r.pid)
		if l.created != absent {
			binary.LittleEndian.PutUint64(row[l.created:], uint64(r.created))
			row[l.module] = r.tag
		}
	}
	return b
}

// here is this machine.
var here = &sock.Environment{}

// want asks for all of TCP and UDP.
func want(fields sock.Field) sock.Query {
	return sock.Query{Protocols: sock.Protocols(sock.TCP, sock.UDP), Families: sock.Families(sock.IPv4, sock.IPv6),
		States: sock.AllStates, Want: fields}
}

// list returns the sockets, the parts that failed, and the errors of the tables
// that did.
func list(t *testing.T, src *Source, q sock.Query) (all []*sock.Socket, parts []*sock.Partial, failed error) {
	t.Helper()
	for s, err := range socktest.Rows(context.Background(), src, here, q) {
		var partial *sock.Partial
		switch {
		case errors.As(err, &partial):
			parts = append(parts, partial)
		case err != nil:
			failed = errors.Join(failed, err)
		default:
			all = append(all, s.Clone())
		}
	}
	return all, parts, failed
}

// listed is list for what must not fail.
func listed(t *testing.T, src *Source, q sock.Query) []*sock.Socket {
	t.Helper()
	all, parts, err := list(t, src, q)
	if err != nil || len(parts) != 0 {
		t.Fatalf("%v, %v", parts, err)
	}
	return all
}

// machine is a fake with sockets of all kinds.
func machine() *fake {
	f := newFake()
	f.names[812], f.names[900] = "nginx.exe", "svchost.exe"
	f.starts = map[uint32]fileTime{812: unixEpoch + 5, 900: unixEpoch + 1}
	var many []testRow
	for i := range 600 {
		many = append(many, testRow{state: 5, local: "10.0.0.5:8080", remote: fmt.Sprintf("10.0.1.9:%d", 1000+i), pid: 812, created: unixEpoch + 9})
	}
	f.put(tcp4, ownerModule, append(many,
		testRow{state: 2, local: "0.0.0.0:8080", pid: 812, created: unixEpoch + 9},
		testRow{state: 11, local: "10.0.0.5:8080", remote: "10.0.0.7:40"},
		testRow{state: 2, local: "0.0.0.0:445", pid: pidSystem})...)
	f.put(tcp6, ownerModule,
		testRow{state: 2, local: "[::]:8080", pid: 812, created: unixEpoch + 9},
		testRow{state: 5, local: "[::ffff:10.0.0.5]:8080", remote: "[::ffff:10.0.0.9]:5", pid: 812},
		testRow{state: 5, local: "[fe80::5]:8080", remote: "[fe80::9]:5", scope: 12, pid: 812},
		testRow{state: 100, local: "[::]:7777", pid: 812},
		testRow{state: 33, local: "[::]:7778", pid: 812})
	f.put(udp4, ownerModule, testRow{local: "0.0.0.0:53", pid: 900, created: unixEpoch + 9, tag: 1})
	f.put(udp6, ownerModule, testRow{local: "[::1]:53", pid: 900, created: unixEpoch + 9, tag: 1})
	f.modules = map[uint32]string{900: "Dnscache"}
	return f
}
