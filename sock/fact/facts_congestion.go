package fact

import (
	"strconv"
	"strings"

	"sockeye/sock"
)

// congestionFacts are what a congestion control tells beside struct tcp_info.
var congestionFacts = []*Fact{
	congestionObject("vegas", sock.CongestionVegas, "what vegas, veno, yeah, nv and illinois tell: struct tcpvegas_info of linux/inet_diag.h", func() []*Fact {
		return []*Fact{
			congestionPart("vegas.enabled", Bool, "it decides, and does not leave it to reno", func(c *sock.CongestionInfo) uint64 { return bit(c.Vegas.Enabled) },
				func(c *sock.CongestionInfo, v uint64) { c.Vegas.Enabled = v != 0 }),
			congestionPart32("vegas.rttcnt", Number, "round trips measured", func(c *sock.CongestionInfo) *uint32 { return &c.Vegas.RTTCount }),
			unsetFrom(sock.VegasUnset, congestionPart32("vegas.rtt_us", Duration, "round-trip time, the last", func(c *sock.CongestionInfo) *uint32 { return &c.Vegas.RTT })),
			unsetFrom(sock.VegasUnset, congestionPart32("vegas.min_rtt_us", Duration, "round-trip time, the least lately", func(c *sock.CongestionInfo) *uint32 { return &c.Vegas.MinRTT })),
		}
	}),
	congestionObject("dctcp", sock.CongestionDCTCP, "what dctcp tells: struct tcp_dctcp_info of linux/inet_diag.h", func() []*Fact {
		return []*Fact{
			congestionPart("dctcp.enabled", Bool, "the peer has ECN; without it this is reno", func(c *sock.CongestionInfo) uint64 { return bit(c.DCTCP.Enabled) },
				func(c *sock.CongestionInfo, v uint64) { c.DCTCP.Enabled = v != 0 }),
			congestionPart("dctcp.ce_state", Number, "1 if the last segment had a mark of congestion", func(c *sock.CongestionInfo) uint64 { return uint64(c.DCTCP.CEState) },
				func(c *sock.CongestionInfo, v uint64) { c.DCTCP.CEState = uint16(v) }),
			congestionPart32("dctcp.alpha", Number, "share of bytes with a mark, of 1024", func(c *sock.CongestionInfo) *uint32 { return &c.DCTCP.Alpha }),
			congestionPart32("dctcp.ab_ecn_bytes", Bytes, "bytes acknowledged with a mark, in this window", func(c *sock.CongestionInfo) *uint32 { return &c.DCTCP.ABECN }),
			congestionPart32("dctcp.ab_tot_bytes", Bytes, "bytes acknowledged, in this window", func(c *sock.CongestionInfo) *uint32 { return &c.DCTCP.ABTotal }),
		}
	}),
	congestionObject("bbr", sock.CongestionBBR, "what bbr tells: struct tcp_bbr_info of linux/inet_diag.h", func() []*Fact {
		return []*Fact{
			ofRate(congestionPart("bbr.bw_bytes_per_second", Bytes, "bandwidth that it found", func(c *sock.CongestionInfo) uint64 { return c.BBR.Bandwidth },
				func(c *sock.CongestionInfo, v uint64) { c.BBR.Bandwidth = v })),
			unsetFrom(1<<32-1, congestionPart32("bbr.min_rtt_us", Duration, "round-trip time, the least lately", func(c *sock.CongestionInfo) *uint32 { return &c.BBR.MinRTT })),
			gain(congestionPart32("bbr.pacing_gain_256ths", Number, "pacing as a multiple of the bandwidth, of 256", func(c *sock.CongestionInfo) *uint32 { return &c.BBR.PacingGain })),
			gain(congestionPart32("bbr.cwnd_gain_256ths", Number, "window as a multiple of bandwidth and round trip, of 256", func(c *sock.CongestionInfo) *uint32 { return &c.BBR.CwndGain })),
		}
	}),
}

// congestionObject is a fact of the sockets whose congestion control is of a kind.
func congestionObject(name string, kind sock.CongestionKind, doc string, parts func() []*Fact) *Fact {
	is := func(s *sock.Socket) bool { return s.CongestionInfo != nil && s.CongestionInfo.Kind == kind }
	ofKind := func() []*Fact {
		made := parts()
		for _, p := range made {
			number := p.number
			p.number = func(s *sock.Socket) (uint64, bool) {
				if !is(s) {
					return 0, false
				}
				return number(s)
			}
		}
		return made
	}
	return &Fact{
		Name: name, Kind: Object, Needs: sock.FieldCongestionInfo, Optional: true, Option: "info", Words: "TCP's inner facts",
		Doc: doc, parts: ofKind, has: is,
		begin: func(s *sock.Socket) { s.CongestionInfo = &sock.CongestionInfo{Kind: kind} },
	}
}

// congestionPart is a part of such an object. Its alias, which is its label too,
// has the name of the object and no unit: "bbr_min_rtt".
func congestionPart(name string, kind Kind, doc string, get func(*sock.CongestionInfo) uint64, set func(*sock.CongestionInfo, uint64)) *Fact {
	f := &Fact{Name: name, Kind: kind, Doc: doc}
	bare := name
	switch kind {
	case Bytes:
		f.Unit = sock.UnitBytes
		bare = strings.TrimSuffix(strings.TrimSuffix(bare, "_bytes"), "_bytes_per_second")
	case Duration:
		f.Unit = sock.UnitMicroseconds
		bare = strings.TrimSuffix(bare, "_us")
	}
	f.label = strings.ReplaceAll(strings.TrimSuffix(bare, "_256ths"), ".", "_")
	f.Aliases, f.Example = []string{f.label}, f.label+" > 0"
	if kind == Bool {
		f.Example = f.label + " = true"
	}
	f.number = func(s *sock.Socket) (uint64, bool) { return get(s.CongestionInfo), true }
	f.setNumber = func(s *sock.Socket, v uint64) { set(s.CongestionInfo, v) }
	return f
}

func congestionPart32(name string, kind Kind, doc string, at func(*sock.CongestionInfo) *uint32) *Fact {
	f := congestionPart(name, kind, doc,
		func(c *sock.CongestionInfo) uint64 { return uint64(*at(c)) },
		func(c *sock.CongestionInfo, v uint64) { *at(c) = uint32(v) })
	f.Most = 1<<32 - 1
	return f
}

// unsetFrom makes a value that was never measured one that is not known.
func unsetFrom(none uint64, f *Fact) *Fact {
	number := f.number
	f.number = func(s *sock.Socket) (uint64, bool) {
		v, ok := number(s)
		return v, ok && v != none
	}
	return f
}

func ofRate(f *Fact) *Fact {
	f.Unit = sock.UnitBytesPerSecond
	return f
}

// gain is a factor, which people see as such: 2.89.
func gain(f *Fact) *Fact {
	f.show = func(_ *View, dst []byte, s *sock.Socket) []byte {
		v, ok := f.Number(s)
		if !ok {
			return dst
		}
		return strconv.AppendFloat(dst, float64(v)/256, 'g', 3, 64)
	}
	return f
}
