package winetest

import (
	"net/netip"
	"testing"
	"time"
)

// testTimeWait: a connection that both sides closed, as either source lists it. On
// a busy machine it may be forgotten before the answer is there.
func testTimeWait(t *testing.T, p program) {
	for _, source := range []string{"iphlpapi", "portable"} {
		found := false
		for range 5 {
			began := time.Now()
			made := p.rig.Finish(t)
			doc := p.document(t, "-t", "--source", source, "state", "time-wait")
			if found = time.Since(began) < Remembered; found {
				checkRemembered(t, source, made, doc)
				break
			}
		}
		if !found {
			t.Errorf("%s takes longer than %v", source, Remembered)
		}
	}
}

func checkRemembered(t *testing.T, source string, made []Held, doc document) {
	for _, m := range made {
		found := false
		for _, s := range doc.Sockets {
			if s.Family != m.Family || netip.AddrPortFrom(s.LocalAddress, s.LocalPort) != m.Local {
				continue
			}
			found = true
			if s.State != m.State || s.OwnerStatus != "time_wait" || s.PID != 0 || len(s.Owners) != 0 ||
				netip.AddrPortFrom(s.RemoteAddress, s.RemotePort) != m.Remote {
				t.Errorf("%s: %+v, made as %+v", source, s, m)
			}
		}
		if !found {
			t.Errorf("%s does not list %+v", source, m)
		}
	}
}
