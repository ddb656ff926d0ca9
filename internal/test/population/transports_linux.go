package population

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// Transports makes sockets of the transport protocols that not every kernel has, as far
// as this one has them. It needs namespaces of [Isolate] and ip(8).
func Transports() (*Set, error) {
	b := &builder{Set: &Set{}}
	b.mptcp()
	b.sctp()
	b.dccp()
	b.smc()
	b.tipc()
	if b.err != nil {
		return nil, errors.Join(b.err, b.Close())
	}
	return b.Set, nil
}

// has reports whether the kernel makes such sockets.
func (b *builder) has(domain, typ, protocol int) bool {
	fd, err := unix.Socket(domain, typ|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return false
	}
	b.check(unix.Close(fd), "close")
	return true
}

// secondSubflow is the address from which a second subflow comes.
const secondSubflow = "10.78.0.2"

var mptcpCommands = []string{
	"mptcp limits set subflow 2 add_addr_accepted 2",
	"addr add " + secondSubflow + "/32 dev lo",
	"mptcp endpoint add " + secondSubflow + " dev lo subflow",
}

const ipprotoMPTCP = 262

// mptcp makes listeners, a connection of two subflows through which bytes went both
// ways, of which some wait, and one that is not accepted.
func (b *builder) mptcp() {
	if !b.has(unix.AF_INET, unix.SOCK_STREAM, ipprotoMPTCP) {
		return
	}
	for _, line := range mptcpCommands {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		b.check(err, "ip %s: %s", line, out)
	}
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		listener := b.listenWith(domain, unix.SOCK_STREAM, ipprotoMPTCP, MPTCP, loopback[domain])
		client := b.socket(domain, unix.SOCK_STREAM, ipprotoMPTCP)
		b.connectTo(client, listener)
		server := b.accept(listener)
		b.write(client, 100)
		b.read(server, 100)
		b.write(server, 50)
		b.read(client, 50)
		b.write(client, 30)
		b.note("client of MPTCP", client, MPTCP, Established)
		b.note("server of MPTCP", server, MPTCP, Established)
	}
}

// listenWith returns a listener of a protocol.
func (b *builder) listenWith(domain, typ, number int, protocol Protocol, addr string) int {
	fd := b.socket(domain, typ, number)
	b.bind(fd, b.inet(domain, addr, 0))
	b.listen(fd, 5)
	b.note("listener of "+string(protocol), fd, protocol, Listen)
	return fd
}

// read reads some bytes that have been sent.
func (b *builder) read(fd, n int) {
	buf := make([]byte, n)
	for got := 0; got < n && b.err == nil; {
		more, err := unix.Read(fd, buf[got:])
		if err == nil && more == 0 {
			err = errors.New("the end")
		}
		b.check(err, "read")
		got += more
	}
}

// sctp makes one-to-one sockets in both families, with bytes that wait, and
// one-to-many sockets: one that listens with three associations, one of them with a
// socket that does not listen and is no row of its own.
func (b *builder) sctp() {
	if !b.has(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP) {
		return
	}
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		listener := b.listenWith(domain, unix.SOCK_STREAM, unix.IPPROTO_SCTP, SCTP, loopback[domain])
		client := b.socket(domain, unix.SOCK_STREAM, unix.IPPROTO_SCTP)
		b.bind(client, b.inet(domain, loopback[domain], 0))
		b.connectTo(client, listener)
		server := b.accept(listener)
		b.write(client, 100)
		b.note("client of SCTP", client, SCTP, Established)
		b.note("server of SCTP", server, SCTP, Established)
	}
	many := b.socket(unix.AF_INET, unix.SOCK_SEQPACKET, unix.IPPROTO_SCTP)
	b.bind(many, inet4("127.0.0.1", 0))
	b.listen(many, 5)
	all := b.note("one-to-many listener", many, SCTP, Listen)
	for range 2 {
		client := b.socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP)
		b.bind(client, inet4("127.0.0.1", 0))
		b.connectTo(client, many)
		m := b.note("client of one-to-many", client, SCTP, Established)
		b.association(all, m.Local)
	}
	sender := b.socket(unix.AF_INET, unix.SOCK_SEQPACKET, unix.IPPROTO_SCTP)
	b.bind(sender, inet4("127.0.0.1", 0))
	if b.err == nil {
		at, err := unix.Getsockname(many)
		b.check(err, "getsockname")
		b.check(unix.Sendto(sender, []byte("hello"), 0, at), "sendto")
	}
	before := len(b.Made)
	m := b.note("one-to-many sender", sender, SCTP, Unconnected)
	b.Made = b.Made[:before]
	b.association(m, all.Local)
	b.association(all, m.Local)
}

// association records one of a socket.
func (b *builder) association(of Made, with netip.AddrPort) {
	if b.err != nil {
		return
	}
	of.Label, of.State, of.Remote = fmt.Sprintf("association of %s", of.Label), Established, with
	b.Made = append(b.Made, of)
}

// Numbers of linux/dccp.h and linux/net.h.
const (
	sockDCCP           = 6
	solDCCP            = 269
	dccpSockoptService = 2
	ipprotoDCCP        = 33
)

// dccp makes listeners and connections through which a packet went back, which a
// client waits for to be wholly connected. On a big-endian machine a client waits for
// ever (seen on Linux 6.12), so there are listeners alone.
func (b *builder) dccp() {
	if !b.has(unix.AF_INET, sockDCCP, ipprotoDCCP) {
		return
	}
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		listener := b.socket(domain, sockDCCP, ipprotoDCCP)
		b.option(listener, solDCCP, dccpSockoptService, 42)
		b.bind(listener, b.inet(domain, loopback[domain], 0))
		b.listen(listener, 5)
		b.note("listener of DCCP", listener, DCCP, Listen)
		if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
			continue
		}
		client := b.socket(domain, sockDCCP, ipprotoDCCP)
		b.option(client, solDCCP, dccpSockoptService, 42)
		b.connectTo(client, listener)
		server := b.accept(listener)
		b.write(server, 10)
		b.read(client, 10)
		b.note("client of DCCP", client, DCCP, Established)
		b.note("server of DCCP", server, DCCP, Established)
	}
}
