package filter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"sockeye/sock"
)

// Env is what the words of a filter may mean on this system. Every member may
// be nil or zero.
type Env struct {
	// LookupHost returns all addresses of a DNS name; nil asks the resolver of
	// package net. It is called only for a name that stands in the filter.
	LookupHost func(ctx context.Context, name string) ([]netip.Addr, error)
	// LookupPort returns every port of a service name, whatever the transport;
	// nil asks package net, which reads the services file.
	LookupPort func(name string) ([]uint16, error)
	// InterfaceIndex returns the index of a network interface. An error makes
	// the filter wrong; [fs.ErrNotExist] says that there is none. Index 0 without an error says that it is not known
	// here, as for sockets of another machine, and then names are compared.
	// Nil asks for no index.
	InterfaceIndex func(name string) (uint32, error)
	// CgroupID returns the number of a cgroup, as sockets have it. The path is
	// the one in the hierarchy, with a slash in front and none at its end; the
	// root is a slash. Errors are those of InterfaceIndex. ID 0 without an error
	// says that it is not known here, and then paths are compared, as they are if
	// this is nil.
	CgroupID func(path string) (uint64, error)
	// AutoPorts returns the first and the last port that the system gives to a
	// socket that does not choose one (net.ipv4.ip_local_port_range); zeros, or
	// nil, are the dynamic range of RFC 6335.
	AutoPorts func() [2]uint16
	// DefaultFamily restricts the addresses of names that have no family in
	// front, as -4 and -6 do; [sock.FamilyUnknown] takes all.
	DefaultFamily sock.Family
	// Now is the time that ages are counted from, asked whenever a socket is
	// matched; nil is [time.Now]. Its zone is the zone of dates without one.
	Now func() time.Time
}

// lookupLimit is how long all the names of one filter may take together.
const lookupLimit = 5 * time.Second

// resolver asks the environment, each name once.
type resolver struct {
	env   Env
	until time.Time
	hosts map[string][]netip.Addr
	ports map[string][]uint16
}

func newResolver(env Env) *resolver {
	if env.Now == nil {
		env.Now = time.Now
	}
	return &resolver{env: env}
}

// autoPorts returns the range of ports of sockets that do not choose one.
func (r *resolver) autoPorts() [2]uint16 {
	if r.env.AutoPorts != nil {
		if ports := r.env.AutoPorts(); ports != [2]uint16{} {
			return ports
		}
	}
	return [2]uint16{49152, 65535} // RFC 6335 section 6
}

// deadline returns a context that ends when all look-ups of the filter must.
func (r *resolver) deadline() (context.Context, context.CancelFunc) {
	if r.until.IsZero() {
		r.until = time.Now().Add(lookupLimit)
	}
	return context.WithDeadline(context.Background(), r.until)
}

// host returns the addresses of a name, sorted, IPv4 never mapped.
func (r *resolver) host(name string) ([]netip.Addr, error) {
	if addrs, ok := r.hosts[name]; ok {
		return addrs, nil
	}
	ctx, cancel := r.deadline()
	defer cancel()
	look := r.env.LookupHost
	if look == nil {
		look = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		}
	}
	found, err := look(ctx, name)
	if err != nil {
		return nil, err
	}
	addrs := make([]netip.Addr, 0, len(found))
	for _, a := range found {
		addrs = append(addrs, a.Unmap().WithZone(""))
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	addrs = slices.Compact(addrs)
	if r.hosts == nil {
		r.hosts = make(map[string][]netip.Addr)
	}
	r.hosts[name] = addrs
	return addrs, nil
}

// plainLookupError takes the name of the resolver and of the host, which the
// message has already, from an error of package net.
func plainLookupError(err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return errors.New(dns.Err)
	}
	return err
}

// port returns the ports of a service, sorted.
func (r *resolver) port(name string) ([]uint16, error) {
	if ports, ok := r.ports[name]; ok {
		return ports, nil
	}
	look := r.env.LookupPort
	if look == nil {
		look = r.servicePorts
	}
	found, err := look(name)
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("%s is neither a port nor a known service", short(name))
	}
	ports := slices.Clone(found)
	slices.Sort(ports)
	ports = slices.Compact(ports)
	if r.ports == nil {
		r.ports = make(map[string][]uint16)
	}
	r.ports[name] = ports
	return ports, nil
}

func (r *resolver) servicePorts(name string) ([]uint16, error) {
	ctx, cancel := r.deadline()
	defer cancel()
	var ports []uint16
	for _, network := range [...]string{"tcp", "udp"} {
		if p, err := net.DefaultResolver.LookupPort(ctx, network, name); err == nil {
			ports = append(ports, uint16(p))
		}
	}
	return ports, nil
}
