package fact

import (
	"math"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
)

// detailFacts are seldom asked for.
var detailFacts = []*Fact{
	{
		Name: "cgroup", Kind: Cgroup, Needs: sock.FieldCgroup, Optional: true, Option: "extended", also: "cgroup", Words: "control groups",
		Doc: "control group of the socket, by its path", Example: "cgroup /system.slice/nginx.service",
		text: func(s *sock.Socket) *string { return &s.Cgroup }, usualText: "/",
	},
	integer(Fact{
		silent: true, // its path says more
		Name:   "cgroup_id", Kind: Number, Needs: sock.FieldCgroupID, Optional: true, Least: 1, Option: "extended", Words: "control groups",
		Doc: "number of that group", Example: "cgroup_id = 4242",
	}, func(s *sock.Socket) *uint64 { return &s.CgroupID }),
	{
		Name: "timer", Kind: Object, Needs: sock.FieldTimer, Optional: true, Option: "timers", Words: "timers",
		Doc: "timer that runs; one that is off has a name only", Example: "timer = keepalive",
		parts: func() []*Fact { return timerParts }, Compared: timerParts[0], show: showTimer,
	},
	{
		Name: "memory", Aliases: []string{"skmem"}, Kind: Object, Needs: sock.FieldMemory, Optional: true, Option: "memory", Words: "memory",
		Doc: "memory of the socket: SK_MEMINFO_* of linux/sock_diag.h", parts: memoryParts,
	},
	{
		Name: "tcp_info", Kind: Object, Needs: sock.FieldTCPInfo, Optional: true, Option: "info", Words: "TCP's inner facts",
		Doc: "details of TCP: struct tcp_info of linux/tcp.h, as far as the kernel gave it", parts: tcpInfoParts,
		has:   func(s *sock.Socket) bool { return s.TCPInfo != nil },
		begin: func(s *sock.Socket) { s.TCPInfo = new(sock.TCPInfo) },
	},
	{
		Name: "congestion", Aliases: []string{"cc", "congestion_control"}, Kind: Text, Needs: sock.FieldCongestion, Optional: true, Option: "info", Words: "TCP's inner facts",
		Doc: "congestion control of TCP", Example: "congestion = bbr",
		text: func(s *sock.Socket) *string { return &s.Congestion },
	},
	{
		Name: "ulp", Aliases: []string{"tcp_ulp"}, Kind: Text, Needs: sock.FieldULP, Optional: true, Option: "info", Words: "TCP's inner facts",
		Doc: "upper layer protocol that the kernel runs over TCP, such as tls", Example: "ulp = tls",
		text: func(s *sock.Socket) *string { return &s.ULP },
	},
	mptcpInfoFact,
	mptcpSubflowFact,
	shutdownFact,
	packetFilterFact,
	integer(Fact{
		Name: "tos", Kind: Number, Needs: sock.FieldTOS, Optional: true, Option: "tos", Words: "types of service",
		Doc: "type of service (IPv4)", Example: "tos = 0x10",
	}, func(s *sock.Socket) *uint8 { return &s.TOS }),
	integer(Fact{
		Name: "traffic_class", Aliases: []string{"tclass"}, Kind: Number, Needs: sock.FieldTrafficClass, Optional: true, Option: "tos", Words: "traffic classes",
		Doc: "traffic class (IPv6)", Example: "tclass != 0",
	}, func(s *sock.Socket) *uint8 { return &s.TrafficClass }),
	{
		Name: "socket_context", Aliases: []string{"sock_ctx"}, Kind: Text, Needs: sock.FieldSocketContext, Optional: true, Option: "contexts",
		Words: "security labels", Systems: []string{"Linux"},
		Doc: "label of the socket itself: its context of SELinux or label of Smack", Example: "socket_context ~ /http_port_t/",
		text: func(s *sock.Socket) *string { return &s.SocketContext },
	},
	{
		Name: "closed_at", Aliases: []string{"closed"}, Kind: Time, Needs: sock.FieldClosedAt, Optional: true, Least: 1, Header: "CLOSED", Words: "times of closing",
		Doc: "when the socket was closed, as --events tells", Example: "closed_at >= 2026-11-20",
		number:    func(s *sock.Socket) (uint64, bool) { return Nanoseconds(s.ClosedAt), true },
		setNumber: func(s *sock.Socket, v uint64) { s.ClosedAt = timeOf(v) },
	},
	choice(Fact{
		Name: "result", Kind: Choice, Needs: sock.FieldResult, Optional: true, Words: "results of closing", Values: sock.ResultNames(),
		Doc: "what became of a socket that --kill was to close", Example: "result != closed",
	}, func(s *sock.Socket) uint8 { return uint8(s.Result) }, func(s *sock.Socket, v uint8) { s.Result = sock.Result(v) }),
}

var shutdownFact = choice(Fact{
	Name: "shutdown", Kind: Choice, Needs: sock.FieldShutdown, Optional: true, Option: "extended", Words: "shut down directions",
	Values: []string{"none", "receive", "send", "both"}, // by the bits of sock.Shutdown
	Doc:    "directions that were shut down", Example: "shutdown = send",
}, func(s *sock.Socket) uint8 { return uint8(s.Shutdown & 3) }, func(s *sock.Socket, v uint8) { s.Shutdown = sock.Shutdown(v) })

var timerParts = []*Fact{
	choice(Fact{
		Name: "timer.name", Aliases: []string{"timer_name"}, Kind: Choice, Values: sock.TimerNames(),
		Doc: "timer that runs", Example: "timer_name = keepalive",
	}, func(s *sock.Socket) uint8 { return uint8(s.Timer.Kind) }, func(s *sock.Socket, v uint8) { s.Timer.Kind = sock.TimerKind(v) }),
	{
		Name: "timer.expires_ms", Aliases: []string{"timer_expires", "expires", "expires_ms"}, Kind: Duration, Unit: sock.UnitMilliseconds,
		Most: math.MaxInt64 / uint64(time.Millisecond), Doc: "time until the timer runs out", Example: "expires < 10s", clock: true,
		number: func(s *sock.Socket) (uint64, bool) {
			return uint64(max(0, s.Timer.Expires.Milliseconds())), timerRuns(s)
		},
		setNumber: func(s *sock.Socket, v uint64) {
			if timerRuns(s) {
				s.Timer.Expires = time.Duration(v) * time.Millisecond
			}
		},
	},
	{
		Name: "timer.retransmits", Aliases: []string{"timer_retransmits"}, Kind: Number, Most: math.MaxUint8,
		Doc: "retransmissions or probes that the timer has sent", Example: "timer_retransmits > 2",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.Timer.Retransmits), timerRuns(s) },
		setNumber: func(s *sock.Socket, v uint64) {
			if timerRuns(s) {
				s.Timer.Retransmits = uint8(v)
			}
		},
	},
}

// timerRuns: of a timer that is off nothing else is known.
func timerRuns(s *sock.Socket) bool { return s.Timer.Kind != sock.TimerOff }

// showTimer shows the name, the time left and the retransmissions: "keepalive
// 1m29s 0".
func showTimer(_ *View, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldTimer) {
		return dst
	}
	dst = append(dst, s.Timer.Kind.String()...)
	if !timerRuns(s) {
		return dst
	}
	dst = appendDuration(append(dst, ' '), s.Timer.Expires)
	return strconv.AppendUint(append(dst, ' '), uint64(s.Timer.Retransmits), 10)
}

func memoryParts() []*Fact {
	return []*Fact{
		memoryPart("rmem_alloc_bytes", "receive memory in use", func(s *sock.Socket) *uint32 { return &s.Memory.RmemAlloc }),
		memoryPart("rcvbuf_bytes", "limit of the receive memory", func(s *sock.Socket) *uint32 { return &s.Memory.Rcvbuf }),
		memoryPart("wmem_alloc_bytes", "send memory in use", func(s *sock.Socket) *uint32 { return &s.Memory.WmemAlloc }),
		memoryPart("sndbuf_bytes", "limit of the send memory", func(s *sock.Socket) *uint32 { return &s.Memory.Sndbuf }),
		memoryPart("fwd_alloc_bytes", "memory held in advance", func(s *sock.Socket) *uint32 { return &s.Memory.FwdAlloc }),
		memoryPart("wmem_queued_bytes", "memory of the send queue", func(s *sock.Socket) *uint32 { return &s.Memory.WmemQueued }),
		memoryPart("optmem_bytes", "memory of socket options", func(s *sock.Socket) *uint32 { return &s.Memory.Optmem }),
		memoryPart("backlog_bytes", "memory of packets that wait for the lock of the socket", func(s *sock.Socket) *uint32 { return &s.Memory.Backlog }),
		memoryPart("drops", "packets dropped", func(s *sock.Socket) *uint32 { return &s.Memory.Drops }),
	}
}

func memoryPart(name, doc string, at func(*sock.Socket) *uint32) *Fact {
	short, bytes := strings.CutSuffix(name, "_bytes")
	f := Fact{Name: "memory." + name, Aliases: []string{"mem_" + short}, Kind: Number, Doc: doc, Example: "mem_" + short + " > 0"}
	if short != "backlog" { // the limit of a listener's accept queue has that name
		f.Aliases = append(f.Aliases, short)
	}
	if bytes {
		f.Aliases = append(f.Aliases, name)
		f.Kind, f.Unit, f.Example = Bytes, sock.UnitBytes, "mem_"+short+" > 1Mi"
	}
	return integer(f, at)
}
