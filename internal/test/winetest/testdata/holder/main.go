// Holder makes sockets of several kinds and states, says on standard output
// what it made, as JSON, and holds them until standard input ends.
//go:build windows

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
)

// Made is one socket, as the program that made it knows it.
type Made struct {
	Protocol, Family, State string
	Local, Remote           netip.AddrPort
	PID                     int
}

type holder struct {
	made []Made
	keep []io.Closer
}

func main() {
	var h holder
	if err := h.fill(); err != nil {
		fmt.Fprintln(os.Stderr, "holder:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(h.made); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, c := range h.keep {
		c.Close()
	}
}

func (h *holder) fill() error {
	for _, at := range []struct{ network, address, family, dial string }{
		{"tcp4", "127.0.0.1:0", "ipv4", "127.0.0.1"},
		{"tcp6", "[::1]:0", "ipv6", "::1"},
		// IPv4 traffic of an IPv6 socket, which Wine 8 lists as IPv6 throughout.
		// Windows has not been seen to.
		{"tcp", "[::]:0", "ipv6", "127.0.0.1"},
	} {
		if err := h.tcp(at.network, at.address, at.family, at.dial); err != nil {
			return err
		}
	}
	for _, at := range []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()} {
		local, err := bindUDP(at)
		if err != nil {
			return err
		}
		h.made = append(h.made, Made{Protocol: "udp", Family: family(at), State: "UNCONNECTED", Local: local, PID: os.Getpid()})
	}
	return nil
}

// tcp makes a listener and connections to it: one that carries traffic, and one
// that is half closed.
func (h *holder) tcp(network, at, serverFamily, dial string) error {
	l, err := net.Listen(network, at)
	if err != nil {
		return err
	}
	h.note(serverFamily, "LISTEN", l.Addr(), nil)
	h.keep = append(h.keep, l)
	address := netip.MustParseAddr(dial)
	to := netip.AddrPortFrom(address, l.Addr().(*net.TCPAddr).AddrPort().Port()).String()
	clientFamily := family(address)
	for _, states := range [][2]string{
		{"ESTABLISHED", "ESTABLISHED"}, {"FIN_WAIT_2", "CLOSE_WAIT"},
	} {
		client, server, err := pair(l, to)
		if err != nil {
			return err
		}
		switch states[0] {
		case "ESTABLISHED":
			_, err = client.Write([]byte("hello"))
		case "FIN_WAIT_2":
			err = client.(*net.TCPConn).CloseWrite()
		}
		if err != nil {
			return err
		}
		h.note(clientFamily, states[0], client.LocalAddr(), client.RemoteAddr())
		h.note(serverFamily, states[1], server.LocalAddr(), server.RemoteAddr())
		h.keep = append(h.keep, client, server)
	}
	return nil
}

func pair(l net.Listener, to string) (client, server net.Conn, err error) {
	if client, err = net.Dial("tcp", to); err != nil {
		return nil, nil, err
	}
	server, err = l.Accept()
	return client, server, err
}

func (h *holder) note(family, state string, local, remote net.Addr) {
	m := Made{Protocol: "tcp", Family: family, State: state, Local: end(local), PID: os.Getpid()}
	if remote != nil {
		m.Remote = end(remote)
	}
	h.made = append(h.made, m)
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "ipv4"
	}
	return "ipv6"
}

func end(a net.Addr) netip.AddrPort {
	at := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}
