package platform

import (
	"fmt"
	"os"
)

// AutoPorts returns the range from which the kernel takes the port of a socket
// that does not choose one; zeros if it cannot be read.
func AutoPorts() [2]uint16 {
	var ports [2]uint16
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return ports
	}
	if _, err := fmt.Sscan(string(text), &ports[0], &ports[1]); err != nil {
		return [2]uint16{}
	}
	return ports
}
