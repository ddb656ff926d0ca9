package filter

import (
	"strings"
	"time"

	"sockeye/sock"
)

// nestedFields are the members of the nested objects but for tcp_info, and the
// facts that come with -i and -e.
var nestedFields = []Field{
	{Name: "timer.name", Aliases: []string{"timer", "timer_name"}, Kind: KindName, Needs: sock.FieldTimer,
		Values: []string{"off", "on", "keepalive", "timewait", "persist", "unknown"},
		Doc:    "timer that runs for the socket", Example: "timer = keepalive",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.Timer.Kind), s.Known&sock.FieldTimer != 0 }},
	{Name: "timer.expires_ms", Aliases: []string{"timer_expires", "expires", "expires_ms"}, Kind: KindDuration, Needs: sock.FieldTimer, unit: time.Nanosecond, bare: time.Millisecond,
		Doc: "time until the timer runs out", Example: "expires < 10s",
		number: func(s *sock.Socket) (uint64, bool) {
			return uint64(max(s.Timer.Expires, 0)), timerRuns(s)
		}},
	{Name: "timer.retransmits", Aliases: []string{"timer_retransmits"}, Kind: KindNumber, Needs: sock.FieldTimer,
		Doc: "retransmissions or probes that the timer has sent", Example: "timer_retransmits > 2",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.Timer.Retransmits), timerRuns(s) }},
	memoryField("rmem_alloc_bytes", KindBytes, "bytes in the receive buffer", func(m *sock.Memory) uint32 { return m.RmemAlloc }),
	memoryField("rcvbuf_bytes", KindBytes, "limit of the receive buffer", func(m *sock.Memory) uint32 { return m.Rcvbuf }),
	memoryField("wmem_alloc_bytes", KindBytes, "bytes handed to the network", func(m *sock.Memory) uint32 { return m.WmemAlloc }),
	memoryField("sndbuf_bytes", KindBytes, "limit of the send buffer", func(m *sock.Memory) uint32 { return m.Sndbuf }),
	memoryField("fwd_alloc_bytes", KindBytes, "bytes reserved and not used", func(m *sock.Memory) uint32 { return m.FwdAlloc }),
	memoryField("wmem_queued_bytes", KindBytes, "bytes in the send buffer", func(m *sock.Memory) uint32 { return m.WmemQueued }),
	memoryField("optmem_bytes", KindBytes, "bytes of options", func(m *sock.Memory) uint32 { return m.Optmem }),
	memoryField("backlog_bytes", KindBytes, "bytes that wait for the socket's lock", func(m *sock.Memory) uint32 { return m.Backlog }),
	memoryField("drops", KindNumber, "packets dropped", func(m *sock.Memory) uint32 { return m.Drops }),
	{Name: "congestion", Aliases: []string{"cc", "congestion_control"}, Kind: KindText, Needs: sock.FieldCongestion,
		Doc: "congestion control", Example: "congestion = bbr",
		text: func(s *sock.Socket) (string, bool) { return s.Congestion, s.Known&sock.FieldCongestion != 0 }},
	{Name: "shutdown", Kind: KindName, Needs: sock.FieldShutdown,
		Values: []string{"none", "receive", "send", "both"},
		Doc:    "directions that are closed", Example: "shutdown = send",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.Shutdown & 3), s.Known&sock.FieldShutdown != 0 }},
	{Name: "tos", Kind: KindNumber, Needs: sock.FieldTOS,
		Doc: "type of service (IPv4)", Example: "tos = 0x10",
		number: func(s *sock.Socket) (uint64, bool) { return uint64(s.TOS), s.Known&sock.FieldTOS != 0 }},
	{Name: "traffic_class", Aliases: []string{"tclass"}, Kind: KindNumber, Needs: sock.FieldTrafficClass,
		Doc: "traffic class (IPv6)", Example: "tclass != 0",
		number: func(s *sock.Socket) (uint64, bool) {
			return uint64(s.TrafficClass), s.Known&sock.FieldTrafficClass != 0
		}},
}

// timerRuns: without a running timer there is nothing to compare.
func timerRuns(s *sock.Socket) bool {
	return s.Known&sock.FieldTimer != 0 && s.Timer.Kind != sock.TimerOff
}

func memoryField(name string, kind Kind, doc string, get func(*sock.Memory) uint32) Field {
	short := strings.TrimSuffix(name, "_bytes")
	f := Field{Name: "memory." + name, Aliases: []string{"mem_" + short}, Kind: kind, Needs: sock.FieldMemory,
		Doc: doc, Example: "mem_" + short + " > 1Mi",
		number: func(s *sock.Socket) (uint64, bool) {
			return uint64(get(&s.Memory)), s.Known&sock.FieldMemory != 0
		}}
	if short != "backlog" { // the limit of a listener's accept queue has that name
		f.Aliases = append(f.Aliases, short)
	}
	if kind == KindNumber {
		f.Example = "mem_" + short + " > 0"
	}
	return f
}

// tcpInfoFields makes a field of each member of struct tcp_info. The unit is in
// its name, and an alias goes without.
func tcpInfoFields() []Field {
	fields := make([]Field, 0, sock.TCPInfoFieldCount)
	for i := sock.TCPInfoField(0); i < sock.TCPInfoFieldCount; i++ {
		fields = append(fields, tcpInfoField(i))
	}
	return fields
}

func tcpInfoField(member sock.TCPInfoField) Field {
	name := member.String()
	f := Field{Name: "tcp_info." + name, Kind: KindNumber, Needs: sock.FieldTCPInfo,
		number: func(s *sock.Socket) (uint64, bool) {
			if s.Known&sock.FieldTCPInfo == 0 || s.TCPInfo == nil {
				return 0, false
			}
			return s.TCPInfo.Get(member)
		}}
	if member == sock.TCPInfoState { // every socket has a state; this is the kernel's number
		f.Doc, f.Example = "member state of struct tcp_info, a number", "tcp_info.state = 1"
		return f
	}
	f.Aliases = []string{name}
	short, operand := name, "0"
	unit := ""
	for _, u := range [...]struct {
		suffix, doc, operand string
		kind                 Kind
		unit                 time.Duration
	}{
		{"_bytes_per_second", ", bytes per second", "1M", KindBytes, 0},
		{"_bytes", ", bytes", "1k", KindBytes, 0},
		{"_us", ", microseconds", "50ms", KindDuration, time.Microsecond},
		{"_ms", ", milliseconds", "1.5s", KindDuration, time.Millisecond},
	} {
		if s, ok := strings.CutSuffix(name, u.suffix); ok {
			short, unit, operand = s, u.doc, u.operand
			f.Kind, f.unit = u.kind, u.unit
			f.Aliases = append(f.Aliases, s)
			break
		}
	}
	if strings.HasPrefix(name, "bytes_") {
		f.Kind, unit, operand = KindBytes, ", bytes", "10k"
	}
	f.Doc = "member " + short + " of struct tcp_info" + unit
	f.Example = short + " > " + operand
	return f
}
