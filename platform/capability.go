package platform

import (
	"context"
	"errors"
	"runtime"

	"sockeye/procnet"
	"sockeye/sock"
)

// systemNames are the names by which people know the systems.
var systemNames = map[string]string{
	"linux": "Linux", "windows": "Windows", "darwin": "macOS",
	"freebsd": "FreeBSD", "openbsd": "OpenBSD", "netbsd": "NetBSD", "dragonfly": "DragonFly BSD",
	"solaris": "Solaris", "illumos": "illumos", "aix": "AIX", "android": "Android",
}

// SystemName returns the name of this system, such as "macOS".
func SystemName() string {
	if name, ok := systemNames[runtime.GOOS]; ok {
		return name
	}
	return runtime.GOOS
}

// Fields returns the facts that a listing of this host can hold, of some
// protocol at least. A listing never knows more.
func (h *Host) Fields() sock.Field {
	var fields sock.Field
	for p := range h.Protocols().All {
		fields |= h.fieldsOf(p)
	}
	return fields
}

// fieldsOf returns what the sources tell of a protocol, and what is found out by it.
func (h *Host) fieldsOf(p sock.Protocol) sock.Field {
	var fields sock.Field
	for _, src := range h.chain.sources {
		fields |= src.Fields(p)
	}
	if fields == 0 {
		return 0
	}
	return derived(fields, h.chain.env.Namespace != nil)
}

// HasLabels reports whether a security module labels the processes here.
func (h *Host) HasLabels() bool {
	return h.chain.env.Proc != "" && procnet.At(h.chain.env.Proc).HasLabels()
}

// ListsPeers reports whether it is told whom the sockets of a protocol are
// connected to.
func (h *Host) ListsPeers(p sock.Protocol) bool { return h.fieldsOf(p).Has(sock.FieldRemote) }

// ListsBound reports whether TCP sockets that are bound, and neither listen nor
// connect, can be listed.
func (h *Host) ListsBound() bool {
	for _, src := range h.chain.sources {
		if src.States(sock.TCP).Has(sock.Bound) {
			return true
		}
	}
	return false
}

// FindsThreads reports whether owners in single threads can be found.
func (h *Host) FindsThreads() bool { return !h.givesOwners() }

// CanDestroy reports whether [Host.Destroy] can close sockets at all.
func (h *Host) CanDestroy() bool { return h.destroy != nil }

// MayDestroy reports whether sockets can be closed here, and this process may.
func (h *Host) MayDestroy() bool {
	return h.CanDestroy() && (h.mayDestroy == nil || h.mayDestroy())
}

// ErrKernelSocket is returned by [Host.Destroy] for a socket that the kernel itself
// holds, or may hold: a file system or a driver that loses it may take the system
// along.
var ErrKernelSocket = errors.New("the kernel itself may hold it")

// Destroy closes a socket from outside of its process; its peer gets a reset. The
// socket must know its owners. The error of one that cannot be closed says why.
func (h *Host) Destroy(ctx context.Context, s *sock.Socket) error {
	if s.OwnerStatus == sock.OwnerKernel || s.OwnerStatus == sock.OwnerNoDescriptor {
		return ErrKernelSocket
	}
	return h.destroy(ctx, s)
}

// CanDump reports whether [Host.Dump] can write raw dumps.
func (h *Host) CanDump() bool { return h.dumps.write != nil }

// givesOwners reports whether owners are those that the sources tell, because
// none tells the inodes by which to search them.
func (h *Host) givesOwners() bool {
	for _, src := range h.chain.sources {
		if src.Fields(sock.TCP).Has(sock.FieldInode) {
			return false
		}
	}
	return len(h.chain.sources) > 0
}

// ownersTold returns the name of the source that tells owners; none if none does.
func (h *Host) ownersTold() (string, bool) {
	for _, src := range h.chain.sources {
		if src.Fields(sock.TCP).Has(sock.FieldOwners) {
			return src.Name(), true
		}
	}
	return "", false
}
