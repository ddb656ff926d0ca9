package iphlpapi

import (
	"errors"
	"testing"

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
	const bound = unixEpoch + 1000
	for _, c := range []struct {
		name   string
		row    testRow
		known  bool
		status sock.OwnerStatus
		owner  string
	}{
		{"a process", testRow{pid: 812, created: bound}, true, sock.OwnerKnown, "nginx.exe"},
		{"one that began in the same moment", testRow{pid: 813, created: bound}, true, sock.OwnerKnown, "same.exe"},
		{"a creation time that is not known", testRow{pid: 814}, true, sock.OwnerKnown, "later.exe"},
		{"the PID of one that began later", testRow{pid: 814, created: bound}, true, sock.OwnerExited, ""},
		{"one that may not be looked into", testRow{pid: 815, created: bound}, true, sock.OwnerKnown, "lsass.exe"},
		{"a PID that nobody has", testRow{pid: 816, created: bound}, true, sock.OwnerExited, ""},
		{"one that ends meanwhile", testRow{pid: 817, created: bound}, true, sock.OwnerExited, ""},
		{"TIME_WAIT", testRow{state: 11}, true, sock.OwnerTimeWait, ""},
		{"no PID", testRow{state: 5}, false, sock.OwnerNotSearched, ""},
		{"no PID, UDP", testRow{}, false, sock.OwnerNotSearched, ""},
		{"the kernel", testRow{state: 2, pid: pidSystem, created: bound}, true, sock.OwnerKernel, "System"},
	} {
		f := newFake()
		f.names = map[uint32]string{812: "nginx.exe", 813: "same.exe", 814: "later.exe", 815: "lsass.exe", 817: "brief.exe"}
		f.starts = map[uint32]fileTime{812: bound - 1, 813: bound, 814: bound + 1}
		f.gone = map[uint32]bool{817: true}
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
		t.Errorf("a process that may not be looked into started at %v", p.StartedAt)
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
	if len(processes) != 3 || f.snapshots != 1 || f.lookups != 2 {
		t.Errorf("%d processes, %d snapshots, %d lookups", len(processes), f.snapshots, f.lookups)
	}
}

// TestAProcessThatIsGone is looked up once in a table, not for each row.
func TestAProcessThatIsGone(t *testing.T) {
	f := newFake()
	f.names[817], f.gone = "brief.exe", map[uint32]bool{817: true}
	f.put(udp4, ownerModule, testRow{local: "127.0.0.1:1", pid: 817}, testRow{local: "127.0.0.1:2", pid: 817})
	for _, s := range listed(t, f.source(), want(sock.AllFields).Only(udp4)) {
		if s.OwnerStatus != sock.OwnerExited {
			t.Errorf("%v: %v", s.Local, s.OwnerStatus)
		}
	}
	if f.lookups != 1 {
		t.Errorf("%d lookups of one process", f.lookups)
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
	f.namesErr = errors.New("no")
	f.names = nil
	all, parts, err := list(t, f.source(), want(sock.AllFields))
	if err != nil || len(parts) != 1 || !parts[0].Incomplete || !errors.Is(parts[0], f.namesErr) {
		t.Fatalf("%v, %v", parts, err)
	}
	if s := all[0]; s.OwnerStatus != sock.OwnerKnown || s.Owners[0].PID != 812 || s.Owners[0].Name != "" {
		t.Errorf("%v %v", s.OwnerStatus, s.Owners)
	}
}
