package sockdiag

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

func wantRows(t *testing.T, got []uint64, want ...uint64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
}

// onePartial returns the only error, which must be a Partial of the code.
func onePartial(t *testing.T, errs []error, code sock.Code) *sock.Partial {
	t.Helper()
	if len(errs) != 1 {
		t.Fatalf("errors %v, want one", errs)
	}
	p, ok := errs[0].(*sock.Partial)
	if !ok || p.Code != code || !p.Incomplete {
		t.Fatalf("error %#v, want an incomplete part with code %s", errs[0], code)
	}
	return p
}

func TestListingManyDatagrams(t *testing.T) {
	k := newFakeKernel(t, []delivery{
		datagram(row(established(1)), row(established(2))),
		datagram(row(established(3))),
		datagram(row(established(4)), done(0)),
	})
	rows, errs := k.read(tcp4())
	wantRows(t, rows, 1, 2, 3, 4)
	if len(errs) > 0 {
		t.Errorf("errors %v", errs)
	}
}

func TestListingSkipsWhatIsNotItsOwn(t *testing.T) {
	old, stranger := datagram(row(established(8)), done(-2)), datagram(row(established(9)), done(-2))
	old.otherSeq, stranger.otherPort = true, true
	k := newFakeKernel(t, []delivery{
		stranger,
		old,
		{raw: []byte{}},
		failed(syscall.EINTR),
		failed(syscall.EAGAIN),
		datagram(reply{kind: nlmsgNoop}, row(established(1)), failure(0)),
		stranger,
		datagram(reply{kind: nlmsgDone}),
	})
	rows, errs := k.read(tcp4())
	wantRows(t, rows, 1)
	if len(errs) > 0 {
		t.Errorf("errors %v", errs)
	}
}

// TestListingWithoutHandler replays both ways in which a kernel says that it
// has no diag handler: for a family (inet_diag) and for a protocol (raw_diag).
func TestListingWithoutHandler(t *testing.T) {
	for name, answer := range map[string]reply{
		"NLMSG_ERROR": failure(syscall.ENOENT),
		"NLMSG_DONE":  done(-int32(syscall.ENOENT)),
	} {
		t.Run(name, func(t *testing.T) {
			_, errs := newFakeKernel(t, []delivery{datagram(answer)}).read(tcp4())
			var failed *sock.TableError
			if len(errs) != 1 || !errors.As(errs[0], &failed) || !errors.Is(failed, sock.ErrUnavailable) {
				t.Fatalf("errors %v, want that the table is unavailable", errs)
			}
			if _, wrapped := errs[0].(*sock.Partial); wrapped {
				t.Error("the only table failed, and it is told as a part")
			}
			want := sock.Table{Protocol: sock.TCP, Family: sock.IPv4}
			if failed.Table != want || failed.Op != "dump" || !errors.Is(failed, syscall.ENOENT) {
				t.Errorf("%+v", failed)
			}
		})
	}
}

func TestListingGoesOnAfterATable(t *testing.T) {
	k := newFakeKernel(t,
		[]delivery{datagram(done(-int32(syscall.ENOENT)))},
		[]delivery{datagram(row(established(7)), done(0))},
	)
	rows, errs := k.read(udpBoth())
	wantRows(t, rows, 7)
	var failed *sock.TableError
	if len(errs) != 1 || !errors.As(errs[0], &failed) || failed.Table.Family != sock.IPv4 || !errors.Is(failed, sock.ErrUnavailable) {
		t.Errorf("%v does not say that the table is unavailable", errs)
	}
	if k.opened != 2 {
		t.Errorf("%d wires for two readings", k.opened)
	}
}

func TestListingRefused(t *testing.T) {
	for _, errno := range []error{
		syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT, syscall.EOPNOTSUPP,
		syscall.EMFILE, syscall.ENFILE, fs.ErrClosed,
	} {
		for name, k := range map[string]*fakeKernel{"open": {openErr: errno}, "send": {sendErr: errno}} {
			k.t = t
			_, errs := k.read(tcp4())
			var failed *sock.TableError
			if len(errs) != 1 || !errors.As(errs[0], &failed) || failed.Op != name || !errors.Is(failed, sock.ErrUnavailable) {
				t.Errorf("%s: %v: errors %v", name, errno, errs)
			}
		}
	}
	k := &fakeKernel{t: t, openErr: syscall.ENOMEM}
	if _, errs := k.read(tcp4()); len(errs) != 1 || errors.Is(errs[0], sock.ErrUnavailable) {
		t.Errorf("no memory is not a missing table: %v", errs)
	}
}

func TestListingErrorAfterRows(t *testing.T) {
	dump := []delivery{datagram(row(established(1))), datagram(failure(syscall.ENOENT))}
	rows, errs := newFakeKernel(t, dump).read(tcp4())
	wantRows(t, rows, 1)
	var failed *sock.TableError
	if len(errs) != 1 || !errors.As(errs[0], &failed) || errors.Is(failed, sock.ErrUnavailable) {
		t.Errorf("errors %v: another source may not be asked after a row", errs)
	}
	rows, errs = newFakeKernel(t, dump, []delivery{datagram(row(established(2)), done(0))}).read(udpBoth())
	wantRows(t, rows, 1, 2)
	if len(errs) != 1 || !errors.As(errs[0], &failed) || failed.Table.Family != sock.IPv4 {
		t.Errorf("errors %v, want that of the one table", errs)
	}
}

func TestListingMalformed(t *testing.T) {
	for name, bad := range map[string]delivery{
		"unknown type":     datagram(reply{kind: 99}),
		"short row":        datagram(row(established(1)[:60])),
		"unknown family":   datagram(row(append([]byte{77}, established(1)[1:]...))),
		"half a header":    {raw: []byte{1, 2, 3}},
		"too long":         {raw: netlinkMessage(sockDiagByFamily, 0, 1, testPort, nil)[:12]},
		"a lying length":   {raw: append(u32(1<<31), make([]byte, 12)...)},
		"a tiny length":    {raw: append(u32(4), make([]byte, 12)...)},
		"an error of none": datagram(reply{kind: nlmsgError, payload: []byte{1}}),
	} {
		t.Run(name, func(t *testing.T) {
			k := newFakeKernel(t, []delivery{bad, datagram(row(established(5))), bad, datagram(done(0))})
			rows, errs := k.read(tcp4())
			wantRows(t, rows, 5)
			onePartial(t, errs, sock.CodeMalformed)
		})
	}
}

func TestListingDamagedRowIsKept(t *testing.T) {
	cut := append(established(5), u32(0xffff0003)...)
	rows, errs := newFakeKernel(t, []delivery{datagram(row(cut), done(0))}).read(tcp4())
	wantRows(t, rows, 5)
	onePartial(t, errs, sock.CodeMalformed)
}

func TestListingUnsupported(t *testing.T) {
	for _, p := range []sock.Protocol{sock.ICMP} {
		q := tcp4()
		q.Protocols = sock.Protocols(p)
		k := newFakeKernel(t)
		_, errs := k.read(q)
		if len(errs) != 1 || !errors.Is(errs[0], sock.ErrUnavailable) || k.opened != 0 {
			t.Errorf("%v: errors %v after %d opened", p, errs, k.opened)
		}
	}
}

func TestListingAsksNothingWithoutAState(t *testing.T) {
	k := newFakeKernel(t)
	q := tcp4()
	q.Protocols = sock.Protocols(sock.UDP, sock.Unix)
	q.States = sock.States(sock.TimeWait, sock.StateUnknown)
	rows, errs := k.read(q)
	if len(rows)+len(errs)+k.opened != 0 {
		t.Errorf("%d rows, errors %v, %d wires for a state that no such socket has", len(rows), errs, k.opened)
	}
}

func TestListingSilence(t *testing.T) {
	_, errs := newFakeKernel(t, []delivery{}).read(tcp4())
	if len(errs) != 1 || !errors.Is(errs[0], errSilent) || errors.Is(errs[0], sock.ErrUnavailable) {
		t.Errorf("errors %v, want that the kernel does not answer", errs)
	}
}

func TestListingCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	k := newFakeKernel(t, []delivery{datagram(row(established(1))), datagram(row(established(2))), datagram(done(0))})
	q := tcp4()
	q.Families = sock.Families(sock.IPv4, sock.IPv6)
	var got []error
	for _, err := range socktest.Rows(ctx, k.source(), here, q) {
		got = append(got, err)
		cancel()
	}
	if len(got) != 2 || got[0] != nil || got[1] != context.Canceled {
		t.Errorf("%v, want a row and then the context's error", got)
	}
	if k.closed != 1 {
		t.Error("the wire was not closed")
	}
}

func TestListingEarlyBreak(t *testing.T) {
	k := newFakeKernel(t, []delivery{datagram(row(established(1)), row(established(2)))})
	for range socktest.Rows(t.Context(), k.source(), here, tcp4()) {
		break
	}
	if k.opened != 1 || k.closed != 1 {
		t.Errorf("%d opened, %d closed", k.opened, k.closed)
	}
	// An early break at an error, too.
	q := tcp4()
	q.Families = sock.Families(sock.IPv4, sock.IPv6)
	k = newFakeKernel(t, []delivery{datagram(failure(syscall.ENOENT))})
	for range socktest.Rows(t.Context(), k.source(), here, q) {
		break
	}
	if len(k.requests) != 1 {
		t.Errorf("%d requests after a break at the first table's error", len(k.requests))
	}
}

// TestPrefetchWithoutFiles: what cannot be opened before its turn is opened in its
// turn, and what follows is not tried before.
func TestPrefetchWithoutFiles(t *testing.T) {
	k := newFakeKernel(t,
		[]delivery{datagram(row(established(1)), done(0))},
		[]delivery{datagram(row(established(2)), done(0))},
	)
	rows, errs := k.collect(func(yield func(*sock.Socket, error) bool) {
		session := k.source().Open(here)
		defer session.Close()
		plan := session.Plan(udpBoth())
		k.openErr = syscall.EMFILE
		plan[0].Prefetch()
		k.openErr = nil
		plan[1].Prefetch()
		if k.opened != 0 {
			t.Errorf("%d wires are open before the first turn", k.opened)
		}
		for _, r := range plan {
			r.Rows(t.Context())(yield)
		}
	})
	wantRows(t, rows, 1, 2)
	if len(errs) > 0 {
		t.Errorf("errors %v", errs)
	}
}
