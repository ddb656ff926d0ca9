package iphlpapi

import (
	"errors"
	"net/netip"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

func TestContract(t *testing.T) {
	socktest.TestSource(t, machine().source(), here, want(sock.AllFields), 610)
}

func TestRowsOfTheMachine(t *testing.T) {
	all := listed(t, machine().source(), want(sock.AllFields))
	if len(all) != 610 {
		t.Fatalf("%d rows, want 610", len(all))
	}
	mapped, bound, odd := all[604], all[606], all[607]
	if mapped.Family != sock.IPv6 || mapped.Remote != netip.MustParseAddrPort("10.0.0.9:5") {
		t.Errorf("mapped: %v %v", mapped.Family, mapped.Remote)
	}
	if bound.State != sock.Bound || odd.State != sock.StateUnknown || all[605].IfIndex != 12 {
		t.Errorf("%v, %v, interface %d", bound.State, odd.State, all[605].IfIndex)
	}
}

func TestOnlyWhatIsWantedIsRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  sock.Field
		state sock.StateSet
		class uint32
	}{
		{"everything", sock.AllFields, sock.AllStates, 8},
		{"listeners", sock.AllFields, sock.States(sock.Listen), 6},
		{"-l", sock.AllFields, sock.ListeningStates, 6},
		{"no owners", sock.FieldLocal, sock.AllStates, 5},
		{"listeners without owners", sock.FieldLocal, sock.ListeningStates, 3},
		{"creation time", sock.FieldCreated, sock.AllStates, 8},
		{"the unknown state too", sock.AllFields, sock.States(sock.Listen, sock.StateUnknown), 8},
		{"no listeners", sock.AllFields, sock.ConnectedStates, 8},
	} {
		f := machine()
		for d := basic; d < ownerModule; d++ {
			f.put(tcp4, d, testRow{state: 2, local: "0.0.0.0:8080", pid: 812})
		}
		q := want(c.want).Only(tcp4)
		q.States = c.state
		all := listed(t, f.source(), q)
		if len(f.calls) == 0 || f.calls[0].class != c.class {
			t.Errorf("%s: calls %v, want class %d", c.name, f.calls, c.class)
		}
		for _, s := range all {
			if !c.want.Has(sock.FieldOwners) && (s.Knows(sock.FieldOwners) || f.snapshots > 0) {
				t.Errorf("%s: owners that nobody wants", c.name)
			}
			if !c.state.Has(s.State) {
				t.Errorf("%s: a row in %v", c.name, s.State)
			}
		}
	}
	f := machine()
	q := want(sock.AllFields)
	q.States = sock.States(sock.Unconnected)
	if all := listed(t, f.source(), q); len(all) != 2 || len(f.calls) != 2 {
		t.Errorf("datagram sockets alone: %d rows in %d calls", len(all), len(f.calls))
	}
}

func TestClassesThatThisWindowsDoesNotHave(t *testing.T) {
	for _, code := range []uint32{codeInvalidParameter, codeNotSupported} {
		f := newFake()
		f.names[812] = "nginx.exe"
		f.put(tcp4, ownerPID, testRow{state: 2, local: "0.0.0.0:80", pid: 812, created: unixEpoch + 9})
		f.put(udp4, basic, testRow{local: "0.0.0.0:53", pid: 812})
		f.before = func(_ int, c tableCall, _ []byte) uint32 {
			if _, ok := f.tables[c]; !ok {
				return code
			}
			return codeSuccess
		}
		q := want(sock.AllFields)
		q.Families = sock.Families(sock.IPv4)
		all, parts, err := list(t, f.source(), q)
		if err != nil || len(all) != 2 || len(parts) != 2 {
			t.Fatalf("%d rows, %v, %v", len(all), parts, err)
		}
		tcp, udp := all[0], all[1]
		if tcp.OwnerStatus != sock.OwnerKnown || tcp.Owners[0].Name != "nginx.exe" || tcp.Knows(sock.FieldCreated) {
			t.Errorf("with the PID: %v %v", tcp.OwnerStatus, tcp.Owners)
		}
		if udp.Knows(sock.FieldOwners) || udp.OwnerStatus != sock.OwnerNotSearched {
			t.Errorf("without the PID: %v", udp.OwnerStatus)
		}
		if parts[0].Code != sock.CodeFallback || parts[0].Incomplete || parts[1].Code != sock.CodeFallback || !parts[1].Incomplete {
			t.Errorf("parts %v", parts)
		}
	}
}

func TestNoClassAtAll(t *testing.T) {
	f := newFake()
	_, parts, err := list(t, f.source(), want(sock.AllFields).Only(tcp6))
	var call *CallError
	if len(parts) != 0 || !errors.Is(err, sock.ErrUnavailable) || !errors.As(err, &call) || call.Code != codeInvalidParameter {
		t.Errorf("%v, %v", parts, err)
	}
	if len(f.calls) != 3 {
		t.Errorf("%d classes tried, want 3", len(f.calls))
	}
}

func TestProtocolsWithoutATable(t *testing.T) {
	src := machine().source()
	for p := sock.TCP; p <= sock.TIPC; p++ {
		has := src.Fields(p) != 0
		if has != (p == sock.TCP || p == sock.UDP) {
			t.Errorf("%v: fields %b", p, src.Fields(p))
		}
		q := socktest.Everything()
		q.Protocols = sock.Protocols(p)
		q.Families = sock.Families(sock.IPv4)
		_, _, err := list(t, src, q)
		if has != (err == nil) || !has && !errors.Is(err, sock.ErrUnavailable) {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// TestOneListing: the readings of a session share what was found out.
func TestOneListing(t *testing.T) {
	f := machine()
	session := f.source().Open(here)
	rows := 0
	var readings []sock.Reading
	for phase := range want(sock.AllFields).Phases {
		readings = append(readings, session.Plan(phase)...)
	}
	for _, r := range readings {
		for _, err := range r.Rows(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			rows++
		}
	}
	session.Close()
	if rows < 609 {
		t.Errorf("%d rows", rows)
	}
	if f.snapshots != 1 {
		t.Errorf("the processes were listed %d times", f.snapshots)
	}
	if f.hosts != 1 {
		t.Errorf("the service was asked %d times for the sockets of one service", f.hosts)
	}
}
