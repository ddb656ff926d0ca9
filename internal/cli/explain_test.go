package cli

import (
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/change"
)

// TestTransitions: what is in another state, new, and gone.
func TestTransitions(t *testing.T) {
	id := func(cookie uint64) change.Identity {
		return change.IdentityOf(&sock.Socket{Known: sock.FieldCookie, Cookie: cookie})
	}
	var seen transitions
	seen.add(map[change.Identity]sock.State{id(1): sock.Established, id(2): sock.Established, id(3): sock.TimeWait})
	if got := seenText(seen.all(), 2*time.Second); got != "\nNo change was seen in 2s, looked for every 50ms.\n" {
		t.Errorf("of one listing: %s", got)
	}
	seen.add(map[change.Identity]sock.State{id(1): sock.CloseWait, id(2): sock.CloseWait, id(4): sock.SynSent})
	seen.add(map[change.Identity]sock.State{id(1): sock.CloseWait, id(2): sock.LastAck, id(4): sock.SynSent})
	const want = `
Changes seen in 2s, looked for every 50ms:
      2  ESTABLISHED  -> CLOSE_WAIT
      1  (new)        -> SYN_SENT
      1  CLOSE_WAIT   -> LAST_ACK
      1  TIME_WAIT    -> (gone)
`
	if got := seenText(seen.all(), 2*time.Second); got != want {
		t.Errorf("%s", got)
	}
}
