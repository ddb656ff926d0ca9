package tracer

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

// mostSpaces is how many namespaces the kernel looks for: SPACES in bpf/trace.bpf.c.
const mostSpaces = 16

// kernelRule is struct rule of bpf/trace.bpf.c. Addresses are in the order of the
// network, those of IPv4 mapped; ports in that of the machine.
type kernelRule struct {
	Local, LocalMask, Remote, RemoteMask           [16]byte
	LocalFirst, LocalLast, RemoteFirst, RemoteLast uint16
}

// address returns what an address must be under a mask.
func (e End) address() (is, mask [16]byte) {
	if !e.Prefix.IsValid() {
		return is, mask
	}
	prefix := e.Prefix.Masked()
	bits := prefix.Bits()
	if prefix.Addr().Is4() {
		bits += 96
	}
	for i := range bits {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return prefix.Addr().As16(), mask
}

// kernelRules returns what the kernel decides: nothing if there are too many rules.
func kernelRules(rules []Rule) (made [MaxRules]kernelRule, count uint32) {
	if len(rules) > MaxRules {
		return made, 0
	}
	for i, r := range rules {
		k := &made[i]
		k.Local, k.LocalMask = r.Local.address()
		k.Remote, k.RemoteMask = r.Remote.address()
		k.LocalFirst, k.LocalLast = r.Local.First, r.Local.Last
		k.RemoteFirst, k.RemoteLast = r.Remote.First, r.Remote.Last
	}
	return made, uint32(len(rules))
}

// kernelSpaces returns the namespaces that the kernel looks for: none if there are too
// many, or one has a number that the kernel has not.
func kernelSpaces(inodes []uint64) (made [mostSpaces]uint32, count uint32) {
	if len(inodes) > mostSpaces {
		return made, 0
	}
	for i, inode := range inodes {
		if inode == 0 || inode > 1<<32-1 {
			return made, 0
		}
		made[i] = uint32(inode)
	}
	return made, uint32(len(inodes))
}

// kernelStates returns a bit for each state of net/tcp_states.h in a set; 0 is all.
func kernelStates(set sock.StateSet) (bits uint32) {
	if set == 0 {
		return 1<<32 - 1
	}
	for number, state := range states {
		if state != sock.StateUnknown && set.Has(state) {
			bits |= 1 << number
		}
	}
	return bits
}

// used reports whether events are wanted of connections that are in use, so that it
// matters who reads and writes.
func (o *Options) used() bool {
	const before = 1<<sock.Closed | 1<<sock.Listen | 1<<sock.SynSent | 1<<sock.SynReceived
	const until = 1<<sock.Listen | 1<<sock.SynSent | 1<<sock.SynReceived | 1<<sock.Established
	if o.Kinds&^KindsOf(StateChange, SynAckRetransmit) != 0 {
		return true
	}
	return o.Kinds.Has(StateChange) &&
		(o.OldStates == 0 || o.OldStates&^before != 0) && (o.NewStates == 0 || o.NewStates&^until != 0)
}

// matches repeats what the kernel may not have decided, for want of room.
func (o *Options) matches(e *Event) bool {
	if o.Namespaces != nil && !slices.Contains(o.Namespaces, e.Socket.Netns.Inode) {
		return false
	}
	return len(o.Rules) == 0 || slices.ContainsFunc(o.Rules, func(r Rule) bool {
		return r.Local.matches(e.Socket.Local) && r.Remote.matches(e.Socket.Remote)
	})
}

func (e End) matches(a netip.AddrPort) bool {
	if e.Prefix.IsValid() && !e.Prefix.Contains(a.Addr()) {
		return false
	}
	return e.Last == 0 || a.Port() == 0 || a.Port() >= e.First && a.Port() <= e.Last
}
