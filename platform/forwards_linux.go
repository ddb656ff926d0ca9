package platform

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"sockeye/platform/nat"
	"sockeye/procnet"
	"sockeye/sock"
)

// readForwards returns the ports that the kernel forwards in the namespaces of a host and
// that are wanted there, with what stands behind them. The error says that there may be
// more.
func (h *Host) readForwards(ctx context.Context, wantedIn func(*sock.Environment) func(*sock.Forward) bool) (found []sock.Forward, failed error) {
	var programs []string // that may forward more
	for _, env := range h.environments() {
		all, steering, err := forwardsOf(env, wantedIn(env))
		env.Interfaces.Forget()
		found, failed = append(found, all...), cmp.Or(failed, err)
		for _, name := range steering {
			programs = addNew(programs, name)
		}
	}
	if group, err := mountedCgroups(h.chain.env); err == nil {
		programs = append(programs, nat.ConnectPrograms(group)...)
	}
	if failed == nil && programs != nil {
		failed = fmt.Errorf("programs of eBPF may redirect connections: %s", strings.Join(programs, ", "))
	}
	behind := newBehindFinder(ctx, h, newPlaces(h.proc))
	for i := range found {
		found[i].Behind = behind.forwarded(&found[i])
	}
	if found == nil && failed == nil {
		found = []sock.Forward{} // none, and that is known
	}
	return found, failed
}

// forwardsOf returns the wanted ports that are forwarded in an environment: by the virtual
// services of IPVS, which everybody may read, and by the rules of NAT; and names the
// programs that may forward others.
func forwardsOf(env *sock.Environment, want func(*sock.Forward) bool) (found []sock.Forward, programs []string, err error) {
	if env.Tables != "" { // it cannot be entered
		local, err := procnet.LocalAddresses(env.Tables)
		if err == nil {
			found, err = virtualServices(env.Tables, local, want)
		}
		return found, nil, cmp.Or(err, fs.ErrPermission)
	}
	err = env.Do(func() error {
		tables := filepath.Join(env.Proc, "thread-self", "net")
		local, err := procnet.LocalAddresses(tables)
		if err != nil {
			return err
		}
		found, err = virtualServices(tables, local, want)
		rules, failed := nat.Read(env.Proc, local)
		programs = nat.LookupPrograms(env.Proc)
		for i := range rules {
			if want(&rules[i]) {
				found = append(found, rules[i])
			}
		}
		return cmp.Or(failed, err)
	})
	return found, programs, err
}

// virtualServices returns the wanted ones at the addresses of a namespace.
func virtualServices(tables string, local []netip.Addr, want func(*sock.Forward) bool) (found []sock.Forward, err error) {
	err = procnet.VirtualServices(tables, func(f *sock.Forward) {
		if want(f) && (!f.Address.IsValid() || slices.Contains(local, f.Address.Addr())) {
			found = append(found, *f)
		}
	})
	return found, err
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
	if target.Port() == 0 && f.First != f.Last {
		found.PID, found.Process = 0, "" // it may listen on another port
	}
	if found.PID == 0 && found.Container == (sock.Container{}) {
		return nil
	}
	found.Target = netip.AddrPort{} // the forward says it
	return found
}
