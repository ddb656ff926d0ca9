//go:build !linux

package platform

import (
	"errors"

	"sockeye/sock"
)

// OpenNamespace fails: network namespaces are Linux's.
func OpenNamespace(string) (*sock.Environment, error) {
	return nil, errors.New("there are no network namespaces on " + SystemName())
}
