package platform

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"sockeye/platform/portable"
	"sockeye/procnet"
	"sockeye/sock"
	"sockeye/sockdiag"
)

// Open returns this machine: sock_diag first, /proc/net where the kernel
// refuses or lacks it, owners from the kernel's iterator or /proc/PID/fd. The
// portable source, which knows less and no owners, answers only if it is named.
func Open(o Options) (*Host, error) {
	if o.Source == portableName {
		return openGiven(o, nil, portable.New())
	}
	diag, proc := sockdiag.New(), procnet.New()
	sources, err := pick("--source", o.Source, []sock.Source{diag, proc})
	if err != nil {
		return nil, withBackend(err, portableName)
	}
	finder, err := openFinder(o.Owners, procFinder{fs: proc, threads: o.Threads})
	if err != nil {
		return nil, err
	}
	return &Host{
		chain:   chain{sources: sources, absent: absentTable},
		finder:  finder,
		exists:  diag.Exists,
		dumper:  diag,
		initNS:  proc.InitialPIDNamespace(),
		netns:   currentNetns(),
		ifNames: systemInterfaceName,
	}, nil
}

const portableName = "portable"

// withBackend adds the name of a backend to those that an error names.
func withBackend(err error, name string) error {
	if unknown, ok := errors.AsType[*UnknownBackendError](err); ok {
		unknown.Known = append(unknown.Known, name)
	}
	return err
}

// absentTable reports whether a file of /proc/net is missing while the folder
// is there: the kernel was built without the protocol, or IPv6 is off, and no
// such socket can exist.
func absentTable(err error) bool {
	var table *procnet.TableError
	if !errors.As(err, &table) || !errors.Is(table.Err, fs.ErrNotExist) {
		return false
	}
	_, missing := os.Stat("/proc/net/dev")
	return missing == nil
}

// currentNetns returns the network namespace of the calling thread; none if
// /proc is not there.
func currentNetns() sock.Netns {
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return sock.Netns{}
	}
	return sock.Netns{Inode: st.Ino}
}
