package cli

import "testing"

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
