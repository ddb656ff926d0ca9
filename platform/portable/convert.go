package portable

import (
	"fmt"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/shirou/gopsutil/v3/net"

	"sockeye/sock"
)

// row is one connection in the project's words, but for its owner.
type row struct {
	table         sock.Table
	state         sock.State
	local, remote netip.AddrPort
	scope         scope
}

// scope is the interface of a link-local address: its index or its name.
type scope struct {
	index uint32
	name  string
}

// convert reads a connection. The error says what of it means nothing.
func (t traits) convert(c *net.ConnectionStat) (row, error) {
	var r row
	switch c.Family {
	case syscall.AF_INET:
		r.table.Family = sock.IPv4
	case syscall.AF_INET6:
		r.table.Family = sock.IPv6
	default:
		return r, fmt.Errorf("address family %d", c.Family)
	}
	switch c.Type {
	case syscall.SOCK_STREAM:
		r.table.Protocol = sock.TCP
	case syscall.SOCK_DGRAM:
		r.table.Protocol = sock.UDP
	default:
		return r, fmt.Errorf("socket type %d", c.Type)
	}
	var err error
	if r.local, r.scope, err = t.end(c.Laddr, r.table.Family); err != nil {
		return r, err
	}
	if r.table.Protocol == sock.UDP && !t.peers {
		r.state = sock.Unconnected
		return r, nil
	}
	remote, remoteScope, err := t.peer(c.Raddr, r.table.Family)
	if err != nil {
		return r, err
	}
	r.state = stateOf(r.table.Protocol, c.Status, remote.IsValid())
	if r.state != sock.Listen {
		r.remote = remote
		if r.scope == (scope{}) {
			r.scope = remoteScope
		}
	}
	return r, nil
}

// stateOf reads what is told as the status: the names of lsof, of netstat
// and its own, and nothing or NONE for datagram sockets. Those have a state here
// by their peer.
func stateOf(p sock.Protocol, status string, peer bool) sock.State {
	if p == sock.UDP {
		if peer {
			return sock.Established
		}
		return sock.Unconnected
	}
	if status == "DELETE" { // Windows: DELETE_TCB
		return sock.Closed
	}
	state, _ := sock.ParseState(status)
	return state
}

// peer is end for the remote side: no peer is nothing, or an unspecified
// address without a port.
func (t traits) peer(a net.Addr, f sock.Family) (netip.AddrPort, scope, error) {
	if a.IP == "" && a.Port == 0 {
		return netip.AddrPort{}, scope{}, nil
	}
	end, sc, err := t.end(a, f)
	if err == nil && end.Port() == 0 && end.Addr().IsUnspecified() {
		return netip.AddrPort{}, scope{}, nil
	}
	return end, sc, err
}

// end reads an address, its scope and its port.
func (t traits) end(a net.Addr, f sock.Family) (netip.AddrPort, scope, error) {
	if a.Port > 0xffff {
		return netip.AddrPort{}, scope{}, fmt.Errorf("port %d", a.Port)
	}
	if a.IP == "*" || a.IP == "" {
		any := netip.IPv4Unspecified()
		if f == sock.IPv6 {
			any = netip.IPv6Unspecified()
		}
		return netip.AddrPortFrom(any, uint16(a.Port)), scope{}, nil
	}
	addr, err := netip.ParseAddr(a.IP)
	if err != nil || f == sock.IPv4 && !addr.Is4() {
		return netip.AddrPort{}, scope{}, fmt.Errorf("%s address %q", f, a.IP)
	}
	addr, sc := t.split(addr)
	return netip.AddrPortFrom(addr.Unmap(), uint16(a.Port)), sc, nil
}

// split takes the scope out of an address, where one can be.
func (t traits) split(addr netip.Addr) (netip.Addr, scope) {
	var sc scope
	if zone := addr.Zone(); zone != "" {
		addr = addr.WithZone("")
		if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
			sc.index = uint32(n)
		} else {
			sc.name = zone
		}
	}
	if t.embedded && addr.Is6() && addr.IsLinkLocalUnicast() {
		b := addr.As16()
		if index := uint32(b[2])<<8 | uint32(b[3]); index != 0 {
			sc.index = index
			b[2], b[3] = 0, 0
			addr = netip.AddrFrom16(b)
		}
	}
	if !t.scopes {
		return addr, scope{}
	}
	return addr, sc
}
