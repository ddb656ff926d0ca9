package snapshot

import (
	"cmp"
	"strconv"

	"sockeye/sock"
)

var factMembers = [...]Member{
	{
		Name: "cgroup", Needs: sock.FieldCgroup, Optional: true,
		has:  func(s *sock.Socket) bool { return s.Cgroup != "" },
		text: func(s *sock.Socket) string { return s.Cgroup },
	},
	{
		Name: "cgroup_id", Kind: Integer, Needs: sock.FieldCgroup, Optional: true,
		has: func(s *sock.Socket) bool { return s.CgroupID != 0 },
		num: func(s *sock.Socket) uint64 { return s.CgroupID },
	},
	{
		Name: "timer", Kind: Object, Needs: sock.FieldTimer, Optional: true,
		Parts: []Part{{"name", String}, {"expires_ms", Integer}, {"retransmits", Integer}},
		json:  appendTimer,
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Timer.Expires, b.Timer.Expires) },
	},
	{
		Name: "memory", Kind: Object, Needs: sock.FieldMemory, Optional: true,
		Parts: memoryParts(),
		json:  appendMemory,
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Memory.RmemAlloc, b.Memory.RmemAlloc) },
	},
	{
		Name: "tcp_info", Kind: Object, Needs: sock.FieldTCPInfo, Optional: true,
		Parts: tcpInfoParts(),
		has:   func(s *sock.Socket) bool { return s.TCPInfo != nil },
		json:  appendTCPInfo,
	},
	{
		Name: "congestion", Needs: sock.FieldCongestion, Optional: true,
		has:  func(s *sock.Socket) bool { return s.Congestion != "" },
		text: func(s *sock.Socket) string { return s.Congestion },
	},
	{
		Name: "shutdown", Needs: sock.FieldShutdown, Optional: true,
		word:  func(dst []byte, s *sock.Socket) []byte { return append(dst, shutdownWords[s.Shutdown&3]...) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Shutdown, b.Shutdown) },
	},
	{
		Name: "tos", Kind: Integer, Needs: sock.FieldTOS, Optional: true,
		num: func(s *sock.Socket) uint64 { return uint64(s.TOS) },
	},
	{
		Name: "traffic_class", Kind: Integer, Needs: sock.FieldTrafficClass, Optional: true,
		num: func(s *sock.Socket) uint64 { return uint64(s.TrafficClass) },
	},
}

// shutdownWords name the directions that are closed, by the bits of
// [sock.Shutdown].
var shutdownWords = [...]string{"none", "receive", "send", "both"}

// appendTimer says no more than the name of a timer that is off.
func appendTimer(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, `{"name":"`...)
	dst = append(dst, s.Timer.Kind.String()...)
	dst = append(dst, '"')
	if s.Timer.Kind != sock.TimerOff {
		dst = append(dst, `,"expires_ms":`...)
		dst = strconv.AppendInt(dst, max(0, s.Timer.Expires.Milliseconds()), 10)
		dst = append(dst, `,"retransmits":`...)
		dst = strconv.AppendUint(dst, uint64(s.Timer.Retransmits), 10)
	}
	return append(dst, '}')
}

// memoryValues names the counters of [sock.Memory] as the kernel does, in its
// order: SK_MEMINFO_* of linux/sock_diag.h.
var memoryValues = [...]struct {
	name string
	at   func(*sock.Memory) *uint32
}{
	{"rmem_alloc_bytes", func(m *sock.Memory) *uint32 { return &m.RmemAlloc }},
	{"rcvbuf_bytes", func(m *sock.Memory) *uint32 { return &m.Rcvbuf }},
	{"wmem_alloc_bytes", func(m *sock.Memory) *uint32 { return &m.WmemAlloc }},
	{"sndbuf_bytes", func(m *sock.Memory) *uint32 { return &m.Sndbuf }},
	{"fwd_alloc_bytes", func(m *sock.Memory) *uint32 { return &m.FwdAlloc }},
	{"wmem_queued_bytes", func(m *sock.Memory) *uint32 { return &m.WmemQueued }},
	{"optmem_bytes", func(m *sock.Memory) *uint32 { return &m.Optmem }},
	{"backlog_bytes", func(m *sock.Memory) *uint32 { return &m.Backlog }},
	{"drops", func(m *sock.Memory) *uint32 { return &m.Drops }},
}

func memoryParts() []Part {
	var parts []Part
	for _, v := range memoryValues {
		parts = append(parts, Part{v.name, Integer})
	}
	return parts
}

func appendMemory(dst []byte, s *sock.Socket) []byte {
	for i := range memoryValues {
		v := &memoryValues[i]
		dst = append(dst, "{,"[min(i, 1)], '"')
		dst = append(dst, v.name...)
		dst = append(dst, '"', ':')
		dst = strconv.AppendUint(dst, uint64(*v.at(&s.Memory)), 10)
	}
	return append(dst, '}')
}

func tcpInfoParts() []Part {
	var parts []Part
	for f := sock.TCPInfoField(0); f < sock.TCPInfoFieldCount; f++ {
		parts = append(parts, Part{f.String(), Integer})
	}
	return parts
}

func appendTCPInfo(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for f := sock.TCPInfoField(0); f < sock.TCPInfoFieldCount; f++ {
		v, ok := s.TCPInfo.Get(f)
		if !ok {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, f.String()...)
		dst = append(dst, '"', ':')
		dst = strconv.AppendUint(dst, v, 10)
	}
	return append(dst, '}')
}
