package fact

import (
	"math"
	"testing"

	"sockeye/sock"
)

// TestHuman: what people see has the unit that fits, and what they may type in a
// filter as its label.
func TestHuman(t *testing.T) {
	for _, c := range []struct {
		name  string
		value uint64
		want  string
	}{
		{"rtt_us", 12, "rtt 12us"}, {"rtt_us", 999, "rtt 999us"}, {"rtt_us", 6412, "rtt 6.41ms"}, {"rtt_us", 6400, "rtt 6.4ms"},
		{"rtt_us", 204_000, "rtt 204ms"}, {"rtt_us", 99_970, "rtt 100ms"}, {"rtt_us", 1_500_000, "rtt 1.5s"}, {"rtt_us", 89_000_000, "rtt 1m29s"},
		{"last_data_sent_ms", 7_140_000, "last_data_sent 1h59m"}, {"total_rto_time_ms", 3, "total_rto_time 3ms"},
		{"busy_time", math.MaxUint64 - 1, "busy_time 18446744073709551614us"},
		{"snd_mss_bytes", 1448, "snd_mss 1448 B"}, {"rcv_space_bytes", 65495, "rcv_space 65.5 kB"}, {"snd_wnd_bytes", 999_499, "snd_wnd 999 kB"},
		{"snd_wnd_bytes", 999_500, "snd_wnd 1 MB"}, {"bytes_sent", 12_000, "bytes_sent 12 kB"}, {"bytes_sent", math.MaxInt64, "bytes_sent 9.22 EB"},
		{"pacing_rate", 36_000_000_000, "pacing 36 GB/s"}, {"pacing", 500, "pacing 500 B/s"}, {"delivery_rate", 0, "delivery_rate 0 B/s"},
		{"opts", 7, "opts ts,sack,wscale"}, {"options", 1<<9 | 8, "opts ecn,0x200"}, {"options", 0, "opts 0"}, {"options", 1 << 12, "opts 0x1000"},
		{"ca_state", 4, "ca_state loss"}, {"ca_state", 9, "ca_state 9"}, {"app_limited", 1, "app_limited"}, {"app_limited", 0, "no app_limited"},
		{"snd_cwnd", 10, "snd_cwnd 10"}, {"mem_rcvbuf", 131072, "rcvbuf 131 kB"}, {"mem_drops", 3, "drops 3"}, {"mark", 31, "mark 0x1f"},
		{"v6only", 1, "v6only"}, {"v6only", 0, "no v6only"}, {"shutdown", 2, "shutdown send"},
	} {
		f := Lookup(c.name)
		s := &sock.Socket{Known: sock.AllFields, Protocol: sock.TCP, Family: sock.IPv6, TCPInfo: new(sock.TCPInfo)}
		if f.setNumber != nil {
			f.setNumber(s, c.value)
		} else {
			f.setText(s, f.Values[c.value])
		}
		if got := string(f.AppendLabelled(&View{}, nil, s)); got != c.want {
			t.Errorf("%s = %d is %q, want %q", c.name, c.value, got, c.want)
		}
		if f.Unit != sock.UnitNone && Lookup(f.Label()) != f {
			t.Errorf("the label %s of %s is no name of it", f.Label(), f.Name)
		}
	}
}

// TestTells: what holds for most sockets is no detail.
func TestTells(t *testing.T) {
	s := &sock.Socket{Known: sock.AllFields, Protocol: sock.TCP, Cgroup: "/", CgroupID: 1, TCPInfo: new(sock.TCPInfo)}
	s.TCPInfo.Set(sock.TCPInfoReordering, 3)
	s.TCPInfo.Set(sock.TCPInfoOptions, 0)
	for _, name := range []string{"mark", "shutdown", "cgroup", "cgroup_id", "v6only", "reordering", "options", "drops", "tos", "tcp_info.state"} {
		if Lookup(name).Tells(s) {
			t.Errorf("%s tells something", name)
		}
	}
	s.Mark, s.Shutdown, s.Cgroup, s.V6Only, s.TOS, s.Memory.Drops = 1, sock.ShutdownSend, "/a", true, 8, 2
	s.TCPInfo.Set(sock.TCPInfoReordering, 4)
	s.TCPInfo.Set(sock.TCPInfoOptions, 1)
	for _, name := range []string{"mark", "shutdown", "cgroup", "v6only", "reordering", "options", "drops", "tos"} {
		if !Lookup(name).Tells(s) {
			t.Errorf("%s tells nothing", name)
		}
	}
}
