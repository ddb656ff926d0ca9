package platform

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// exposed returns what else to ask for where it is wanted at which addresses others
// reach what listens.
func exposed(want sock.Field) sock.Field {
	if want&sock.FieldExposure == 0 {
		return want
	}
	return want | sock.FieldLocal | sock.FieldInterface | sock.FieldV6Only
}

// exposures tell at which addresses of an environment others reach what listens.
type exposures struct {
	interfaces *sock.Interfaces
	// families are those that are wanted of sockets that take both.
	families sock.FamilySet
	report   func(*sock.Partial)
	made     map[reach]exposure // of what is bound in the same way
}

// reach is how a socket is bound.
type reach struct {
	address  netip.Addr
	families sock.FamilySet // that it takes
	device   uint32         // 0: none
	name     string         // of the device
	protocol sock.Protocol
	// forwarded: it is no socket, but what becomes of packets before one sees them.
	forwarded bool
}

type exposure struct {
	scope sock.Scope
	on    []netip.Addr
}

// loopbackIndex is that of lo, in every network namespace: LOOPBACK_IFINDEX of the
// kernel's include/net/flow.h.
const loopbackIndex = 1

// exposures are those of a listing, in the environment of these interfaces.
func (l *Listing) exposures(interfaces *sock.Interfaces) *exposures {
	families := l.request.Exposed
	if families == 0 {
		families = sock.Families(sock.IPv4, sock.IPv6)
	}
	return &exposures{interfaces: interfaces, families: families, report: l.report}
}

// in returns the exposures of another environment.
func (e *exposures) in(env *sock.Environment) *exposures {
	if e == nil {
		return nil
	}
	return &exposures{interfaces: env.Interfaces, families: e.families, report: e.report}
}

// add tells of a socket that listens where it is reached. What a file tells already
// stays.
func (e *exposures) add(s *sock.Socket) {
	if !s.Listening() || !s.Protocol.Inet() || !s.Knows(sock.FieldLocal) || !s.Local.Addr().IsValid() || s.Knows(sock.FieldExposure) {
		return
	}
	r := reachOf(s)
	if r.families &= e.families; r.families == 0 {
		return
	}
	found := e.once(r)
	s.Exposure, s.ExposedOn = found.scope, found.on
	s.Known |= sock.FieldExposure
}

// once finds out what is the same for all that is bound in a way.
func (e *exposures) once(r reach) exposure {
	found, known := e.made[r]
	if !known {
		found = e.of(r)
		if e.made == nil {
			e.made = map[reach]exposure{}
		}
		e.made[r] = found
	}
	return found
}

// reachOf returns how a socket is bound. One of IPv6 that is bound to every address
// takes IPv4 too unless it is known not to (v6only); raw ones never do.
func reachOf(s *sock.Socket) reach {
	r := reach{address: s.Local.Addr(), families: sock.Families(sock.IPv6), protocol: s.Protocol}
	if s.Knows(sock.FieldInterface) {
		r.device, r.name = s.IfIndex, s.Interface
	}
	raw := s.Protocol == sock.Raw || s.Protocol == sock.ICMP
	switch {
	case r.address.Is4():
		r.families = sock.Families(sock.IPv4)
	case r.address.IsUnspecified() && !raw && !(s.Knows(sock.FieldV6Only) && s.V6Only):
		r.families |= sock.Families(sock.IPv4)
	}
	return r
}

func (e *exposures) of(r reach) exposure {
	switch {
	case r.device == loopbackIndex:
		return exposure{scope: sock.ScopeLoopback}
	case r.address.IsUnspecified():
		return e.everywhere(r)
	}
	scope := sock.ScopeOf(r.address)
	if scope == sock.ScopeLoopback {
		return exposure{scope: scope}
	}
	return exposure{scope, []netip.Addr{zoned(r.address, r.device, r.name)}}
}

// everywhere is what a socket that is bound to every address is reached at: the
// addresses of the device that it is bound to, of a VRF those of its members too, else
// of all that are in no VRF.
func (e *exposures) everywhere(r reach) exposure {
	addresses, err := e.interfaces.Addresses()
	if err != nil {
		e.report(&sock.Partial{Code: sock.CodeUnavailable, Incomplete: true, Err: err,
			Message: "it is not known which addresses 0.0.0.0 and :: stand for"})
		return exposure{scope: sock.ScopeAll}
	}
	var on []netip.Addr
	found := false
	for _, a := range addresses {
		family := sock.Families(sock.IPv6)
		if a.Address.Is4() {
			family = sock.Families(sock.IPv4)
		}
		if r.families&family == 0 || !r.takes(a) {
			continue
		}
		found = true
		if sock.ScopeOf(a.Address) != sock.ScopeLoopback {
			name := ""
			if linkLocal(a.Address) {
				name = e.interfaces.Name(a.Interface)
			}
			on = append(on, zoned(a.Address, a.Interface, name))
		}
	}
	switch {
	case len(on) > 0:
	case r.device != 0 && !found:
		// It takes what arrives there for addresses of others: of a device that
		// forwards for a whole VRF, or on a link without addresses.
		return exposure{scope: sock.ScopeAll}
	default:
		return exposure{scope: sock.ScopeLoopback}
	}
	slices.SortFunc(on, func(a, b netip.Addr) int {
		return cmp.Or(cmp.Compare(sock.ScopeOf(a), sock.ScopeOf(b)), a.Compare(b))
	})
	on = slices.Compact(on)
	return exposure{sock.ScopeOf(on[0]), on}
}

// takes reports whether what is sent to an address reaches the sockets as far as devices
// decide (inet_sk_bound_dev_eq of the kernel's net/inet_sock.h).
func (r reach) takes(a sock.InterfaceAddress) bool {
	switch {
	case r.forwarded:
		return true
	case r.device != 0:
		return r.device == a.Interface || r.device == a.VRF
	}
	return a.VRF == 0 || a.Spanning.Has(r.protocol)
}

// linkLocal reports whether an address of IPv6 is one of several links alike.
func linkLocal(a netip.Addr) bool {
	return a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast())
}

// zoned returns a link-local address with its interface as zone: its name, or its
// index if the name has characters that mean something elsewhere.
func zoned(a netip.Addr, device uint32, name string) netip.Addr {
	switch {
	case device == 0 || !linkLocal(a):
		return a
	case name == "" || !fact.PlainZone(name):
		name = strconv.FormatUint(uint64(device), 10)
	}
	return a.WithZone(name)
}

// exposes reports whether a socket is one that the request asks for: with Exposed what
// is reached from beyond the loopback.
func (r *Request) exposes(s *sock.Socket) bool {
	return r.Exposed == 0 || s.Knows(sock.FieldExposure) && s.Exposure != sock.ScopeLoopback
}
