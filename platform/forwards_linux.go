package platform

import (
	"context"
	"io/fs"
	"net/netip"
	"path/filepath"

	"sockeye/platform/nat"
	"sockeye/procnet"
	"sockeye/sock"
)

// readForwards returns the wanted ports that the kernel forwards in the namespaces of a
// host, with what stands behind them.
func (h *Host) readForwards(ctx context.Context, want func(*sock.Forward) bool) ([]sock.Forward, error) {
	found := []sock.Forward{}
	behind := newBehindFinder(ctx, h, newPlaces(h.proc))
	for _, env := range h.environments() {
		if env.Tables != "" {
			return nil, fs.ErrPermission // it cannot be entered
		}
		var all []sock.Forward
		err := env.Do(func() error {
			local, err := procnet.LocalAddresses(filepath.Join(env.Proc, "thread-self", "net"))
			if err == nil {
				all, err = nat.Read(env.Proc, local)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			if want(&f) {
				f.Behind = behind.forwarded(&f)
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// environments returns those of the host's namespaces.
func (h *Host) environments() []*sock.Environment {
	if h.spaces == nil {
		return []*sock.Environment{h.chain.env}
	}
	var all []*sock.Environment
	for _, sp := range h.spaces.now() {
		all = append(all, sp.env)
	}
	return all
}

// forwarded returns what stands at the target of a forward, nil if that is not known.
func (b *behindFinder) forwarded(f *sock.Forward) *sock.Behind {
	target, port := f.Target, f.Target.Port()
	if !target.Addr().IsValid() {
		return nil // a listener of this machine, which is listed
	}
	if port == 0 && f.First == f.Last {
		port = f.First
	}
	protocol := f.Protocol
	if protocol == sock.ProtocolUnknown {
		protocol = sock.TCP
	}
	l := lead{target: netip.AddrPortFrom(target.Addr(), port)}
	found := new(sock.Behind)
	b.complete(found, b.within(l, 0, protocol), l, protocol, 0)
	if found.PID == 0 && found.Container == (sock.Container{}) {
		return nil
	}
	found.Target = netip.AddrPort{} // the forward says it
	return found
}
