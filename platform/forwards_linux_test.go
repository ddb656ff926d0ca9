package platform

import (
	"testing"

	"sockeye/procnet"
	"sockeye/sock"
)

// TestForwardsReadInterfacesAgain: what is known of the interfaces is forgotten behind the
// forwards of an environment, so that the next listing asks again.
func TestForwardsReadInterfacesAgain(t *testing.T) {
	asked := 0
	env := &sock.Environment{Proc: proc, Interfaces: &sock.Interfaces{
		LoadAddresses: func() ([]sock.InterfaceAddress, map[uint32]string, error) { asked++; return nil, nil, nil },
	}}
	h := &Host{chain: chain{env: env}, proc: procnet.At(proc)}
	for range 2 {
		_, err := h.readForwards(t.Context(), func(env *sock.Environment) func(*sock.Forward) bool {
			for range 2 {
				if _, err := env.Interfaces.Addresses(); err != nil {
					t.Fatal(err)
				}
			}
			return func(*sock.Forward) bool { return false }
		})
		t.Log(err) // rules may be hidden
	}
	if asked != 2 {
		t.Errorf("the addresses were read %d times for 2 listings", asked)
	}
}
