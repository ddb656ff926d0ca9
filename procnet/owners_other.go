//go:build !linux

package procnet

import (
	"context"
	"errors"
	"fmt"

	"sockeye/sock"
)

// Owners is Linux's alone. Elsewhere its error wraps [sock.ErrUnavailable].
func (fs FS) Owners(context.Context, OwnerQuery) (*OwnerIndex, error) {
	return nil, fmt.Errorf("owners in %s: %w: %w", fs.root, sock.ErrUnavailable, errors.ErrUnsupported)
}

// Refusals is Linux's alone. Elsewhere its error wraps [sock.ErrUnavailable].
func (fs FS) Refusals(context.Context) (int, error) {
	return 0, fmt.Errorf("processes in %s: %w: %w", fs.root, sock.ErrUnavailable, errors.ErrUnsupported)
}

// Foreign is nil: what other systems have is a copy.
func (FS) Foreign() error { return nil }
