package snapshot

import (
	"cmp"

	"sockeye/sock"
)

var factMembers = [...]Member{
	{
		Name: "cgroup", Needs: sock.FieldCgroup, Optional: true,
		has:  func(s *sock.Socket) bool { return s.Cgroup != "" },
		text: func(s *sock.Socket) string { return s.Cgroup },
	},
	{
		Name: "cgroup_id", Kind: Integer, Needs: sock.FieldCgroupID, Optional: true,
		has: func(s *sock.Socket) bool { return s.CgroupID != 0 },
		num: func(s *sock.Socket) uint64 { return s.CgroupID },
	},
	{
		Name: "timer", Kind: Object, Needs: sock.FieldTimer, Optional: true,
		Parts: timerParts[:],
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Timer.Expires, b.Timer.Expires) },
	},
	{
		Name: "memory", Kind: Object, Needs: sock.FieldMemory, Optional: true,
		Parts: memoryParts(),
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Memory.RmemAlloc, b.Memory.RmemAlloc) },
	},
	{
		Name: "tcp_info", Kind: Object, Needs: sock.FieldTCPInfo, Optional: true,
		Parts: tcpInfoParts(),
		has:   func(s *sock.Socket) bool { return s.TCPInfo != nil },
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

// timerParts say no more than the name of a timer that is off.
var timerParts = [...]Member{
	{
		Name: "name",
		word: func(dst []byte, s *sock.Socket) []byte { return append(dst, s.Timer.Kind.String()...) },
	},
	{
		Name: "expires_ms", Kind: Integer, has: timerRuns,
		num: func(s *sock.Socket) uint64 { return uint64(max(0, s.Timer.Expires.Milliseconds())) },
	},
	{
		Name: "retransmits", Kind: Integer, has: timerRuns,
		num: func(s *sock.Socket) uint64 { return uint64(s.Timer.Retransmits) },
	},
}

func timerRuns(s *sock.Socket) bool { return s.Timer.Kind != sock.TimerOff }

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

func memoryParts() []Member {
	var parts []Member
	for _, v := range memoryValues {
		parts = append(parts, Member{
			Name: v.name, Kind: Integer,
			num: func(s *sock.Socket) uint64 { return uint64(*v.at(&s.Memory)) },
		})
	}
	return parts
}

func tcpInfoParts() []Member {
	var parts []Member
	for f := sock.TCPInfoField(0); f < sock.TCPInfoFieldCount; f++ {
		parts = append(parts, Member{
			Name: f.String(), Kind: Integer,
			has: func(s *sock.Socket) bool {
				if s.TCPInfo == nil {
					return false
				}
				_, ok := s.TCPInfo.Get(f)
				return ok
			},
			num: func(s *sock.Socket) uint64 {
				v, _ := s.TCPInfo.Get(f)
				return v
			},
		})
	}
	return parts
}
