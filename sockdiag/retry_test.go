package sockdiag

import (
	"bytes"
	"slices"
	"syscall"
	"testing"

	"sockeye/sock"
)

// interrupted is a row with NLM_F_DUMP_INTR.
func interrupted(payload []byte) reply {
	return reply{kind: sockDiagByFamily, flags: nlmFDumpIntr, payload: payload}
}

func TestRetryDoesNotDoubleRows(t *testing.T) {
	for name, first := range map[string][]delivery{
		"DUMP_INTR at a row": {datagram(row(established(1)), interrupted(established(2))), datagram(done(0))},
		"DUMP_INTR at the end": {
			datagram(row(established(1)), row(established(2))),
			datagram(reply{kind: nlmsgDone, flags: nlmFDumpIntr, payload: errnoPayload(0)}),
		},
		"NLMSG_OVERRUN": {datagram(row(established(1)), row(established(2)), reply{kind: nlmsgOverrun}, done(0))},
		"ENOBUFS":       {datagram(row(established(1)), row(established(2))), failed(syscall.ENOBUFS)},
	} {
		t.Run(name, func(t *testing.T) {
			k := newFakeKernel(t, first, []delivery{
				datagram(row(established(2)), row(established(3)), row(established(1)), done(0)),
			})
			rows, errs := k.read(tcp4())
			wantRows(t, rows, 1, 2, 3)
			if len(errs) > 0 {
				t.Errorf("errors %v", errs)
			}
			if len(k.requests) != 2 || native.Uint32(k.requests[0][8:]) == native.Uint32(k.requests[1][8:]) {
				t.Errorf("%d requests; each needs its own sequence number", len(k.requests))
			}
		})
	}
}

// TestRetryWithoutCookies recognises rows by their ends.
func TestRetryWithoutCookies(t *testing.T) {
	plain := func(remote string) []byte {
		return inetRow{family: afInet, state: tcpEstablished, local: "10.0.0.1:80", remote: remote, cookie: inetDiagNoCookie}.bytes()
	}
	a, b := plain("10.0.0.2:1"), plain("10.0.0.2:2")
	k := newFakeKernel(t,
		[]delivery{datagram(interrupted(a), done(0))},
		[]delivery{datagram(row(b), row(a), done(0))},
	)
	if rows, errs := k.read(tcp4()); len(rows) != 2 || len(errs) > 0 {
		t.Errorf("%d rows, errors %v, want each row once", len(rows), errs)
	}
}

func TestRetryGivesUp(t *testing.T) {
	var scripts [][]delivery
	for n := range uint32(maxRetries + 1) {
		scripts = append(scripts, []delivery{datagram(interrupted(established(n+1)), row(established(1)), done(0))})
	}
	k := newFakeKernel(t, scripts...)
	rows, errs := k.read(tcp4())
	// The kernel itself sent row 1 twice in the first reading.
	wantRows(t, rows, 1, 1, 2, 3, 4)
	onePartial(t, errs, sock.CodeInterrupted)
	if len(k.requests) != maxRetries+1 {
		t.Errorf("%d readings, want %d", len(k.requests), maxRetries+1)
	}
}

func TestRetryForgetsEarlierTables(t *testing.T) {
	k := newFakeKernel(t,
		[]delivery{datagram(interrupted(established(1)), done(0))},
		[]delivery{datagram(row(established(1)), done(0))},
		[]delivery{datagram(row(established(1)), done(0))},
	)
	rows, errs := k.read(udpBoth())
	wantRows(t, rows, 1, 1)
	if len(errs) > 0 {
		t.Errorf("errors %v", errs)
	}
}

func TestTruncationDoublesTheBuffer(t *testing.T) {
	large := inetRow{family: afInet, state: tcpEstablished, local: "10.0.0.1:80", remote: "10.0.0.2:9", cookie: 2}.
		bytes(attribute(77, bytes.Repeat([]byte{1}, initialBuffer)...))
	dump := []delivery{datagram(row(established(1)), row(large), row(established(3))), datagram(done(0))}
	k := newFakeKernel(t, dump, dump)
	rows, errs := k.read(tcp4())
	wantRows(t, rows, 1, 2, 3)
	if len(errs) > 0 {
		t.Errorf("errors %v", errs)
	}
	if k.opened != 2 {
		t.Errorf("%d wires: the dump that was cut never ended on the first", k.opened)
	}
}

func TestTruncationForEver(t *testing.T) {
	var replies []reply
	for n := range uint32(6000) {
		replies = append(replies, row(established(n)))
	}
	dump := []delivery{datagram(replies...)}
	k := newFakeKernel(t, dump, dump, dump, dump)
	rows, errs := k.read(tcp4())
	onePartial(t, errs, sock.CodeInterrupted)
	if len(rows) == 0 || !slices.IsSorted(rows) || len(slices.Compact(slices.Clone(rows))) != len(rows) {
		t.Errorf("%d rows; those that came whole must be there once each", len(rows))
	}
	if len(rows)*len(established(0)) < initialBuffer*3 {
		t.Errorf("%d rows: the buffer did not grow", len(rows))
	}
}
