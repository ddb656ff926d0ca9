package sockdiag

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sockeye/sock"
	"sockeye/sock/filter"
)

// bothFamilies asks for what one reading answers.
func bothFamilies(states ...sock.State) sock.Query {
	return sock.Query{
		Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.States(states...),
	}
}

func joinedPayload(family uint8, cookie uint64) []byte {
	local, remote := "10.0.0.1:80", "10.0.0.2:81"
	if family == afInet6 {
		local, remote = "[::1]:80", "[::2]:81"
	}
	return inetRow{family: family, state: tcpEstablished, local: local, remote: remote, cookie: cookie, inode: 9}.bytes()
}

func joinedRow(family uint8, cookie uint64) reply {
	return reply{kind: tcpDiagGetSock, payload: joinedPayload(family, cookie)}
}

// joins reports whether the query is answered by one reading of both families.
func joins(k *Source, q sock.Query) bool {
	plan := k.Open(here).Plan(q)
	return len(plan) == 1 && len(plan[0].Tables()) == 2
}

// readJoined reads what one reading answers.
func (k *fakeKernel) readJoined(ctx context.Context, q sock.Query) (cookies []uint64, errs []error) {
	k.t.Helper()
	if !joins(k.source(), q) {
		k.t.Fatal("not a query that is joined")
	}
	return k.readWith(ctx, q)
}

// TestJoined: one reading without a family, whose rows come table by table.
func TestJoined(t *testing.T) {
	k := newFakeKernel(t, []delivery{
		datagram(joinedRow(afInet6, 1), joinedRow(afInet, 2)),
		datagram(joinedRow(afInet6, 3), joinedRow(afInet, 4), done(0)),
	})
	rows, errs := k.readJoined(t.Context(), bothFamilies(sock.Established))
	wantRows(t, rows, 2, 4, 1, 3)
	if len(errs) > 0 || len(k.requests) != 1 {
		t.Fatalf("errors %v, %d requests", errs, len(k.requests))
	}
	r := k.requests[0]
	if kind := native.Uint16(r[4:]); kind != tcpDiagGetSock || len(r) != nlmsgHeaderLen+60 {
		t.Errorf("a request of type %d with %d bytes", kind, len(r))
	}
	body := r[nlmsgHeaderLen:]
	if !slices.Equal(body[:4], []byte{0, 0, 0, 0}) || native.Uint64(body[44:]) != inetDiagNoCookie ||
		native.Uint32(body[52:]) != 1<<tcpEstablished || native.Uint32(body[56:]) != 0 {
		t.Errorf("request %x", body)
	}
}

// TestJoinedRefused: the error ends the stream before its first row, and says
// that the families may be asked for one by one.
func TestJoinedRefused(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EINVAL, syscall.EOPNOTSUPP, syscall.EPERM} {
		k := newFakeKernel(t, []delivery{datagram(failure(errno))})
		rows, errs := k.readJoined(t.Context(), bothFamilies(sock.Established))
		if len(rows) > 0 || len(errs) != 1 || !errors.Is(errs[0], sock.ErrUnavailable) || !errors.Is(errs[0], errno) {
			t.Errorf("rows %v, errors %v, want %v alone", rows, errs, errno)
		}
		if _, part := errors.AsType[*sock.Partial](errs[0]); part {
			t.Errorf("%v is a part that failed, not the end", errs[0])
		}
	}
}

// TestJoinedAgain: a reading that was not consistent is made again, and no row
// of either family is doubled or lost.
func TestJoinedAgain(t *testing.T) {
	broken := reply{kind: tcpDiagGetSock, flags: nlmFDumpIntr, payload: joinedPayload(afInet6, 1)}
	for name, first := range map[string][]delivery{
		"interrupted": {datagram(broken, joinedRow(afInet, 2), done(0))},
		"full":        {datagram(joinedRow(afInet6, 1), joinedRow(afInet, 2)), failed(syscall.ENOBUFS)},
	} {
		k := newFakeKernel(t, first, []delivery{datagram(joinedRow(afInet6, 1), joinedRow(afInet6, 3), joinedRow(afInet, 2), joinedRow(afInet, 4), done(0))})
		rows, errs := k.readJoined(t.Context(), bothFamilies(sock.Established))
		if !slices.Equal(rows, []uint64{2, 4, 1, 3}) || len(errs) > 0 {
			t.Errorf("%s: rows %v, errors %v", name, rows, errs)
		}
	}
}

// TestJoinedFailsOnTheWay: both tables ended early, and what was read stands.
func TestJoinedFailsOnTheWay(t *testing.T) {
	k := newFakeKernel(t, []delivery{datagram(joinedRow(afInet6, 1), joinedRow(afInet, 2)), failed(syscall.EIO)})
	rows, errs := k.readJoined(t.Context(), bothFamilies(sock.Established))
	wantRows(t, rows, 2, 1)
	if len(errs) != 2 || !strings.Contains(errs[0].Error(), "tcp/ipv4") || !strings.Contains(errs[1].Error(), "tcp/ipv6") {
		t.Fatalf("errors %v, want one for each table", errs)
	}
	for _, err := range errs {
		if p, part := errors.AsType[*sock.Partial](err); !part || !p.Incomplete {
			t.Errorf("error %v, want an incomplete part", err)
		}
	}
}

func TestJoinedCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := newFakeKernel(t, []delivery{datagram(joinedRow(afInet, 2), done(0))})
	if rows, errs := k.readJoined(ctx, bothFamilies(sock.Established)); len(rows) > 0 || len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("rows %v, errors %v", rows, errs)
	}
}

// TestJoinedCrowded: where IPv6 has more than may wait, each family is read by
// itself from there on, once.
func TestJoinedCrowded(t *testing.T) {
	const many = mostDeferred / inetMsgLen // with its attributes a row is longer
	first := []delivery{datagram(joinedRow(afInet, 1))}
	var six []delivery
	want := []uint64{1, 2}
	for cookie := uint64(10); cookie < 10+many; cookie += 100 {
		var joined, alone []reply
		for c := cookie; c < cookie+100; c++ {
			joined, alone = append(joined, joinedRow(afInet6, c)), append(alone, row(joinedPayload(afInet6, c)))
			want = append(want, c)
		}
		first, six = append(first, datagram(joined...)), append(six, datagram(alone...))
	}
	k := newFakeKernel(t,
		append(first, datagram(done(0))),
		[]delivery{datagram(row(joinedPayload(afInet, 1)), row(joinedPayload(afInet, 2)), done(0))},
		append(six, datagram(done(0))))
	rows, errs := k.readJoined(t.Context(), bothFamilies(sock.Established))
	if !slices.Equal(rows, want) || len(errs) > 0 || len(k.requests) != 3 {
		t.Errorf("%d rows, want %d; errors %v, %d requests", len(rows), len(want), errs, len(k.requests))
	}
}

func TestJoins(t *testing.T) {
	where := func(states []sock.State, text string) sock.Query {
		f, err := filter.ParseText(text, filter.Env{})
		if err != nil {
			t.Fatal(err)
		}
		q := bothFamilies(states...)
		q.Where = f
		return q
	}
	connected, bound := []sock.State{sock.Established}, []sock.State{sock.Bound}
	one, others := bothFamilies(sock.Established), bothFamilies(sock.Established)
	one.Families = sock.Families(sock.IPv6)
	others.Protocols = sock.Protocols(sock.UDP)
	for name, c := range map[string]struct {
		query sock.Query
		joins bool
	}{
		"all":                        {bothFamilies(sock.Established), true},
		"bound":                      {bothFamilies(bound...), true},
		"a port":                     {where(connected, "sport = :80"), true},
		"one family":                 {one, false},
		"another protocol":           {others, false},
		"a family by filter":         {where(connected, "family = ipv6"), false},
		"an address of IPv6":         {where(connected, "dst 2001:db8::/32"), false},
		"bound, an address of IPv6":  {where(bound, "src 2001:db8::/32"), true},
		"bound, nothing can match":   {where(bound, "protocol = udp"), false},
		"nothing that exists at all": {where(connected, "protocol = udp"), false},
	} {
		if joins(newFakeKernel(t).source(), c.query) != c.joins {
			t.Errorf("%s: want %v", name, c.joins)
		}
	}
}
