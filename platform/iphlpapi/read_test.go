package iphlpapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// grown is a table of n listeners.
func grown(n int) []testRow {
	var rows []testRow
	for i := range n {
		rows = append(rows, testRow{state: 2, local: fmt.Sprintf("127.0.0.1:%d", i+1), pid: 812})
	}
	return rows
}

func TestATableThatGrowsBetweenTheCalls(t *testing.T) {
	f := newFake()
	f.names[812] = "x"
	rows := 100
	f.before = func(n int, c tableCall, _ []byte) uint32 {
		if n <= 5 {
			rows *= 2 // more than the room that was left for it
		}
		f.put(tcp4, ownerModule, grown(rows)...)
		return codeSuccess
	}
	src := f.source()
	all := listed(t, src, want(sock.AllFields).Only(tcp4))
	if len(all) != 3200 || all[3199].Local.Port() != 3200 {
		t.Errorf("%d rows, want 3200", len(all))
	}
	if len(f.calls) < 4 || len(f.pauses) != 0 {
		t.Errorf("%d calls, %d pauses", len(f.calls), len(f.pauses))
	}
	// The size is remembered.
	before := len(f.calls)
	if listed(t, src, want(sock.AllFields).Only(tcp4)); len(f.calls) != before+1 {
		t.Errorf("%d calls for a table of known size", len(f.calls)-before)
	}
}

// TestATableThatNeedsMoreThanItSays: the size of the answer cannot be believed.
func TestATableThatNeedsMoreThanItSays(t *testing.T) {
	f := newFake()
	f.names[812] = "x"
	f.put(tcp4, ownerModule, grown(3)...)
	f.before = func(_ int, _ tableCall, buf []byte) uint32 {
		if len(buf) < 100_000 {
			return codeInsufficientBuffer // and says 0 bytes
		}
		return codeSuccess
	}
	if all := listed(t, f.source(), want(sock.AllFields).Only(tcp4)); len(all) != 3 {
		t.Errorf("%d rows", len(all))
	}
	if len(f.calls) > 8 {
		t.Errorf("%d calls: the room must double", len(f.calls))
	}
}

func TestATableThatNeverFits(t *testing.T) {
	for name, answer := range map[string]func(buf []byte) (uint32, uint32){
		"asks for as much as it has":     func(buf []byte) (uint32, uint32) { return uint32(len(buf)), codeInsufficientBuffer },
		"asks for nothing":               func([]byte) (uint32, uint32) { return 0, codeInsufficientBuffer },
		"asks for one more":              func(buf []byte) (uint32, uint32) { return uint32(len(buf)) + 1, codeInsufficientBuffer },
		"asks for all memory":            func([]byte) (uint32, uint32) { return 1<<32 - 1, codeInsufficientBuffer },
		"is always in an unhappy moment": func([]byte) (uint32, uint32) { return 0, codeUnsuccessful },
	} {
		t.Run(name, func(t *testing.T) {
			f, calls, most := newFake(), 0, 0
			src := f.source()
			src.sys.table = func(_ sock.Table, _ uint32, buf []byte) (uint32, uint32) {
				calls++
				most = max(most, len(buf))
				return answer(buf)
			}
			all, _, err := list(t, src, want(sock.AllFields).Only(tcp4))
			var failure *sock.TableError
			if len(all) != 0 || !errors.As(err, &failure) || !errors.Is(err, sock.ErrUnavailable) {
				t.Fatalf("%d rows, %v", len(all), err)
			}
			if calls > maxTries || most > maxTable {
				t.Errorf("%d calls, with up to %d bytes", calls, most)
			}
		})
	}
}

func TestTheTransientFailure(t *testing.T) {
	f := newFake()
	f.names[812] = "x"
	f.put(tcp4, ownerModule, grown(3)...)
	f.before = func(n int, _ tableCall, _ []byte) uint32 {
		if n <= 4 {
			return codeUnsuccessful
		}
		return codeSuccess
	}
	if all := listed(t, f.source(), want(sock.AllFields).Only(tcp4)); len(all) != 3 {
		t.Errorf("%d rows", len(all))
	}
	for i, want := range []time.Duration{1, 2, 4, 8} {
		if i >= len(f.pauses) || f.pauses[i] != want*time.Millisecond {
			t.Fatalf("pauses %v, want 1, 2, 4 and 8 ms", f.pauses)
		}
	}
	f.before = func(int, tableCall, []byte) uint32 { return codeUnsuccessful }
	f.calls, f.pauses = nil, nil
	_, parts, err := list(t, f.source(), want(sock.AllFields))
	var call *CallError
	if len(parts) != 0 || !errors.Is(err, sock.ErrUnavailable) || !errors.As(err, &call) || call.Code != codeUnsuccessful || len(f.calls) != 4*maxTries {
		t.Errorf("without end: %v, %v", parts, err)
	}
	var total time.Duration
	for _, p := range f.pauses {
		total += p
	}
	if total > 4*time.Second {
		t.Errorf("it waits %v for nothing", total)
	}
}

func TestCanceledWhileItWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	src := newFake().source()
	src.sys.pause = pause
	src.sys.table = func(sock.Table, uint32, []byte) (uint32, uint32) {
		cancel()
		return 0, codeUnsuccessful
	}
	var last error
	for _, err := range socktest.Rows(ctx, src, here, want(sock.AllFields)) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("ended with %v", last)
	}
}

func TestCanceledWithinATable(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rows, last := 0, error(nil)
	for s, err := range socktest.Rows(ctx, machine().source(), here, want(sock.AllFields).Only(tcp4)) {
		cancel()
		if last = err; s != nil {
			rows++
		}
	}
	if rows > checkEvery || !errors.Is(last, context.Canceled) {
		t.Errorf("%d of 603 rows, then %v", rows, last)
	}
}

func TestACallThatWritesNothing(t *testing.T) {
	f := newFake()
	f.names[812] = "x"
	f.put(tcp4, ownerModule, grown(3)...)
	src := f.source()
	whole := src.sys.table
	src.sys.table = func(t sock.Table, class uint32, buf []byte) (uint32, uint32) {
		if t == tcp4 {
			return whole(t, class, buf)
		}
		return 0, codeSuccess
	}
	// The bytes of the table before are still in the buffer.
	if all := listed(t, src, want(sock.AllFields)); len(all) != 3 {
		t.Errorf("%d rows, want 3", len(all))
	}
}

func TestALyingTable(t *testing.T) {
	f := machine()
	call := tableCall{tcp4, 8}
	f.tables[call][2] = 1 // 65536 rows more
	all, parts, err := list(t, f.source(), want(sock.AllFields))
	if len(parts) != 0 || !errors.Is(err, errMalformed) || !errors.Is(err, sock.ErrUnavailable) {
		t.Fatalf("%v, %v", parts, err)
	}
	for _, s := range all {
		if s.Family == sock.IPv4 && s.Protocol == sock.TCP {
			t.Fatal("rows of a table that lies")
		}
	}
	if len(all) != 7 {
		t.Errorf("%d rows of the other tables, want 7", len(all))
	}
}

func TestAccessDenied(t *testing.T) {
	f := machine()
	f.before = func(_ int, c tableCall, _ []byte) uint32 {
		if c.table == udp4 {
			return codeAccessDenied
		}
		return codeSuccess
	}
	_, parts, err := list(t, f.source(), want(sock.AllFields))
	if len(parts) != 0 || !errors.Is(err, fs.ErrPermission) || !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("among others: %v, %v", parts, err)
	}
	f.calls = nil
	_, parts, err = list(t, f.source(), want(sock.AllFields).Only(udp4))
	if len(parts) != 0 || !errors.Is(err, sock.ErrUnavailable) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("alone: %v, %v", parts, err)
	}
	if len(f.calls) != 1 {
		t.Errorf("asked %d times where it is not allowed", len(f.calls))
	}
}
