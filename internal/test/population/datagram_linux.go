package population

import (
	"golang.org/x/sys/unix"
)

// datagrams makes UDP, UDP-Lite, raw and ping sockets.
func (b *builder) datagrams() {
	b.datagramsOf(UDP, 0)
	b.udpDevices()
	if b.hasUDPLite() {
		b.datagramsOf(UDPLite, unix.IPPROTO_UDPLITE)
	}
	b.rawSockets()
	b.pingSockets()
}

// hasUDPLite reports whether the kernel still has UDP-Lite.
func (b *builder) hasUDPLite() bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_UDPLITE)
	if err != nil {
		return false
	}
	b.check(unix.Close(fd), "close")
	return true
}

// datagramsOf makes in both families an idle socket, one with bytes waiting,
// and one with a peer.
func (b *builder) datagramsOf(protocol Protocol, number int) {
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		any := map[int]string{unix.AF_INET: "0.0.0.0", unix.AF_INET6: "::"}[domain]
		b.datagram("idle", protocol, domain, number, any)
		queue := b.datagram("bytes waiting", protocol, domain, number, loopback[domain])
		client := b.socket(domain, unix.SOCK_DGRAM, number)
		b.connectTo(client, queue)
		b.write(client, 321)
		b.write(client, 45)
		b.note("with a peer", client, protocol, Established)
	}
	mapped := b.socket(unix.AF_INET6, unix.SOCK_DGRAM, number)
	b.connect(mapped, b.inet(unix.AF_INET6, "127.0.0.1", 9))
	b.note("with a mapped peer", mapped, protocol, Established)
}

func (b *builder) datagram(label string, protocol Protocol, domain, number int, addr string) int {
	fd := b.socket(domain, unix.SOCK_DGRAM, number)
	b.bind(fd, b.inet(domain, addr, 0))
	b.note(label, fd, protocol, Unconnected)
	return fd
}

// udpDevices makes UDP sockets with a device, a scope, twins, IPv6 alone.
func (b *builder) udpDevices() {
	bound := b.socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	b.device(bound, deviceName)
	b.bind(bound, inet4("0.0.0.0", 0))
	b.note("bound to a device", bound, UDP, Unconnected)

	b.datagram("link-local", UDP, unix.AF_INET6, 0, linkLocalDev)

	only := b.socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
	b.option(only, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	b.bind(only, b.inet6("::", 0))
	b.note("IPv6 only", only, UDP, Unconnected)

	var first int
	for i := range 2 {
		fd := b.socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		b.option(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		if i == 0 {
			first = fd
			b.bind(fd, inet4("127.0.0.1", 0))
		} else {
			b.bindLike(fd, first)
		}
		b.note("SO_REUSEPORT twin", fd, UDP, Unconnected)
	}
}

// rawProtocol is for experiments (RFC 3692): nothing sends it, so that no
// packet of the kernel's own ends in the receive queue.
const rawProtocol = 253

func (b *builder) rawSockets() {
	raw := b.socket(unix.AF_INET, unix.SOCK_RAW, rawProtocol)
	b.note("raw", raw, Raw, Unconnected)
	raw6 := b.socket(unix.AF_INET6, unix.SOCK_RAW, rawProtocol)
	b.note("raw IPv6", raw6, Raw, Unconnected)
	icmp := b.socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	b.bind(icmp, inet4("127.0.0.1", 0))
	b.note("raw ICMP, bound", icmp, Raw, Unconnected)
	peer := b.socket(unix.AF_INET, unix.SOCK_RAW, rawProtocol-1)
	b.connect(peer, inet4("127.0.0.5", 0))
	b.note("raw with a peer", peer, Raw, Established)
	if b.err == nil {
		// getpeername(2) gives no peer without a port.
		b.Made[len(b.Made)-1].Remote, _ = endpoint(inet4("127.0.0.5", 0))
	}
}

func (b *builder) pingSockets() {
	if b.err != nil {
		return
	}
	b.check(allowPing(), "allow ping sockets")
	ping := b.socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)
	b.bind(ping, inet4("127.0.0.1", 0))
	b.note("ping", ping, ICMP, Unconnected)
	ping6 := b.socket(unix.AF_INET6, unix.SOCK_DGRAM, unix.IPPROTO_ICMPV6)
	b.bind(ping6, b.inet6("::1", 0))
	b.note("ping IPv6", ping6, ICMP, Unconnected)
}
