package platform

import (
	"context"
	"errors"
	"testing"

	"sockeye/sock"
)

// TestClosingSparesTheKernel: whatever else matched.
func TestClosingSparesTheKernel(t *testing.T) {
	closed := 0
	h := &Host{}
	if h.CanDestroy() {
		t.Error("a machine without a way closes sockets")
	}
	h.destroy = func(context.Context, *sock.Socket) error { closed++; return nil }
	if err := h.Destroy(t.Context(), &sock.Socket{OwnerStatus: sock.OwnerKernel}); !errors.Is(err, ErrKernelSocket) || closed != 0 {
		t.Errorf("%v, %d closed", err, closed)
	}
	if err := h.Destroy(t.Context(), &sock.Socket{OwnerStatus: sock.OwnerKnown}); err != nil || closed != 1 || !h.CanDestroy() {
		t.Errorf("%v, %d closed", err, closed)
	}
}

// TestFactsOfAMachine adds what the platform finds out to what sources tell.
func TestFactsOfAMachine(t *testing.T) {
	inodes := &Host{chain: chain{
		sources: []sock.Source{&telling{fields: sock.FieldInode | sock.FieldUID}},
		env:     &sock.Environment{Namespace: namespace(1)},
	}}
	want := sock.FieldInode | sock.FieldUID | sock.FieldUser | sock.FieldNetns | sock.FieldNetnsName | sock.FieldOwners | sock.ProcessFields |
		sock.FieldSocketContext | sock.FieldPlace
	if got := inodes.Fields(); got != want || !inodes.FindsThreads() {
		t.Errorf("with inodes %b, want %b", got, want)
	}
	if got := tellingHost(&telling{fields: sock.FieldLocal}).Fields(); got != sock.FieldLocal|sock.FieldExposure { // of the addresses here
		t.Errorf("without owners %b", got)
	}
}
