package sock

import "time"

// TimerKind is the timer that runs for a TCP socket.
type TimerKind uint8

// The kinds: idiag_timer of linux/inet_diag.h, and `tr` of /proc/net/tcp.
const (
	TimerOff TimerKind = iota
	TimerOn            // retransmission
	TimerKeepalive
	TimerTimeWait
	TimerPersist // zero-window probe
	TimerUnknown
	timerEnd
)

var timerNames = [...]string{"off", "on", "keepalive", "timewait", "persist", "unknown"}

// String returns ss's name of the timer.
func (k TimerKind) String() string {
	if k >= timerEnd {
		return "unknown"
	}
	return timerNames[k]
}

// TimerNames returns the names by number. The slice is shared and must not be
// changed.
func TimerNames() []string { return timerNames[:] }

// Timer is the timer of a TCP socket. With [TimerOff] nothing else is meant.
type Timer struct {
	Kind        TimerKind
	Expires     time.Duration
	Retransmits uint8
}

// Memory is sk_meminfo: SK_MEMINFO_* of linux/sock_diag.h, in bytes, in that
// order, but for Drops, which counts packets.
type Memory struct {
	RmemAlloc, Rcvbuf, WmemAlloc, Sndbuf uint32
	FwdAlloc, WmemQueued, Optmem         uint32
	Backlog, Drops                       uint32
}
