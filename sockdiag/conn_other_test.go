//go:build !linux

package sockdiag

import (
	"errors"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

func TestElsewhereItIsUnavailable(t *testing.T) {
	for s, err := range socktest.Rows(t.Context(), New(), here, tcp4()) {
		if s != nil || !errors.Is(err, sock.ErrUnavailable) {
			t.Errorf("%v, %v, want that the table is unavailable", s, err)
		}
	}
}
