//go:build !linux

package sockdiag

import (
	"fmt"
	"runtime"

	"sockeye/sock"
)

// openWire says politely that there is no such thing here.
func openWire() (wire, error) {
	return nil, fmt.Errorf("%w: %s has no NETLINK_SOCK_DIAG", sock.ErrUnavailable, runtime.GOOS)
}

func openTracking() (wire, error) { return openWire() }

func kernelTellsBound() bool { return false }

func kernelTellsULP() bool { return false }

func openClosings([]uint) (closingWire, error) {
	_, err := openWire()
	return nil, err
}
