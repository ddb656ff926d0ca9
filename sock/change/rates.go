package change

import (
	"math"
	"time"

	"sockeye/sock"
)

// SetRates gives a TCP connection the rates at which its counters moved between two
// listings, as far as the counters are known in both. A counter of 32 bits may have
// wrapped, those of bytes have 64 and never go back; if one does, no rate is known.
func SetRates(before, after *sock.Socket, took time.Duration) {
	if took <= 0 || after.Protocol != sock.TCP || !connected(before) || !connected(after) {
		return
	}
	m := movement{before.TCPInfo, after.TCPInfo, took.Seconds()}
	r := &after.Rates
	m.rate(r, sock.RateReceive, &r.Receive, sock.TCPInfoBytesReceived)
	m.rate(r, sock.RateSend, &r.Send, sock.TCPInfoBytesAcked)
	m.rate(r, sock.RateSegsIn, &r.SegsIn, sock.TCPInfoSegsIn)
	m.rate(r, sock.RateSegsOut, &r.SegsOut, sock.TCPInfoSegsOut)
	again, known := m.of(sock.TCPInfoTotalRetrans)
	sent, counted := m.of(sock.TCPInfoDataSegsOut)
	// A SYN and a FIN that are sent again have no data.
	if whole := max(sent, again); known && counted && whole > 0 {
		r.RetransShare = uint32(math.Round(float64(again) / float64(whole) * sock.Millionths))
		r.Known |= sock.RateRetransShare
	}
	if r.Known != 0 {
		after.Known |= sock.FieldRates
	}
}

// connected reports whether the counters of a socket are those of a connection: a
// listener has some too, that mean something else or nothing.
func connected(s *sock.Socket) bool {
	return s.TCPInfo != nil && s.Knows(sock.FieldTCPInfo) && !s.Listening()
}

// movement is what happened to the counters of a connection in some seconds.
type movement struct {
	before, after *sock.TCPInfo
	seconds       float64
}

// rate sets one rate if its counter is known in both listings.
func (m movement) rate(r *sock.Rates, member sock.RateSet, into *uint64, counter sock.TCPInfoField) {
	if by, known := m.of(counter); known {
		*into = uint64(math.Round(float64(by) / m.seconds))
		r.Known |= member
	}
}

// of returns how far a counter moved.
func (m movement) of(f sock.TCPInfoField) (by uint64, known bool) {
	was, told := m.before.Get(f)
	is, still := m.after.Get(f)
	if !told || !still {
		return 0, false
	}
	if is < was && f.Member().Bytes == 4 {
		return uint64(uint32(is) - uint32(was)), true
	}
	return is - was, is >= was
}
