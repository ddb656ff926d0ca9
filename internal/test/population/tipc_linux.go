package population

import (
	"golang.org/x/sys/unix"
)

// tipcService is a type of service above those that TIPC keeps for itself.
const tipcService = 18888

// tipc makes a listener, a connection with a message that waits, and sockets of the
// types without connections, of which one has a service address.
func (b *builder) tipc() {
	if !b.has(unix.AF_TIPC, unix.SOCK_RDM, 0) {
		return
	}
	listener := b.socket(unix.AF_TIPC, unix.SOCK_STREAM, 0)
	b.bind(listener, &unix.SockaddrTIPC{Scope: unix.TIPC_NODE_SCOPE, Addr: &unix.TIPCServiceRange{Type: tipcService, Lower: 1, Upper: 1}})
	b.listen(listener, 5)
	b.noteState("listener of TIPC", listener, TIPC, Listen)
	client := b.socket(unix.AF_TIPC, unix.SOCK_STREAM, 0)
	server := b.tipcConnection(client, listener)
	b.write(client, 3)
	b.noteState("client of TIPC", client, TIPC, Established)
	b.noteState("server of TIPC", server, TIPC, Established)
	named := b.socket(unix.AF_TIPC, unix.SOCK_RDM, 0)
	b.bind(named, &unix.SockaddrTIPC{Scope: unix.TIPC_NODE_SCOPE, Addr: &unix.TIPCServiceRange{Type: tipcService + 1, Lower: 1, Upper: 5}})
	b.noteState("named", named, TIPC, Unconnected)
	b.noteState("datagrams", b.socket(unix.AF_TIPC, unix.SOCK_DGRAM, 0), TIPC, Unconnected)
	b.noteState("neither listening nor connected", b.socket(unix.AF_TIPC, unix.SOCK_SEQPACKET, 0), TIPC, Closed)
}

// tipcConnection connects, which ends when the listener has accepted.
func (b *builder) tipcConnection(client, listener int) (server int) {
	if b.err != nil {
		return -1
	}
	connected := make(chan error, 1)
	go func() {
		connected <- unix.Connect(client, &unix.SockaddrTIPC{Addr: &unix.TIPCServiceName{Type: tipcService, Instance: 1}})
	}()
	server = b.accept(listener)
	b.check(<-connected, "connect to a service of TIPC")
	return server
}

// noteState records a socket that has no address, in a state.
func (b *builder) noteState(label string, fd int, protocol Protocol, state State) {
	b.noteFamily(label, fd, protocol)
	if b.err == nil {
		b.Made[len(b.Made)-1].State = state
	}
}

// Protocols of AF_SMC, SMCPROTO_* of the kernel's net/smc/smc.h.
const (
	smcOverIPv4 = 0
	smcOverIPv6 = 1
)

// smc makes a listener and a connection in both families, which go through TCP where
// no device for SMC is, and a new socket.
func (b *builder) smc() {
	if !b.has(unix.AF_SMC, unix.SOCK_STREAM, smcOverIPv4) {
		return
	}
	for number, domain := range []int{smcOverIPv4: unix.AF_INET, smcOverIPv6: unix.AF_INET6} {
		listener := b.socket(unix.AF_SMC, unix.SOCK_STREAM, number)
		b.bind(listener, b.inet(domain, loopback[domain], 0))
		b.listen(listener, 5)
		b.noteSMC("listener of SMC", listener, domain, Listen)
		client := b.socket(unix.AF_SMC, unix.SOCK_STREAM, number)
		b.connectTo(client, listener)
		server := b.accept(listener)
		b.noteSMC("client of SMC", client, domain, Established)
		b.noteSMC("server of SMC", server, domain, Established)
	}
	b.noteSMC("new", b.socket(unix.AF_SMC, unix.SOCK_STREAM, smcOverIPv4), 0, Closed)
}

// noteSMC records an SMC socket, whose domain is not that of its addresses; 0 of one
// that has none.
func (b *builder) noteSMC(label string, fd, domain int, state State) {
	b.noteState(label, fd, SMC, state)
	if b.err != nil {
		return
	}
	m := &b.Made[len(b.Made)-1]
	m.Family = families[max(domain, unix.AF_INET)]
	if domain == 0 {
		m.Local, _ = endpoint(inet4("0.0.0.0", 0))
		return
	}
	local, err := unix.Getsockname(fd)
	b.check(err, "getsockname of %s", label)
	m.Local, _ = endpoint(local)
	if state == Established {
		remote, err := unix.Getpeername(fd)
		b.check(err, "getpeername of %s", label)
		m.Remote, _ = endpoint(remote)
	}
}
