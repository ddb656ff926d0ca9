//go:build !linux

package platform

import (
	"fmt"

	"sockeye/sock"
)

// OpenEnvironment returns the environment of this machine. Network namespaces are
// Linux's: a path is an error.
func OpenEnvironment(namespace string) (*sock.Environment, error) {
	if namespace != "" {
		return nil, fmt.Errorf("network namespaces are a thing of Linux, not of %s", SystemName())
	}
	return withInterfaces(&sock.Environment{}), nil
}
