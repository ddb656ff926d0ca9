package iphlpapi

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"sockeye/sock"
)

func TestATableThatLiesIsAnError(t *testing.T) {
	tables := recorded(t)
	for _, table := range allTables {
		for d := basic; d <= ownerModule; d++ {
			l, _ := layoutOf(table, d)
			whole := tables[l.name]
			for n := range whole {
				if _, err := openTable(whole[:n:n], table, l); !errors.Is(err, errMalformed) {
					t.Fatalf("%s cut to %d of %d bytes: %v", l.name, n, len(whole), err)
				}
			}
			for _, count := range []uint32{4, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1, uint32(1<<32/uint64(l.size) + 1)} {
				lying := append([]byte(nil), whole...)
				binary.LittleEndian.PutUint32(lying, count)
				if _, err := openTable(lying, table, l); !errors.Is(err, errMalformed) {
					t.Errorf("%s that says it has %d rows: %v", l.name, count, err)
				}
			}
			// Room behind the rows is usual: the buffer was made larger.
			r, err := openTable(append(append([]byte(nil), whole...), 0xff, 0xff, 0xff), table, l)
			if err != nil || r.count != 3 {
				t.Errorf("%s with room behind it: %d rows, %v", l.name, r.count, err)
			}
		}
	}
	if r, err := openTable([]byte{0, 0, 0, 0}, tcp4, &layouts[tcp4][ownerModule]); err != nil || r.count != 0 {
		t.Errorf("an empty table: %d rows, %v", r.count, err)
	}
}

func TestEveryState(t *testing.T) {
	want := map[uint32]sock.State{
		0: sock.StateUnknown, 1: sock.Closed, 2: sock.Listen, 3: sock.SynSent, 4: sock.SynReceived,
		5: sock.Established, 6: sock.FinWait1, 7: sock.FinWait2, 8: sock.CloseWait, 9: sock.Closing,
		10: sock.LastAck, 11: sock.TimeWait, 12: sock.Closed, 13: sock.StateUnknown, 99: sock.StateUnknown,
		100: sock.Bound, 101: sock.StateUnknown, 1<<32 - 1: sock.StateUnknown,
	}
	for mib, state := range want {
		if got := stateOf(mib); got != state {
			t.Errorf("MIB state %d is %v, want %v", mib, got, state)
		}
	}
}

// oneRow decodes a row of a table with the process and the creation time.
func oneRow(t *testing.T, table sock.Table, edit func(l *layout, row []byte)) sock.Socket {
	t.Helper()
	l := &layouts[table][ownerModule]
	b := make([]byte, l.first+l.size)
	b[0] = 1
	edit(l, b[l.first:])
	r, err := openTable(b, table, l)
	if err != nil {
		t.Fatal(err)
	}
	var s sock.Socket
	r.decode(r.at(0), &s)
	return s
}

func TestWhoHasNoPeer(t *testing.T) {
	for state, remote := range map[uint32]bool{2: false, 100: false, 1: true, 12: true, 5: true} {
		s := oneRow(t, tcp4, func(l *layout, row []byte) {
			row[l.state] = byte(state)
			copy(row[l.remote:], []byte{192, 0, 2, 1})
		})
		if s.Knows(sock.FieldRemote) != remote || s.Remote.IsValid() != remote {
			t.Errorf("MIB state %d: remote %v", state, s.Remote)
		}
	}
	if s := oneRow(t, tcp4, func(l *layout, row []byte) { row[l.state] = 1 }); s.Knows(sock.FieldRemote) {
		t.Errorf("a closed socket without a peer has the remote end %v", s.Remote)
	}
	if s := oneRow(t, udp4, func(*layout, []byte) {}); s.State != sock.Unconnected || s.Knows(sock.FieldRemote) {
		t.Errorf("UDP: %v to %v", s.State, s.Remote)
	}
}

func TestScopeOfLinkLocalAddresses(t *testing.T) {
	linkLocal, global := netip.MustParseAddr("fe80::1").As16(), netip.IPv6Loopback().As16()
	for _, c := range []struct {
		name          string
		local, remote [16]byte
		want          uint32
	}{
		{"local", linkLocal, global, 0x01020304},
		{"remote", global, linkLocal, 7},
		{"neither", global, global, 0},
	} {
		s := oneRow(t, tcp6, func(l *layout, row []byte) {
			row[l.state] = 5
			copy(row[l.local:], c.local[:])
			copy(row[l.remote:], c.remote[:])
			copy(row[l.localScope:], []byte{4, 3, 2, 1}) // host order
			row[l.remoteScope] = 7
			row[l.remotePrt] = 1
		})
		if s.IfIndex != c.want || s.Knows(sock.FieldInterface) != (c.want != 0) {
			t.Errorf("%s: index %#x, known %v, want %#x", c.name, s.IfIndex, s.Knows(sock.FieldInterface), c.want)
		}
	}
	// A listener's remote members mean nothing.
	s := oneRow(t, tcp6, func(l *layout, row []byte) {
		row[l.state] = 2
		copy(row[l.remote:], linkLocal[:])
		row[l.remoteScope] = 7
	})
	if s.Knows(sock.FieldInterface) {
		t.Errorf("a listener has interface %d of a peer", s.IfIndex)
	}
}

func TestFileTime(t *testing.T) {
	for steps, want := range map[uint64]time.Time{
		116444736000000000:  time.Unix(0, 0),
		134396569901234567:  bound,
		2650467743999999999: time.Date(9999, 12, 31, 23, 59, 59, 999999900, time.UTC),
	} {
		if got := fileTimeOf(steps).time(); !got.Equal(want) {
			t.Errorf("%d is %v, want %v", steps, got, want)
		}
	}
	for _, steps := range []uint64{0, 1, 116444735999999999, 2650467744000000000, 1 << 63, 1<<64 - 1} {
		if got := fileTimeOf(steps); got != 0 {
			t.Errorf("%d is %v, want not known", steps, got.time())
		}
	}
}

// FuzzTable decodes any bytes as any table.
func FuzzTable(f *testing.F) {
	for _, table := range allTables {
		for d := basic; d <= ownerModule; d++ {
			f.Add(uint8(d), uint8(table.Protocol), uint8(table.Family), recorded(f)[layouts[table][d].name])
		}
	}
	f.Add(uint8(2), uint8(sock.TCP), uint8(sock.IPv4), []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, d, protocol, family uint8, b []byte) {
		table := sock.Table{Protocol: sock.Protocol(protocol), Family: sock.Family(family)}
		l, ok := layoutOf(table, detail(d%3))
		if !ok {
			return
		}
		// Exactly these bytes, so that a read behind them panics.
		r, err := openTable(b[:len(b):len(b)], table, l)
		if err != nil {
			if r.count != 0 {
				t.Fatalf("%d rows with %v", r.count, err)
			}
			return
		}
		if l.first+r.count*l.size > len(b) && r.count > 0 {
			t.Fatalf("%d rows in %d bytes", r.count, len(b))
		}
		for i := range r.count {
			var s sock.Socket
			row := r.at(i)
			r.decode(row, &s)
			r.processID(row)
			if n := len(r.moduleInfo(row)); n != 0 && n != moduleSize {
				t.Fatalf("module information of %d bytes", n)
			}
			if !s.Local.IsValid() || s.Local.Addr().Is4In6() || s.Knows(sock.FieldRemote) != s.Remote.IsValid() {
				t.Fatalf("row %d: %v to %v", i, s.Local, s.Remote)
			}
			if beyond := s.Known &^ new(Source).Fields(table.Protocol); beyond != 0 {
				t.Fatalf("row %d knows %b more than the source gives", i, beyond)
			}
		}
	})
}
