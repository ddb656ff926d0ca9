package platform

import (
	"fmt"
	"os"
	"path/filepath"

	"sockeye/sock"
)

// AutoPorts returns the range from which the kernel takes the port of a socket
// that does not choose one; zeros if it cannot be read. Each network namespace
// has its own.
func (h *Host) AutoPorts() [2]uint16 { return autoPorts(h.chain.env) }

func autoPorts(env *sock.Environment) [2]uint16 {
	var ports [2]uint16
	err := env.Do(func() error {
		text, err := os.ReadFile(filepath.Join(env.Proc, "sys", "net", "ipv4", "ip_local_port_range"))
		if err == nil {
			_, err = fmt.Sscan(string(text), &ports[0], &ports[1])
		}
		return err
	})
	if err != nil {
		return [2]uint16{}
	}
	return ports
}
