package sockdiag

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"sockeye/sock"
)

// listed is the record of established(1).
func listed(state sock.State) *sock.Socket {
	s := &sock.Socket{
		Known:    sock.FieldLocal | sock.FieldCookie | sock.FieldInode,
		Protocol: sock.TCP, Family: sock.IPv4, State: state, Cookie: 1, Inode: 1001,
		Local: netip.MustParseAddrPort("10.0.0.1:80"),
	}
	if state == sock.Established {
		s.Known |= sock.FieldRemote
		s.Remote = netip.MustParseAddrPort("10.0.0.2:4000")
	}
	return s
}

func TestExists(t *testing.T) {
	yes := []delivery{datagram(row(established(1)))}
	other := []delivery{datagram(row(established(2)))}
	timeWait, orphan := established(1), established(1)
	timeWait[1], orphan[1] = 6, 5 // idiag_state: TCP_TIME_WAIT, TCP_FIN_WAIT2
	native.PutUint32(timeWait[idiagInode:], 0)
	native.PutUint32(orphan[idiagInode:], 0)
	gone := []delivery{datagram(failure(syscall.ENOENT))}
	stale := []delivery{datagram(failure(syscall.ESTALE))}
	table := func(rows ...reply) []delivery { return []delivery{datagram(append(rows, done(0))...)} }
	for _, c := range []struct {
		name    string
		socket  *sock.Socket
		scripts [][]delivery
		want    bool
	}{
		{"found", listed(sock.Established), [][]delivery{yes}, true},
		{"gone, and not in the table", listed(sock.Established), [][]delivery{gone, table(row(established(3)))}, false},
		{"a later connection of the same ends", listed(sock.Established), [][]delivery{stale}, false},
		{"another member of a reuseport group was met", listed(sock.Listen), [][]delivery{stale, table(row(established(3)), row(established(1)))}, true},
		{"a closed listener of a group", listed(sock.Listen), [][]delivery{stale, table(row(established(3)))}, false},
		{"the kernel ignored the cookie", listed(sock.Listen), [][]delivery{other, table()}, false},
		{"closed, and in TIME_WAIT", listed(sock.Established), [][]delivery{{datagram(row(timeWait))}, table(row(timeWait))}, false},
		{"closed, and not finished", listed(sock.Established), [][]delivery{{datagram(row(orphan))}, table(row(orphan))}, false},
		{"an inconsistent table", listed(sock.Listen), [][]delivery{gone,
			{datagram(interrupted(established(3)), done(0))}, table(row(established(1)))}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newFakeKernel(t, c.scripts...)
			got, err := k.source().Exists(t.Context(), here, c.socket)
			if got != c.want || err != nil {
				t.Errorf("%v, %v, want %v", got, err, c.want)
			}
			if len(k.scripts) > 0 || k.opened != k.closed {
				t.Errorf("%d answers were not asked for; %d opened, %d closed", len(k.scripts), k.opened, k.closed)
			}
			if flags := native.Uint16(k.requests[0][6:]); flags != nlmFRequest {
				t.Errorf("flags %#x: the first question is for one socket", flags)
			}
		})
	}
}

func TestExistsWithoutACookie(t *testing.T) {
	s := listed(sock.Established)
	s.Known &^= sock.FieldCookie | sock.FieldInode
	found, err := newFakeKernel(t, []delivery{datagram(row(established(9)))}).source().Exists(t.Context(), here, s)
	if !found || err != nil {
		t.Errorf("by its ends: %v, %v", found, err)
	}
	s.Known |= sock.FieldInode
	found, err = newFakeKernel(t, []delivery{datagram(row(established(9)))}, []delivery{datagram(done(0))}).source().Exists(t.Context(), here, s)
	if found || err != nil {
		t.Errorf("by its inode: %v, %v", found, err)
	}
}

func TestExistsFailures(t *testing.T) {
	missing := []delivery{datagram(failure(syscall.ENOENT))}
	missingTable := []delivery{datagram(done(-int32(syscall.ENOENT)))}
	_, err := newFakeKernel(t, missing, missingTable).source().Exists(t.Context(), here, listed(sock.Established))
	if !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("without a handler: %v, want unavailable rather than an answer", err)
	}
	_, err = newFakeKernel(t, []delivery{datagram(failure(syscall.ENOMEM))}).source().Exists(t.Context(), here, listed(sock.Established))
	var failed *sock.TableError
	if !errors.As(err, &failed) || !errors.Is(err, syscall.ENOMEM) || errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("out of memory: %v", err)
	}
	_, err = newFakeKernel(t, []delivery{}).source().Exists(t.Context(), here, listed(sock.Established))
	if !errors.Is(err, errSilent) {
		t.Errorf("a silent kernel: %v", err)
	}
	_, err = newFakeKernel(t).source().Exists(t.Context(), here, &sock.Socket{Protocol: sock.ICMP, Family: sock.IPv4})
	if !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("icmp: %v", err)
	}
	_, err = newFakeKernel(t).source().Exists(t.Context(), here, &sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix})
	if !errors.Is(err, errNoIdentity) {
		t.Errorf("a unix socket without an inode: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = newFakeKernel(t).source().Exists(ctx, here, listed(sock.Established)); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

func TestExistsUnix(t *testing.T) {
	s := &sock.Socket{
		Known: sock.FieldInode | sock.FieldCookie, Protocol: sock.Unix, Family: sock.FamilyUnix, Inode: 10, Cookie: 4,
	}
	k := newFakeKernel(t, []delivery{datagram(row(unixRow{kind: 1, inode: 10, cookie: 4}.bytes()))})
	if found, err := k.source().Exists(t.Context(), here, s); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if r := k.requests[0]; native.Uint32(r[24:]) != 10 || native.Uint32(r[32:]) != 4 {
		t.Errorf("request %v asks for another socket", r)
	}
	stale := []delivery{datagram(failure(syscall.ESTALE))}
	rest := []delivery{datagram(row(unixRow{kind: 1, inode: 10, cookie: 5}.bytes()), done(0))}
	if found, err := newFakeKernel(t, stale, rest).source().Exists(t.Context(), here, s); found || err != nil {
		t.Errorf("another socket with its inode: %v, %v", found, err)
	}
}
