package iphlpapi

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye/sock"
)

func connection() *sock.Socket {
	return &sock.Socket{
		Known: sock.FieldLocal | sock.FieldRemote, Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established,
		Local: netip.MustParseAddrPort("10.0.0.5:8080"), Remote: netip.MustParseAddrPort("192.0.2.7:51516"),
	}
}

// connected is a machine with that connection.
func connected() *fake {
	f := newFake()
	f.names[812], f.starts = "nginx.exe", map[uint32]fileTime{812: unixEpoch + 1}
	f.put(tcp4, ownerModule, testRow{state: 5, local: "10.0.0.5:8080", remote: "192.0.2.7:51516", pid: 812, created: unixEpoch + 9})
	return f
}

// TestDestroyComparesAgain: between the listing and the answer to the question the
// connection may end, and another have its ends.
func TestDestroyComparesAgain(t *testing.T) {
	same := testRow{state: 5, local: "10.0.0.5:8080", remote: "192.0.2.7:51516", pid: 812, created: unixEpoch + 9}
	with := func(edit func(*testRow)) []testRow {
		r := same
		edit(&r)
		return []testRow{{state: 2, local: "0.0.0.0:8080", pid: 812}, r}
	}
	for _, c := range []struct {
		name   string
		rows   []testRow
		closed bool
		word   string
	}{
		{"the same", with(func(*testRow) {}), true, ""},
		{"the same in another state", with(func(r *testRow) { r.state = 8 }), true, ""},
		{"ended", nil, false, "it has ended"},
		{"the end of another", with(func(r *testRow) { r.remote = "192.0.2.7:51517" }), false, "it has ended"},
		{"of another process", with(func(r *testRow) { r.pid = 900 }), false, "process 900"},
		{"of no process", with(func(r *testRow) { r.pid, r.state = 0, 11 }), false, "its process has closed it"},
		{"a later one of the process", with(func(r *testRow) { r.created++ }), false, "a later one"},
	} {
		f := connected()
		src := f.source()
		k := listed(t, src, want(sock.FieldOwners).Only(tcp4))[0]
		f.put(tcp4, ownerModule, c.rows...)
		err := src.Destroy(context.Background(), k)
		if (err == nil) != c.closed || errors.Is(err, sock.ErrEnded) == c.closed || (f.entries != nil) != c.closed || !c.closed && !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v, SetTcpEntry % x", c.name, err, f.entries)
		}
	}
}

// TestDestroyOfWhatItsProcessLeft: the row goes on naming the process that ended.
func TestDestroyOfWhatItsProcessLeft(t *testing.T) {
	f := connected()
	delete(f.names, 812)
	src := f.source()
	k := listed(t, src, want(sock.FieldOwners).Only(tcp4))[0]
	if err := src.Destroy(context.Background(), k); err != nil || k.CreatorPID != 812 || f.entries == nil {
		t.Errorf("bound by %d: %v", k.CreatorPID, err)
	}
}

// TestDestroyOfMany reads the table again only when it is old.
func TestDestroyOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := connected()
		src := f.source()
		for i := range 300 {
			if err := src.Destroy(t.Context(), connection()); err != nil {
				t.Fatal(err)
			}
			if i == 199 {
				time.Sleep(presentAge + time.Millisecond)
				f.put(tcp4, ownerModule)
				if err := src.Destroy(t.Context(), connection()); !errors.Is(err, sock.ErrEnded) {
					t.Errorf("it has ended since: %v", err)
				}
				break
			}
		}
		if len(f.calls) != 2 {
			t.Errorf("the table was read %d times", len(f.calls))
		}
	})
}

// TestDestroyWithoutATable closes nothing by guess.
func TestDestroyWithoutATable(t *testing.T) {
	f := newFake()
	f.before = func(int, tableCall, []byte) uint32 { return codeAccessDenied }
	err := f.source().Destroy(context.Background(), connection())
	var unread *CallError
	if !errors.As(err, &unread) || f.entries != nil {
		t.Errorf("%v, SetTcpEntry % x", err, f.entries)
	}
}

func TestDestroyNamesTheConnection(t *testing.T) {
	f := connected()
	if err := f.source().Destroy(context.Background(), connection()); err != nil {
		t.Fatal(err)
	}
	want := []byte{
		12, 0, 0, 0, // MIB_TCP_STATE_DELETE_TCB
		10, 0, 0, 5, 0x1f, 0x90, 0, 0,
		192, 0, 2, 7, 0xc9, 0x3c, 0, 0,
	}
	if !bytes.Equal(f.entries, want) {
		t.Errorf("MIB_TCPROW % x, want % x", f.entries, want)
	}
	// What is written is what the table of the same layout says.
	r := rows{layout: &layouts[tcp4][basic], table: tcp4}
	var s sock.Socket
	r.decode(f.entries, &s)
	if c := connection(); s.Local != c.Local || s.Remote != c.Remote {
		t.Errorf("it reads as %v to %v", s.Local, s.Remote)
	}
}

func TestDestroyRefused(t *testing.T) {
	for code, word := range map[uint32]string{
		codeAccessDenied: "elevated", codeInvalidParameter: "state", codeMessageNotFound: "elevated",
		codeNotSupported: "IPv4", 1234: "0x4d2",
	} {
		f := connected()
		f.entry = code
		err := f.source().Destroy(context.Background(), connection())
		var refusal *DestroyError
		if !errors.As(err, &refusal) || refusal.Code != code || !strings.Contains(err.Error(), word) {
			t.Errorf("code %d: %v", code, err)
		}
		want := map[uint32]sock.Result{codeAccessDenied: sock.ResultNotPermitted, codeNotSupported: sock.ResultNotSupported}[code]
		if want == sock.ResultNone {
			want = sock.ResultFailed
		}
		if got := sock.ResultOf(err); got != want || errors.Is(err, fs.ErrPermission) != (code == codeAccessDenied) {
			t.Errorf("code %d: result %d, want %d; a matter of permission: %v", code, got, want, errors.Is(err, fs.ErrPermission))
		}
	}
}

// TestDestroyOfTheOtherEnd: it has ended with the first, after the table was read.
func TestDestroyOfTheOtherEnd(t *testing.T) {
	f := connected()
	f.entry = codeMessageNotFound
	f.before = func(n int, _ tableCall, _ []byte) uint32 {
		if n == 2 {
			f.put(tcp4, ownerModule)
		}
		return codeSuccess
	}
	if err := f.source().Destroy(context.Background(), connection()); sock.ResultOf(err) != sock.ResultEnded {
		t.Errorf("%v", err)
	}
}

func TestWhatCannotBeClosed(t *testing.T) {
	for name, edit := range map[string]func(*sock.Socket){
		"UDP":  func(s *sock.Socket) { s.Protocol = sock.UDP },
		"IPv6": func(s *sock.Socket) { s.Family = sock.IPv6 },
		"a listener": func(s *sock.Socket) {
			s.State, s.Known, s.Remote = sock.Listen, sock.FieldLocal, netip.AddrPort{}
		},
		"no peer":         func(s *sock.Socket) { s.State, s.Known = sock.Bound, sock.FieldLocal },
		"an IPv6 address": func(s *sock.Socket) { s.Remote = netip.MustParseAddrPort("[::1]:1") },
	} {
		f, s := newFake(), connection()
		edit(s)
		if err := f.source().Destroy(context.Background(), s); !errors.Is(err, sock.ErrNotDestroyable) {
			t.Errorf("%s: %v", name, err)
		}
		if f.entries != nil {
			t.Errorf("%s: SetTcpEntry was called", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := newFake()
	if err := f.source().Destroy(ctx, connection()); !errors.Is(err, context.Canceled) || f.entries != nil {
		t.Errorf("canceled: %v, % x", err, f.entries)
	}
}
