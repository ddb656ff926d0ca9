package sockdiag

import "sockeye/sock"

// The kernel's states, include/net/tcp_states.h. Every family uses them.
const (
	tcpEstablished   = 1
	tcpSynSent       = 2
	tcpSynRecv       = 3
	tcpFinWait1      = 4
	tcpFinWait2      = 5
	tcpTimeWait      = 6
	tcpClose         = 7
	tcpCloseWait     = 8
	tcpLastAck       = 9
	tcpListen        = 10
	tcpClosing       = 11
	tcpNewSynRecv    = 12
	tcpBoundInactive = 13 // a request only; such a row says TCP_CLOSE
)

// connectionBits are the state bits that ask for a state of a TCP socket. A
// TCP socket is never Unconnected: that word must not reach the kernel, which
// skips its connection table only for LISTEN alone (inet_diag_dump_icsk).
var connectionBits = [...]uint32{
	sock.Listen:      1 << tcpListen,
	sock.SynSent:     1 << tcpSynSent,
	sock.SynReceived: 1<<tcpSynRecv | 1<<tcpNewSynRecv,
	sock.Established: 1 << tcpEstablished,
	sock.FinWait1:    1 << tcpFinWait1,
	sock.FinWait2:    1 << tcpFinWait2,
	sock.CloseWait:   1 << tcpCloseWait,
	sock.Closing:     1 << tcpClosing,
	sock.LastAck:     1 << tcpLastAck,
	sock.TimeWait:    1 << tcpTimeWait,
	sock.Closed:      1 << tcpClose,
	sock.Bound:       1 << tcpBoundInactive, // not always told: see knowsBound
}

// dccpBits are those of a DCCP socket. PARTOPEN, in which a client is from the
// answer to its request to the next packet, is TCP_MAX_STATES of the kernel (enum
// dccp_state of linux/dccp.h): 13, and 14 since Linux 6.8. PASSIVE_CLOSEREQ is the
// number behind it, for the moment in which a client is asked to close.
var dccpBits = func() [len(connectionBits)]uint32 {
	bits := connectionBits
	bits[sock.Established] |= 1<<dccpPartOpen | 1<<dccpPartOpenNew
	bits[sock.CloseWait] |= 1 << dccpPassiveCloseReq
	return bits
}()

const (
	dccpPartOpen        = 13
	dccpPartOpenNew     = 14
	dccpPassiveCloseReq = 15
)

// dccpStateOf is stateOf for DCCP, whose other states have the numbers of TCP's.
func dccpStateOf(kernel uint8) sock.State {
	switch kernel {
	case dccpPartOpen, dccpPartOpenNew:
		return sock.Established
	case dccpPassiveCloseReq:
		return sock.CloseWait
	}
	return stateOf(kernel, false)
}

// datagramBits ask for the two states of a socket of UDP, UDP-Lite or raw IP.
var datagramBits = [...]uint32{
	sock.Established: 1 << tcpEstablished,
	sock.Unconnected: 1 << tcpClose,
}

// unixBits ask for the three states of a unix socket. One in TCP_CLOSE is
// Closed or Unconnected by its type, so both words ask for it.
var unixBits = [...]uint32{
	sock.Listen:      1 << tcpListen,
	sock.Established: 1 << tcpEstablished,
	sock.Closed:      1 << tcpClose,
	sock.Unconnected: 1 << tcpClose,
}

// unconnectedBits stand for the one state of packet, netlink and XDP sockets, by
// which no kernel chooses.
var unconnectedBits = [...]uint32{sock.Unconnected: 1 << tcpClose}

var connectionStates = [...]sock.State{
	tcpEstablished:   sock.Established,
	tcpSynSent:       sock.SynSent,
	tcpSynRecv:       sock.SynReceived,
	tcpFinWait1:      sock.FinWait1,
	tcpFinWait2:      sock.FinWait2,
	tcpTimeWait:      sock.TimeWait,
	tcpClose:         sock.Closed,
	tcpCloseWait:     sock.CloseWait,
	tcpLastAck:       sock.LastAck,
	tcpListen:        sock.Listen,
	tcpClosing:       sock.Closing,
	tcpNewSynRecv:    sock.SynReceived,
	tcpBoundInactive: sock.Bound,
}

// peerless are the states in which a socket over IP has no remote end.
const peerless = sock.StateSet(1<<sock.Listen | 1<<sock.Unconnected | 1<<sock.Bound)

// stateOf translates a kernel state. A socket that is a datagram socket and
// closed has no peer; anything else that is closed is closed.
func stateOf(kernel uint8, datagram bool) sock.State {
	if int(kernel) >= len(connectionStates) {
		return sock.StateUnknown
	}
	if datagram && kernel == tcpClose {
		return sock.Unconnected
	}
	return connectionStates[kernel]
}
