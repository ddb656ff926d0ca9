package iphlpapi

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"sockeye/sock"
)

// owner lists one row of udp4, or of tcp4 if it has a state, and returns it.
func owner(t *testing.T, f *fake, r testRow) *sock.Socket {
	t.Helper()
	table := udp4
	if r.state != 0 {
		table = tcp4
	}
	r.local = "127.0.0.1:1"
	f.put(table, ownerModule, r)
	all := listed(t, f.source(), want(sock.AllFields).Only(table))
	if len(all) != 1 {
		t.Fatalf("%d rows", len(all))
	}
	return all[0]
}

func TestOwnerStatus(t *testing.T) {
	const bound = unixEpoch + 10*clockStep
	for _, c := range []struct {
		name   string
		row    testRow
		known  bool
		status sock.OwnerStatus
		owner  string
	}{
		{"a process", testRow{pid: 812, created: bound}, true, sock.OwnerKnown, "nginx.exe"},
		{"one that began in the same moment", testRow{pid: 813, created: bound}, true, sock.OwnerKnown, "same.exe"},
		{"one that began in the same step of the clock", testRow{pid: 811, created: bound}, true, sock.OwnerKnown, "fast.exe"},
		{"a creation time that is not known", testRow{pid: 814}, true, sock.OwnerKnown, "later.exe"},
		{"the PID of one that began later", testRow{pid: 814, created: bound}, true, sock.OwnerExited, ""},
		{"one whose start is not known", testRow{pid: 815, created: bound}, true, sock.OwnerKnown, "lsass.exe"},
		{"a PID that nobody has", testRow{pid: 816, created: bound}, true, sock.OwnerExited, ""},
		{"TIME_WAIT", testRow{state: 11}, true, sock.OwnerTimeWait, ""},
		{"no PID, FIN_WAIT_1", testRow{state: 6}, true, sock.OwnerOrphaned, ""},
		{"no PID, FIN_WAIT_2", testRow{state: 7}, true, sock.OwnerOrphaned, ""},
		{"no PID, CLOSING", testRow{state: 9}, true, sock.OwnerOrphaned, ""},
		{"no PID, LAST_ACK", testRow{state: 10}, true, sock.OwnerOrphaned, ""},
		{"no PID, DELETE_TCB", testRow{state: 12}, true, sock.OwnerOrphaned, ""},
		{"no PID, SYN_RECEIVED", testRow{state: 4}, true, sock.OwnerRequest, ""},
		{"no PID, CLOSE_WAIT: it is not closed", testRow{state: 8}, true, sock.OwnerNoDescriptor, ""},
		{"no PID", testRow{state: 5}, true, sock.OwnerNoDescriptor, ""},
		{"no PID, UDP", testRow{}, true, sock.OwnerNoDescriptor, ""},
		{"the kernel", testRow{state: 2, pid: pidSystem, created: bound}, true, sock.OwnerKernel, "System"},
	} {
		f := newFake()
		f.names = map[uint32]string{811: "fast.exe", 812: "nginx.exe", 813: "same.exe", 814: "later.exe", 815: "lsass.exe"}
		f.starts = map[uint32]fileTime{811: bound + clockStep, 812: bound - 1, 813: bound, 814: bound + clockStep + 1}
		s := owner(t, f, c.row)
		name := ""
		if len(s.Owners) > 0 {
			name = s.Owners[0].Name
			if s.Owners[0].FD != sock.NoFD || s.Owners[0].PID != int(c.row.pid) {
				t.Errorf("%s: PID %d, descriptor %d", c.name, s.Owners[0].PID, s.Owners[0].FD)
			}
		}
		if s.Knows(sock.FieldOwners) != c.known || s.OwnerStatus != c.status || name != c.owner {
			t.Errorf("%s: known %v, %v, %q", c.name, s.Knows(sock.FieldOwners), s.OwnerStatus, name)
		}
		wantCreator := 0
		if c.status == sock.OwnerExited {
			wantCreator = int(c.row.pid)
		}
		if s.CreatorPID != wantCreator || s.Knows(sock.FieldCreator) != (wantCreator != 0) {
			t.Errorf("%s: bound by %d, known %v; want %d", c.name, s.CreatorPID, s.Knows(sock.FieldCreator), wantCreator)
		}
	}
}

// TestChildrenOfTheCreator: the process that bound a socket has ended, and left
// it to a child. What began before, and what another process with its PID began,
// did not inherit it.
func TestChildrenOfTheCreator(t *testing.T) {
	const bound, step = unixEpoch + 10*clockStep, clockStep
	f := newFake()
	f.names = map[uint32]string{4712: "node.exe", 4711: "node.exe", 90: "older.exe", 91: "not.exe", 816: "later.exe", 92: "its.exe"}
	f.parents = map[uint32]uint32{4711: 816, 4712: 816, 90: 816, 91: 812, 92: 816}
	f.starts = map[uint32]fileTime{4711: bound + step, 4712: bound - step, 90: bound - step - 1, 91: bound + 1, 816: bound + 5*step, 92: bound + 6*step}
	s := owner(t, f, testRow{state: 2, pid: 816, created: bound})
	if s.OwnerStatus != sock.OwnerExited || s.CreatorPID != 816 || len(s.Owners) != 0 || len(s.CreatorChildren) != 2 ||
		s.CreatorChildren[0].PID != 4711 || s.CreatorChildren[1].PID != 4712 || s.CreatorChildren[0].Name != "node.exe" {
		t.Errorf("%v, bound by %d, owners %v, children %v", s.OwnerStatus, s.CreatorPID, s.Owners, s.CreatorChildren)
	}
	// A clone does not share the list with the next row.
	f.put(tcp4, ownerModule, testRow{state: 2, local: "127.0.0.1:1", pid: 816, created: bound},
		testRow{state: 2, local: "127.0.0.1:2", pid: 813, created: bound}, testRow{state: 2, local: "127.0.0.1:3", pid: 812, created: bound})
	all := listed(t, f.source(), want(sock.AllFields).Only(tcp4))
	for i, n := range []int{2, 0, 1} {
		if len(all[i].CreatorChildren) != n || n > 0 && all[i].CreatorChildren[0].PID != []int{4711, 0, 91}[i] {
			t.Errorf("row %d: children %v", i, all[i].CreatorChildren)
		}
	}
}

func TestStartTimeIsTheProcess(t *testing.T) {
	f := newFake()
	f.names[812], f.names[815] = "nginx.exe", "lsass.exe"
	f.starts = map[uint32]fileTime{812: unixEpoch + 5*stepsPerSecond}
	s := owner(t, f, testRow{pid: 812, created: unixEpoch + 9*stepsPerSecond})
	if p := s.Owners[0]; !p.Known.Has(sock.FieldStartedAt) || p.StartedAt.Unix() != 5 {
		t.Errorf("started at %v, known %v; want 5 s", p.StartedAt, p.Known)
	}
	if s.Created.Unix() != 9 {
		t.Errorf("created at %v, want 9 s", s.Created)
	}
	s = owner(t, f, testRow{pid: 815, created: unixEpoch + 9*stepsPerSecond})
	if p := s.Owners[0]; p.Known.Has(sock.FieldStartedAt) || !p.StartedAt.IsZero() {
		t.Errorf("a process whose start is not known started at %v", p.StartedAt)
	}
}

func TestOneLookupForEachProcess(t *testing.T) {
	f := machine()
	all := listed(t, f.source(), want(sock.AllFields))
	processes := map[int]*sock.Process{}
	for _, s := range all {
		for p := range s.PIDs {
			if before := processes[p.PID]; before != nil && before != p {
				t.Fatalf("PID %d has two processes", p.PID)
			}
			processes[p.PID] = p
		}
	}
	if len(processes) != 3 || f.snapshots != 1 {
		t.Errorf("%d processes, %d snapshots", len(processes), f.snapshots)
	}
}

// TestAPIDThatNobodyHas costs a snapshot for a table, not one for each row.
func TestAPIDThatNobodyHas(t *testing.T) {
	f := newFake()
	f.put(udp4, ownerModule, testRow{local: "127.0.0.1:1", pid: 817}, testRow{local: "127.0.0.1:2", pid: 817})
	for _, s := range listed(t, f.source(), want(sock.AllFields).Only(udp4)) {
		if s.OwnerStatus != sock.OwnerExited {
			t.Errorf("%v: %v", s.Local, s.OwnerStatus)
		}
	}
	if f.snapshots != 1 {
		t.Errorf("%d snapshots", f.snapshots)
	}
}

// TestAPIDThatIsGivenToAnother between two tables: the socket that the second
// process bound is later than the first snapshot.
func TestAPIDThatIsGivenToAnother(t *testing.T) {
	f := newFake()
	f.names[812] = "nginx.exe"
	f.starts = map[uint32]fileTime{812: unixEpoch + 1}
	soon := fileTimeAt(time.Now().Add(time.Hour))
	f.put(tcp4, ownerModule, testRow{state: 2, local: "127.0.0.1:1", pid: 812, created: unixEpoch + 2})
	f.put(udp4, ownerModule, testRow{local: "127.0.0.1:1", pid: 812, created: soon}, testRow{local: "127.0.0.1:2", pid: 812, created: unixEpoch + 2})
	f.before = func(_ int, c tableCall, _ []byte) uint32 {
		if c.table == udp4 {
			f.names[812], f.starts[812] = "other.exe", soon-1
		}
		return codeSuccess
	}
	q := want(sock.AllFields)
	q.Families = sock.Families(sock.IPv4)
	all := listed(t, f.source(), q)
	if all[0].Owners[0].Name != "nginx.exe" || all[1].Owners[0].Name != "other.exe" || all[2].OwnerStatus != sock.OwnerExited || f.snapshots != 2 {
		t.Errorf("%v, %v, %v, %d snapshots", all[0].Owners[0].Process, all[1].Owners[0].Process, all[2].OwnerStatus, f.snapshots)
	}
}

// TestAProcessThatBeganMeanwhile opens a socket between two tables, after the
// processes were listed.
func TestAProcessThatBeganMeanwhile(t *testing.T) {
	f := newFake()
	f.names[812] = "nginx.exe"
	f.put(tcp4, ownerModule, testRow{state: 2, local: "127.0.0.1:1", pid: 812}, testRow{state: 2, local: "127.0.0.1:2", pid: 813})
	f.put(udp4, ownerModule, testRow{local: "127.0.0.1:1", pid: 813}, testRow{local: "127.0.0.1:2", pid: 814}, testRow{local: "127.0.0.1:3", pid: 814})
	f.before = func(_ int, c tableCall, _ []byte) uint32 {
		if c.table == udp4 {
			f.names[813] = "new.exe"
		}
		return codeSuccess
	}
	q := want(sock.AllFields)
	q.Families = sock.Families(sock.IPv4)
	all := listed(t, f.source(), q)
	for i, want := range []sock.OwnerStatus{sock.OwnerKnown, sock.OwnerExited, sock.OwnerKnown, sock.OwnerExited, sock.OwnerExited} {
		if all[i].OwnerStatus != want {
			t.Errorf("row %d: %v, want %v", i, all[i].OwnerStatus, want)
		}
	}
	if f.snapshots != 2 {
		t.Errorf("%d snapshots for two tables", f.snapshots)
	}
}

func TestProcessesThatCannotBeListed(t *testing.T) {
	f := machine()
	f.processed = codeAccessDenied
	all, parts, err := list(t, f.source(), want(sock.AllFields))
	if err != nil || len(parts) != 1 || !parts[0].Incomplete || !errors.Is(parts[0], fs.ErrPermission) {
		t.Fatalf("%v, %v", parts, err)
	}
	if s := all[0]; s.OwnerStatus != sock.OwnerKnown || s.Owners[0].PID != 812 || s.Owners[0].Name != "" {
		t.Errorf("%v %v", s.OwnerStatus, s.Owners)
	}
}
