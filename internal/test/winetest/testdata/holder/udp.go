//go:build windows

package main

import (
	"net/netip"

	"golang.org/x/sys/windows"
)

// bindUDP binds a datagram socket, which stays until the process ends, to an
// unused port. Package net would want an ioctl of newer systems
// (SIO_UDP_NETRESET) that Wine does not have.
func bindUDP(at netip.Addr) (netip.AddrPort, error) {
	domain, name := windows.AF_INET, windows.Sockaddr(&windows.SockaddrInet4{Addr: [4]byte(at.AsSlice()[:4])})
	if at.Is6() {
		domain, name = windows.AF_INET6, &windows.SockaddrInet6{Addr: at.As16()}
	}
	s, err := windows.Socket(domain, windows.SOCK_DGRAM, windows.IPPROTO_UDP)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if err := windows.Bind(s, name); err != nil {
		return netip.AddrPort{}, err
	}
	bound, err := windows.Getsockname(s)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch a := bound.(type) {
	case *windows.SockaddrInet4:
		return netip.AddrPortFrom(at, uint16(a.Port)), nil
	case *windows.SockaddrInet6:
		return netip.AddrPortFrom(at, uint16(a.Port)), nil
	}
	return netip.AddrPort{}, windows.WSAEAFNOSUPPORT
}
