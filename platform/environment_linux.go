package platform

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"sockeye/platform/netns"
	"sockeye/procnet"
	"sockeye/sock"
	"sockeye/sockdiag"
)

// proc is where the proc file system is mounted. It is named here alone: all else
// takes it from the environment.
const proc = "/proc"

// OpenEnvironment returns the environment of a network namespace on this machine,
// by its file, such as /run/netns/blue or /proc/812/ns/net; an empty path is that
// of the calling thread. [Host.Close] closes it, or [sock.Environment.Close].
func OpenEnvironment(namespace string) (*sock.Environment, error) {
	startPoller()
	env := &sock.Environment{Proc: proc, ByteOrder: binary.NativeEndian}
	handle, err := netns.Open(proc, namespace)
	switch {
	case err == nil:
		env.Namespace = handle
	case namespace != "":
		return nil, err
	}
	return withInterfaces(env), nil // without /proc the own namespace has no name
}

// startPoller makes the Go runtime open the two descriptors by which it waits for files,
// before this package holds any: if they are not to be had it ends the program, where
// everything else that cannot be opened is missing from the answer, which says so.
var startPoller = sync.OnceFunc(func() {
	if file, err := os.Open(os.DevNull); err == nil {
		file.Close()
	}
})

// interfaceAddresses returns the addresses of the interfaces in the namespace of the
// calling thread, which is that of an environment, and their names.
func interfaceAddresses(env *sock.Environment) (all []sock.InterfaceAddress, names map[uint32]string, err error) {
	s, err := openRoute()
	if err != nil {
		return nil, nil, err
	}
	defer s.close()
	all, links, err := addressesAndLinks(env, s)
	if err != nil {
		return nil, nil, err
	}
	names = make(map[uint32]string, len(links))
	for index, link := range links {
		names[index] = link.Name
	}
	return all, names, nil
}

// addressesAndLinks asks for the addresses and the interfaces.
func addressesAndLinks(env *sock.Environment, s *routeSocket) ([]sock.InterfaceAddress, map[uint32]sockdiag.Link, error) {
	all, err := dumpOf(s, unix.RTM_GETADDR, sockdiag.InterfaceAddresses)
	if err != nil {
		return nil, nil, err
	}
	links, err := dumpOf(s, unix.RTM_GETLINK, sockdiag.Links)
	if err != nil {
		return nil, nil, err
	}
	spanning := sync.OnceValue(func() sock.ProtocolSet { return spanningVRFs(env.Proc) })
	for i := range all {
		if vrf := links[all[i].Interface].VRF; vrf != 0 {
			all[i].VRF, all[i].Spanning = vrf, spanning()
		}
	}
	return all, links, nil
}

// readNeighbourhood reads what is known of the links of a namespace.
func readNeighbourhood(env *sock.Environment) (n neighbourhood, err error) {
	err = env.Do(func() error {
		s, err := openRoute()
		if err != nil {
			return err
		}
		defer s.close()
		if n.addresses, n.links, err = addressesAndLinks(env, s); err != nil {
			return err
		}
		if n.neighbours, err = dumpOf(s, unix.RTM_GETNEIGH, sockdiag.Neighbours); err != nil {
			return err
		}
		return procnet.VirtualServices(filepath.Join(env.Proc, "thread-self", "net"), func(*sock.Forward) { n.distributes = true })
	})
	return n, err
}

// vrfSettings are the settings of a network namespace by which sockets that are bound to
// no device take what arrives in a VRF.
var vrfSettings = map[string]sock.ProtocolSet{
	"ipv4/tcp_l3mdev_accept": sock.Protocols(sock.TCP, sock.MPTCP, sock.SMC, sock.DCCP),
	"ipv4/udp_l3mdev_accept": sock.Protocols(sock.UDP, sock.UDPLite),
	"ipv4/raw_l3mdev_accept": sock.Protocols(sock.Raw),
	"sctp/l3mdev_accept":     sock.Protocols(sock.SCTP),
}

// spanningVRFs returns the protocols of which they do, in the namespace of the calling
// thread. Where there is no setting they do, as ping sockets, and those of SCTP of older
// kernels.
func spanningVRFs(proc string) sock.ProtocolSet {
	spanning := ^sock.ProtocolSet(0)
	for setting, protocols := range vrfSettings {
		text, err := os.ReadFile(filepath.Join(proc, "sys/net", setting))
		if err == nil && strings.TrimSpace(string(text)) == "0" {
			spanning &^= protocols
		}
	}
	return spanning
}

// openSpace opens a namespace by its file.
func openSpace(path string) (*netns.Handle, error) { return netns.Open(proc, path) }
