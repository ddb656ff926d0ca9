package iphlpapi

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
)

func connection() *sock.Socket {
	return &sock.Socket{
		Known: sock.FieldLocal | sock.FieldRemote, Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established,
		Local: netip.MustParseAddrPort("10.0.0.5:8080"), Remote: netip.MustParseAddrPort("192.0.2.7:51516"),
	}
}

func TestDestroyNamesTheConnection(t *testing.T) {
	f := newFake()
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
		codeAccessDenied: "elevated", codeInvalidParameter: "state", codeMessageNotFound: "ended",
		codeNotSupported: "IPv4", 1234: "0x4d2",
	} {
		f := newFake()
		f.entry = code
		err := f.source().Destroy(context.Background(), connection())
		var refusal *DestroyError
		if !errors.As(err, &refusal) || refusal.Code != code || !strings.Contains(err.Error(), word) {
			t.Errorf("code %d: %v", code, err)
		}
		if errors.Is(err, fs.ErrPermission) != (code == codeAccessDenied) {
			t.Errorf("code %d is a matter of permission: %v", code, errors.Is(err, fs.ErrPermission))
		}
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
		if err := f.source().Destroy(context.Background(), s); !errors.Is(err, ErrCannotClose) {
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
