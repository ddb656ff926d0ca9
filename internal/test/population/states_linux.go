package population

import (
	"errors"
)

var errNotSettled = errors.New("the socket does not reach its state")

// kernelStates are the TCP states by number: include/net/tcp_states.h.
var kernelStates = [256]State{
	1: Established, 2: SynSent, 3: SynReceived, 4: FinWait1, 5: FinWait2,
	6: TimeWait, 7: Closed, 8: CloseWait, 9: LastAck, 10: Listen, 11: Closing,
}
