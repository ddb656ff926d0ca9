package procnet

import "sockeye/sock"

// tcpStates are the states of include/net/tcp_states.h. The kernel prints
// TCP_NEW_SYN_RECV (0C) as TCP_SYN_RECV, and has never printed
// TCP_BOUND_INACTIVE (0D); they are here because the header numbers them.
var tcpStates = [...]sock.State{
	0x01: sock.Established,
	0x02: sock.SynSent,
	0x03: sock.SynReceived,
	0x04: sock.FinWait1,
	0x05: sock.FinWait2,
	0x06: sock.TimeWait,
	0x07: sock.Closed,
	0x08: sock.CloseWait,
	0x09: sock.LastAck,
	0x0A: sock.Listen,
	0x0B: sock.Closing,
	0x0C: sock.SynReceived,
	0x0D: sock.Bound,
}

// tcpState returns the state of a TCP socket for the number in a table.
func tcpState(number uint32) sock.State {
	if number >= uint32(len(tcpStates)) {
		return sock.StateUnknown
	}
	return tcpStates[number]
}

// datagramState returns the state of a socket without connections: such a
// socket uses two of TCP's states, for having a peer and for having none.
func datagramState(number uint32) sock.State {
	switch tcpState(number) {
	case sock.Established:
		return sock.Established
	case sock.Closed:
		return sock.Unconnected
	}
	return sock.StateUnknown
}
