//go:build !windows

package iphlpapi

import (
	"context"
	"errors"
	"testing"

	"sockeye/sock"
)

// TestOtherSystems: the source is there, and says politely that it cannot.
func TestOtherSystems(t *testing.T) {
	all, parts, err := list(t, New(), want(sock.AllFields).Only(tcp4))
	if len(all)+len(parts) != 0 || !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("%d rows, %v, %v", len(all), parts, err)
	}
	var call *CallError
	if err := New().Destroy(context.Background(), connection()); !errors.As(err, &call) {
		t.Errorf("close: %v", err)
	}
}
