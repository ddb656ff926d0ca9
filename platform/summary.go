package platform

import (
	"context"
	"net/netip"
	"slices"

	"sockeye/procnet"
	"sockeye/sock"
)

// Summarize counts the sockets of a listing by protocol, family and state, and reads
// what the kernel keeps of its protocols as a whole: nothing of a recording, and on
// systems other than Linux. No socket is kept. What failed in part is in the
// snapshot of the listing.
func Summarize(l *Listing) (*sock.Summary, error) {
	s := &sock.Summary{}
	last := -1 // place of the protocol of the socket before
	for socket, err := range l.Sockets {
		if err != nil {
			return nil, err
		}
		if last < 0 || s.Tables[last].Protocol != socket.Protocol {
			last = slices.IndexFunc(s.Tables, func(c sock.TableCount) bool { return c.Protocol == socket.Protocol })
		}
		if last < 0 {
			s.Tables = append(s.Tables, sock.TableCount{Protocol: socket.Protocol})
			last = len(s.Tables) - 1
		}
		s.Tables[last].Count(socket)
	}
	s.KernelSummary, _ = l.Kernel()
	return s, nil
}

// Kernel reads what the kernel keeps now of the protocols of a listing as a whole, and
// reports whether it keeps any: not of a recording, and not on systems other than Linux.
// What failed in part is in the snapshot of the listing.
func (l *Listing) Kernel() (k sock.KernelSummary, kept bool) {
	if l.chain == nil || l.chain.env.Proc == "" {
		return k, false
	}
	return l.kernelIn(l.chain.env), true
}

func (l *Listing) kernelIn(env *sock.Environment) sock.KernelSummary {
	k, failures := procnet.ReadKernel(env, l.request.Query.Protocols)
	for _, f := range failures {
		l.report(f)
	}
	return k
}

// SpaceKernel is what the kernel keeps of a network namespace.
type SpaceKernel struct {
	Netns sock.Netns
	sock.KernelSummary
	// AutoPorts are the first and last port that the kernel takes for a connection
	// there; 0: not known.
	AutoPorts [2]uint16
	// ReservedPorts are ranges of them that it does not take; nil too if they are not
	// known.
	ReservedPorts [][2]uint16
	// Addresses are those of its interfaces; nil too if they are not known.
	Addresses []netip.Addr
}

// OpenFiles returns how many descriptors a process has, and how many it may have; false
// where that is not told.
func (h *Host) OpenFiles(pid int) (open, most int64, known bool) {
	if h.chain.env.Proc == "" {
		return 0, 0, false
	}
	open, most, err := procnet.At(h.chain.env.Proc).OpenFiles(pid)
	return open, most, err == nil && most >= 0
}

// Translations calls visit for the connections whose addresses are changed on the way
// (NAT), in a network namespace that is listed. The error says why they are not known.
func (h *Host) Translations(ctx context.Context, n sock.Netns, visit func(*sock.Translation)) error {
	env := h.envOf(&sock.Socket{Netns: n, Known: sock.FieldNetns})
	if h.translations == nil || env == nil {
		return sock.ErrUnavailable
	}
	return h.translations(ctx, env, visit)
}

// Exists reports whether a socket of a listing is still there and open. The error is
// [sock.ErrUnavailable] where the system is not asked about a single one.
func (h *Host) Exists(ctx context.Context, s *sock.Socket) (bool, error) {
	if h.exists == nil {
		return false, sock.ErrUnavailable
	}
	return h.exists(ctx, s)
}

// Kernels is [Listing.Kernel] of each network namespace that was listed, with the room
// that there is beside the sockets.
func (l *Listing) Kernels() (all []SpaceKernel) {
	if l.chain == nil || l.chain.env.Proc == "" {
		return nil
	}
	envs := []*sock.Environment{l.chain.env}
	if l.spaces != nil {
		envs = nil
		for _, sp := range l.spaces.now() {
			envs = append(envs, sp.env)
		}
	}
	for _, env := range envs {
		k := SpaceKernel{KernelSummary: l.kernelIn(env), AutoPorts: autoPorts(env)}
		k.ReservedPorts, _ = procnet.ReservedPorts(env)
		room, failures := procnet.ReadRoom(env)
		for _, f := range failures {
			l.report(f)
		}
		k.Usage, k.Counters = append(k.Usage, room.Usage...), append(k.Counters, room.Counters...)
		k.Netns = netnsOf(env)
		addresses, _ := env.Interfaces.Addresses()
		for _, a := range addresses {
			k.Addresses = append(k.Addresses, a.Address)
		}
		all = append(all, k)
	}
	return all
}
