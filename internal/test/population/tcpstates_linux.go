package population

import (
	"time"

	"golang.org/x/sys/unix"
)

// tcpStates brings connections into every state of RFC 9293 that can be held
// still for some seconds. None needs lost packets but SYN_SENT: a FIN behind
// bytes that the peer has no room for is never sent.
func (b *builder) tcpStates() {
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6} {
		c := &closing{builder: b, domain: domain}
		c.listener = b.listener("listener of the states", domain, loopback[domain], "", 32,
			// Small buffers, which accepted sockets inherit: few bytes fill them.
			unix.SOL_SOCKET, unix.SO_RCVBUF, 8192, unix.SOL_SOCKET, unix.SO_SNDBUF, 8192)
		c.established()
		c.finWait1()
		c.finWait2()
		c.closingState()
		c.lastAck()
		c.timeWait()
		b.synReceived(domain)
	}
	b.synSent()
}

// closing makes connections through one listener.
type closing struct {
	*builder
	domain, listener int
}

func (c *closing) pair() (client, server int) {
	return c.connection(c.domain, c.listener, nil)
}

func (c *closing) noteBoth(label string, client int, cs State, server int, ss State) {
	c.note(label+", client", client, TCP, cs)
	c.note(label+", server", server, TCP, ss)
}

func (c *closing) established() {
	client, server := c.pair()
	c.noteBoth("idle", client, Established, server, Established)
	client, server = c.pair()
	c.write(client, 1234)
	c.noteBoth("bytes to receive", client, Established, server, Established)
	client, server = c.pair()
	c.fill(client)
	c.noteBoth("bytes to send", client, Established, server, Established)
}

func (c *closing) finWait1() {
	client, server := c.pair()
	c.fill(client)
	c.shutdown(client, unix.SHUT_WR)
	c.noteBoth("FIN behind bytes", client, FinWait1, server, Established)

	client, server = c.pair()
	c.fill(client)
	m := c.note("server of an orphan", server, TCP, Established)
	c.close(client)
	c.expect(Orphaned, m.Family, FinWait1, m.Remote, m.Local)
}

func (c *closing) finWait2() {
	client, server := c.pair()
	c.shutdown(client, unix.SHUT_WR)
	c.noteBoth("half closed", client, FinWait2, server, CloseWait)

	client, server = c.pair()
	m := c.note("server that does not close", server, TCP, CloseWait)
	c.close(client)
	c.expect(Orphaned, m.Family, FinWait2, m.Remote, m.Local)

	client, server = c.pair()
	c.write(client, 77)
	c.shutdown(client, unix.SHUT_WR)
	c.noteBoth("half closed, bytes unread", client, FinWait2, server, CloseWait)
}

// closingState: both have sent or queued a FIN, and the peer's came first.
func (c *closing) closingState() {
	client, server := c.pair()
	c.fill(client)
	c.shutdown(client, unix.SHUT_WR)
	c.shutdown(server, unix.SHUT_WR)
	c.noteBoth("simultaneous close", client, Closing, server, FinWait2)
}

func (c *closing) lastAck() {
	client, server := c.pair()
	c.shutdown(server, unix.SHUT_WR)
	c.fill(client)
	c.shutdown(client, unix.SHUT_WR)
	c.noteBoth("last FIN behind bytes", client, LastAck, server, FinWait2)
}

func (c *closing) timeWait() {
	client, server := c.pair()
	if c.err != nil {
		return
	}
	local, err := unix.Getsockname(client)
	c.check(err, "getsockname")
	remote, err := unix.Getpeername(client)
	c.check(err, "getpeername")
	c.close(client)
	c.close(server)
	l, _ := endpoint(local)
	r, _ := endpoint(remote)
	c.expect(Remembered, families[c.domain], TimeWait, l, r)
}

// synReceived makes a handshake that the kernel holds back: TCP_DEFER_ACCEPT
// waits for the first byte of a client that stays silent (tcp(7)).
func (b *builder) synReceived(domain int) {
	listener := b.listener("listener that defers", domain, loopback[domain], "", 4,
		unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 120)
	client := b.socket(domain, unix.SOCK_STREAM, 0)
	b.connectTo(client, listener)
	m := b.note("silent client", client, TCP, Established)
	b.expect(Request, m.Family, SynReceived, m.Remote, m.Local)
}

// synSent makes a handshake that nobody answers.
func (b *builder) synSent() {
	fd := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if b.err != nil {
		return
	}
	b.check(unix.SetNonblock(fd, true), "set non-blocking")
	if err := unix.Connect(fd, inet4(silentPeer, 443)); err != unix.EINPROGRESS {
		b.check(err, "connect to the silent peer")
	}
	m := b.note("unanswered handshake", fd, TCP, SynSent)
	if b.err == nil && !m.Remote.IsValid() {
		// getpeername(2) gives no peer before the handshake ends.
		remote, _ := endpoint(inet4(silentPeer, 443))
		b.Made[len(b.Made)-1].Remote = remote
	}
}

// settle waits until the kernel has brought every TCP socket of this process
// into the state that was noted: the last segments of a close are on their way
// when the system calls return. It gives up at the deadline with an error.
func (b *builder) settle(limit time.Duration) {
	deadline := time.Now().Add(limit)
	for _, m := range b.Made {
		for b.err == nil && m.Protocol == TCP && m.PID != 0 {
			info, err := unix.GetsockoptTCPInfo(m.FD, unix.IPPROTO_TCP, unix.TCP_INFO)
			b.check(err, "TCP_INFO of %s", m.Label)
			if err != nil || kernelStates[info.State] == m.State || m.State == Bound {
				break
			}
			if time.Now().After(deadline) {
				b.check(errNotSettled, "%s: is %v, want %v", m.Label, kernelStates[info.State], m.State)
			}
			time.Sleep(time.Millisecond)
		}
	}
}
