package platform

import (
	"encoding/binary"
	"errors"
	"syscall"

	"sockeye/platform/netns"
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

// addressDumps is how often the addresses are asked for while they change.
const addressDumps = 5

// interfaceAddresses returns the addresses of the interfaces in the namespace of the
// calling thread.
func interfaceAddresses() (all []sock.InterfaceAddress, err error) {
	for range addressDumps {
		var dump []byte
		if dump, err = syscall.NetlinkRIB(syscall.RTM_GETADDR, syscall.AF_UNSPEC); err != nil {
			return nil, err
		}
		if all, err = sockdiag.InterfaceAddresses(dump); !errors.Is(err, sockdiag.ErrInterrupted) {
			break
		}
	}
	return all, err
}

// openSpace opens a namespace by its file.
func openSpace(path string) (*netns.Handle, error) { return netns.Open(proc, path) }
