//go:build !linux

package sockdiag

import (
	"errors"
	"testing"

	"sockeye/sock"
)

func TestElsewhereItIsUnavailable(t *testing.T) {
	for s, err := range New().Sockets(t.Context(), tcp4()) {
		if s != nil || !errors.Is(err, sock.ErrUnavailable) {
			t.Errorf("%v, %v, want that the table is unavailable", s, err)
		}
	}
}
