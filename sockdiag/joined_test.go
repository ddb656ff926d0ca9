package sockdiag

import (
	"slices"
	"syscall"
	"testing"

	"sockeye/sock"
)

// bothBound asks for what one reading answers.
func bothBound() sock.Query {
	return sock.Query{
		Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.States(sock.Bound),
	}
}

func boundRow(family uint8, cookie uint64) []byte {
	local, remote := "10.0.0.1:80", "0.0.0.0:0"
	if family == afInet6 {
		local, remote = "[::1]:80", "[::]:0"
	}
	return inetRow{family: family, state: tcpClose, local: local, remote: remote, cookie: cookie, inode: 9}.bytes()
}

func joinedRow(family uint8, cookie uint64) reply {
	return reply{kind: tcpDiagGetSock, payload: boundRow(family, cookie)}
}

// TestJoined: one reading without a family, whose rows come table by table.
func TestJoined(t *testing.T) {
	k := newFakeKernel(t, []delivery{
		datagram(joinedRow(afInet6, 1), joinedRow(afInet, 2)),
		datagram(joinedRow(afInet6, 3), joinedRow(afInet, 4), done(0)),
	})
	rows, errs := k.read(bothBound())
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
		native.Uint32(body[52:]) != 1<<tcpBoundInactive || native.Uint32(body[56:]) != 0 {
		t.Errorf("request %x", body)
	}
}

// TestJoinedIsOptional: a kernel that does not take the request, or whose answer
// cannot be trusted, is asked family by family, and no row is doubled.
func TestJoinedIsOptional(t *testing.T) {
	each := [][]delivery{
		{datagram(row(boundRow(afInet, 2)), done(0))},
		{datagram(row(boundRow(afInet6, 1)), done(0))},
	}
	for name, first := range map[string][]delivery{
		"refused":     {datagram(failure(syscall.EINVAL))},
		"unknown":     {datagram(failure(syscall.EOPNOTSUPP))},
		"interrupted": {datagram(reply{kind: tcpDiagGetSock, flags: nlmFDumpIntr, payload: boundRow(afInet6, 1)}, done(0))},
		"malformed":   {datagram(joinedRow(afInet6, 1), reply{kind: tcpDiagGetSock, payload: []byte{1}}, done(0))},
		"full":        {failed(syscall.ENOBUFS)},
	} {
		k := newFakeKernel(t, append([][]delivery{first}, each...)...)
		rows, errs := k.read(bothBound())
		if !slices.Equal(rows, []uint64{2, 1}) || len(errs) > 0 || len(k.requests) != 3 {
			t.Errorf("%s: rows %v, errors %v, %d requests", name, rows, errs, len(k.requests))
		}
	}
}

func TestJoins(t *testing.T) {
	one, more, others := bothBound(), bothBound(), bothBound()
	one.Families = sock.Families(sock.IPv6)
	more.States |= sock.States(sock.Listen)
	others.Protocols = sock.Protocols(sock.UDP)
	if s := New(); !s.Joins(bothBound()) || s.Joins(one) || s.Joins(more) || s.Joins(others) {
		t.Error("one reading answers for bound TCP sockets of both families, and for nothing else")
	}
}
