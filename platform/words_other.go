//go:build !linux

package platform

import (
	"errors"

	"sockeye/sock"
)

// AutoPorts returns zeros: the range is not known here.
func (h *Host) AutoPorts() [2]uint16 { return [2]uint16{} }

// CgroupID returns an error: control groups are Linux's.
func (h *Host) CgroupID(string) (uint64, error) {
	return 0, errors.New("control groups are a thing of Linux")
}

// cgroupNames are Linux's.
type cgroupNames struct{}

func newCgroupNames(*sock.Environment) *cgroupNames { return nil }

func (*cgroupNames) path(uint64) string { return "" }
