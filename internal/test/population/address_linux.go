package population

import (
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

var families = map[int]Family{
	unix.AF_INET: IPv4, unix.AF_INET6: IPv6, unix.AF_UNIX: FamilyUnix,
}

// endpoint returns the address without its zone, or the path of a unix socket.
func endpoint(addr unix.Sockaddr) (netip.AddrPort, string) {
	switch a := addr.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), ""
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port)), ""
	case *unix.SockaddrUnix:
		// x/sys/unix shows the first NUL of an abstract name as '@', and a
		// socket without a name as one whose name is that alone.
		if a.Name == "@" {
			return netip.AddrPort{}, ""
		}
		if strings.HasPrefix(a.Name, "@") {
			return netip.AddrPort{}, "\x00" + a.Name[1:]
		}
		return netip.AddrPort{}, a.Name
	}
	return netip.AddrPort{}, ""
}

// deviceOf returns the name of the bound device, or of the scope.
func (b *builder) deviceOf(fd int, local unix.Sockaddr) string {
	index, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX)
	b.check(err, "SO_BINDTOIFINDEX")
	if a, ok := local.(*unix.SockaddrInet6); ok && index == 0 {
		index = int(a.ZoneId)
	}
	if index == 0 || err != nil {
		return ""
	}
	device, err := net.InterfaceByIndex(index)
	b.check(err, "name of interface %d", index)
	if err != nil {
		return ""
	}
	return device.Name
}

func inet4(addr string, port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: netip.MustParseAddr(addr).As4(), Port: port}
}

// inet6 takes an address with an optional zone, which is a device's name.
func (b *builder) inet6(addr string, port int) *unix.SockaddrInet6 {
	parsed := netip.MustParseAddr(addr)
	sa := &unix.SockaddrInet6{Addr: parsed.As16(), Port: port}
	if zone := parsed.Zone(); zone != "" && b.err == nil {
		device, err := net.InterfaceByName(zone)
		b.check(err, "interface %s", zone)
		if err == nil {
			sa.ZoneId = uint32(device.Index)
		}
	}
	return sa
}

// inet returns the address in the form that the domain takes: an IPv4 address
// becomes v4-mapped for AF_INET6.
func (b *builder) inet(domain int, addr string, port int) unix.Sockaddr {
	if domain == unix.AF_INET {
		return inet4(addr, port)
	}
	return b.inet6(addr, port)
}
