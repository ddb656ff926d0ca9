package iphlpapi

import "sockeye/sock"

// states are MIB_TCP_STATE of tcpmib.h. They begin at 1.
var states = [...]sock.State{
	1:  sock.Closed,
	2:  sock.Listen,
	3:  sock.SynSent,
	4:  sock.SynReceived,
	5:  sock.Established,
	6:  sock.FinWait1,
	7:  sock.FinWait2,
	8:  sock.CloseWait,
	9:  sock.Closing,
	10: sock.LastAck,
	11: sock.TimeWait,
	12: sock.Closed, // DELETE_TCB: the connection is being taken down
}

// stateDeleteTCB is MIB_TCP_STATE_DELETE_TCB: what SetTcpEntry is to make of a
// connection.
const stateDeleteTCB = 12

// stateBound is MIB_TCP_STATE_RESERVED, which the system uses for a socket that
// is bound and neither listens nor connects.
const stateBound = 100

// stateOf returns [sock.StateUnknown] for a number of no state.
func stateOf(mib uint32) sock.State {
	switch {
	case mib == stateBound:
		return sock.Bound
	case mib < uint32(len(states)):
		return states[mib] // 0, which is no state, is StateUnknown
	}
	return sock.StateUnknown
}
