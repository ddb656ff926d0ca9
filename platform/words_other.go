//go:build !linux

package platform

import "errors"

// AutoPorts returns zeros: the range is not known here.
func AutoPorts() [2]uint16 { return [2]uint16{} }

// CgroupID returns an error: control groups are Linux's.
func CgroupID(string) (uint64, error) {
	return 0, errors.New("control groups are a thing of Linux")
}
