package population

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// The devices of the parity population: a pair of virtual Ethernet ends. What
// is sent to silentPeer leaves by one end, arrives at the other under a
// hardware address that is nobody's, and is dropped: a handshake that is never
// answered.
const (
	deviceName   = "sockeye0"
	devicePeer   = "sockeye1"
	deviceAddr   = "10.77.0.1"
	silentPeer   = "10.77.0.2"
	linkLocal    = "fe80::77"
	linkLocalDev = linkLocal + "%" + deviceName
)

var deviceCommands = []string{
	"link add " + deviceName + " type veth peer name " + devicePeer,
	"link set " + deviceName + " addrgenmode none",
	"link set " + devicePeer + " addrgenmode none",
	"link set " + deviceName + " up",
	"link set " + devicePeer + " up",
	"addr add " + deviceAddr + "/24 dev " + deviceName,
	// Without nodad the address cannot be bound for a second or two.
	"-6 addr add " + linkLocal + "/64 dev " + deviceName + " nodad",
	"neigh replace " + silentPeer + " lladdr 02:00:00:00:00:99 dev " + deviceName + " nud permanent",
}

// makeDevices makes the devices with ip(8) of iproute2.
func makeDevices() error {
	for _, line := range deviceCommands {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// allowPing lets every group open ping sockets: icmp(7), ping_group_range.
func allowPing() error {
	return os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647\n"), 0o644)
}
