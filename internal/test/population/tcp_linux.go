package population

import (
	"golang.org/x/sys/unix"
)

// tcp makes the listeners and the plain connections.
func (b *builder) tcp() {
	b.tcpListeners()
	b.tcpTwins()
	b.tcpMapped()
	b.tcpLinkLocal()
	b.acceptQueue()
	b.foreignUID()
	b.tcpBound()
}

// listener returns a listening socket. A device or an empty string follows the
// address.
func (b *builder) listener(label string, domain int, addr, device string, backlog int, options ...int) int {
	fd := b.socket(domain, unix.SOCK_STREAM, 0)
	if device != "" {
		b.device(fd, device)
	}
	for i := 0; i+2 < len(options); i += 3 {
		b.option(fd, options[i], options[i+1], options[i+2])
	}
	b.bind(fd, b.inet(domain, addr, 0))
	b.listen(fd, backlog)
	b.note(label, fd, TCP, Listen)
	return fd
}

func (b *builder) tcpListeners() {
	v6only := []int{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1}
	dual := []int{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0}
	b.listener("any IPv4 listener", unix.AF_INET, "0.0.0.0", "", 511)
	b.listener("loopback IPv4 listener", unix.AF_INET, "127.0.0.1", "", 1)
	b.listener("dual-stack listener", unix.AF_INET6, "::", "", 128, dual...)
	b.listener("IPv6-only listener", unix.AF_INET6, "::", "", 64, v6only...)
	b.listener("loopback IPv6 listener", unix.AF_INET6, "::1", "", 4096)
	b.listener("listener bound to lo", unix.AF_INET, "0.0.0.0", "lo", 5)
	b.listener("IPv6 listener bound to a device", unix.AF_INET6, "::", deviceName, 6)
	b.listener("marked listener", unix.AF_INET, "127.0.0.2", "", 7, unix.SOL_SOCKET, unix.SO_MARK, 0x2a)
}

// tcpTwins makes listeners that share one port with SO_REUSEPORT.
func (b *builder) tcpTwins() {
	reuse := []int{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1}
	first := b.listener("SO_REUSEPORT twin", unix.AF_INET, "127.0.0.1", "", 16, reuse...)
	for range 2 {
		fd := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		b.option(fd, reuse[0], reuse[1], reuse[2])
		b.bindLike(fd, first)
		b.listen(fd, 16)
		b.note("SO_REUSEPORT twin", fd, TCP, Listen)
	}
}

// bindLike binds to the address that another socket is bound to.
func (b *builder) bindLike(fd, other int) {
	if b.err != nil {
		return
	}
	addr, err := unix.Getsockname(other)
	b.check(err, "getsockname")
	b.bind(fd, addr)
}

// connection returns both ends of an established connection to the listener.
func (b *builder) connection(domain, listener int, to unix.Sockaddr) (client, server int) {
	client = b.socket(domain, unix.SOCK_STREAM, 0)
	if to == nil {
		b.connectTo(client, listener)
	} else {
		b.connect(client, to)
	}
	return client, b.accept(listener)
}

func (b *builder) portOf(fd int) int {
	if b.err != nil {
		return 0
	}
	addr, err := unix.Getsockname(fd)
	b.check(err, "getsockname")
	local, _ := endpoint(addr)
	return int(local.Port())
}

// tcpMapped makes connections whose IPv6 sockets have IPv4 addresses.
func (b *builder) tcpMapped() {
	listener := b.listener("dual-stack listener of mapped connections", unix.AF_INET6, "::", "", 9,
		unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	port := b.portOf(listener)
	client, server := b.connection(unix.AF_INET6, listener, b.inet(unix.AF_INET6, "127.0.0.1", port))
	b.note("mapped client", client, TCP, Established)
	b.note("mapped server", server, TCP, Established)
	client, server = b.connection(unix.AF_INET, listener, inet4("127.0.0.1", port))
	b.note("IPv4 client of a dual-stack listener", client, TCP, Established)
	b.note("mapped server of an IPv4 client", server, TCP, Established)
	client, server = b.connection(unix.AF_INET6, listener, b.inet6("::1", port))
	b.note("IPv6 client of a dual-stack listener", client, TCP, Established)
	b.note("IPv6 server of a dual-stack listener", server, TCP, Established)
}

func (b *builder) tcpLinkLocal() {
	listener := b.listener("link-local listener", unix.AF_INET6, linkLocalDev, "", 10)
	client, server := b.connection(unix.AF_INET6, listener, nil)
	b.note("link-local client", client, TCP, Established)
	b.note("link-local server", server, TCP, Established)
}

// acceptQueue makes connections that nobody accepted, one with bytes waiting.
func (b *builder) acceptQueue() {
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		listener := b.listener("listener with a queue", domain, loopback[domain], "", 8)
		for i := range 3 {
			client := b.socket(domain, unix.SOCK_STREAM, 0)
			b.connectTo(client, listener)
			b.write(client, i*100+1)
			m := b.note("client in an accept queue", client, TCP, Established)
			b.expect(AcceptQueue, m.Family, Established, m.Remote, m.Local)
		}
	}
}

// foreignUID gives sockets to another user, as a daemon that drops its rights
// has them. The user of a socket is that of its inode, which fchown(2) sets.
func (b *builder) foreignUID() {
	listener := b.listener("listener of another user", unix.AF_INET, "127.0.0.3", "", 3)
	client, server := b.connection(unix.AF_INET, listener, nil)
	b.note("client of another user", client, TCP, Established)
	b.note("server", server, TCP, Established)
	for _, fd := range []int{listener, client} {
		if b.err == nil {
			b.check(unix.Fchown(fd, 65534, -1), "fchown")
		}
	}
}

// tcpBound makes sockets that are bound and do not listen. One that is not even
// bound stands in no table.
func (b *builder) tcpBound() {
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		fd := b.socket(domain, unix.SOCK_STREAM, 0)
		b.bind(fd, b.inet(domain, loopback[domain], 0))
		b.note("bound, not listening", fd, TCP, Bound)
	}
}

var loopback = map[int]string{unix.AF_INET: "127.0.0.1", unix.AF_INET6: "::1"}
