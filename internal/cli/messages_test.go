package cli

import (
	"errors"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestSaid: a message is said once, whatever its numbers are now.
func TestSaid(t *testing.T) {
	s := said{}
	for _, m := range []struct {
		text string
		want bool
	}{
		{"the owner of 1 socket is hidden from this user", true},
		{"the owners of 12 sockets are hidden from this user", false},
		{"the owners of 2 sockets are hidden: a security policy", true},
		{"marks are told with CAP_NET_ADMIN only", true},
		{"peers are told with CAP_NET_ADMIN only", true},
		{"marks are told with CAP_NET_ADMIN only", false},
	} {
		if got := s.isNew(m.text); got != m.want {
			t.Errorf("%s: new is %v", m.text, got)
		}
	}
	for i := range 2 * mostSaid {
		s.isNew(string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	if len(s) != mostSaid || s.isNew("another one") {
		t.Errorf("%d messages are remembered", len(s))
	}
}

// TestSayEscapesOnce: what came from outside is escaped in a message, and what was
// already is not again.
func TestSayEscapesOnce(t *testing.T) {
	var messages strings.Builder
	r := &run{IO: IO{Err: &messages}, ctx: t.Context()}
	path := "/tmp/a\\x41\x1b"
	s := &sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, Known: sock.FieldPath, Path: path}
	r.say("not closed: %s: %s", socketsText([]*sock.Socket{s, s}), path)
	r.say("%v, %d, %v", errors.New("a\nb\x1b\n"), 7, sock.Listen)
	want := `sockeye: not closed: unix /tmp/a\\x41\x1b and 1 more: /tmp/a\\x41\x1b
sockeye: a; b\x1b, 7, LISTEN
`
	if messages.String() != want {
		t.Errorf("said %s, want %s", &messages, want)
	}
	questioned := &target{process: &sock.Process{PID: 7, Name: "a\x1b", User: "b\x1b"}, sockets: []*sock.Socket{s}}
	if got, want := questioned.described(), shown(`a\x1b[7] of b\x1b, which holds unix /tmp/a\\x41\x1b`); got != want {
		t.Errorf("described as %s, want %s", got, want)
	}
}
