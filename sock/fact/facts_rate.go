package fact

import (
	"math"
	"strconv"
	"time"

	"sockeye/sock"
)

// rateFacts are known from the second of several listings on: see sock/change.
var rateFacts = []*Fact{
	rate(Fact{
		Name: "recv_rate", Aliases: []string{"receive_rate", "in_rate"}, Kind: Bytes, Unit: sock.UnitBytesPerSecond,
		Doc: "bytes that TCP received, from one pass of --watch to the next", Example: "recv_rate > 1M",
	}, sock.RateReceive, func(r *sock.Rates) *uint64 { return &r.Receive }),
	rate(Fact{
		Name: "send_rate", Aliases: []string{"out_rate"}, Kind: Bytes, Unit: sock.UnitBytesPerSecond,
		Doc: "bytes that TCP sent and the peer acknowledged, from one pass of --watch to the next", Example: "send_rate >= 100k",
	}, sock.RateSend, func(r *sock.Rates) *uint64 { return &r.Send }),
	rate(Fact{
		Name: "segs_in_rate", Kind: Number,
		Doc: "segments that TCP received in a second, from one pass of --watch to the next", Example: "segs_in_rate > 1000",
	}, sock.RateSegsIn, func(r *sock.Rates) *uint64 { return &r.SegsIn }),
	rate(Fact{
		Name: "segs_out_rate", Kind: Number,
		Doc: "segments that TCP sent in a second, from one pass of --watch to the next", Example: "segs_out_rate > 1000",
	}, sock.RateSegsOut, func(r *sock.Rates) *uint64 { return &r.SegsOut }),
	rate(Fact{
		Name: "retrans_share", Kind: Share, Most: sock.Millionths,
		Doc: "part of the segments that TCP sent with data which it had sent before, from one pass of --watch to the next", Example: "retrans_share > 1%",
	}, sock.RateRetransShare, func(r *sock.Rates) *uint32 { return &r.RetransShare }),
	{
		Name: "socket_age_ms", Aliases: []string{"socket_age"}, Kind: Duration, Unit: sock.UnitMilliseconds,
		Most: math.MaxInt64 / uint64(time.Millisecond), Needs: sock.FieldAge, Optional: true, Option: "extended",
		Header: "SOCKET-AGE", Words: "ages of sockets", human: true, clock: true,
		Doc: "how long the socket has been there at least: since it was bound where the system remembers that, else since --watch saw it open", Example: "socket_age < 10s",
		number:    func(s *sock.Socket) (uint64, bool) { return uint64(max(0, s.Age.Milliseconds())), true },
		setNumber: func(s *sock.Socket, v uint64) { s.Age = time.Duration(v) * time.Millisecond },
	},
}

// rate is how fast a counter moved.
func rate[T uint32 | uint64](f Fact, member sock.RateSet, at func(*sock.Rates) *T) *Fact {
	f.Needs, f.Optional, f.Option, f.Words = sock.FieldRates, true, "info", "rates"
	f.human = f.Unit != sock.UnitNone
	f.number = func(s *sock.Socket) (uint64, bool) { return uint64(*at(&s.Rates)), s.Rates.Known&member != 0 }
	f.setNumber = func(s *sock.Socket, v uint64) {
		*at(&s.Rates) = T(v)
		s.Rates.Known |= member
	}
	return &f
}

// appendShare appends millionths as a number from 0 to 1.
func appendShare(dst []byte, millionths uint64) []byte {
	return strconv.AppendFloat(dst, float64(millionths)/sock.Millionths, 'f', -1, 64)
}

// appendPercent appends millionths as people read them: 1.25%.
func appendPercent(dst []byte, millionths uint64) []byte {
	return append(appendDigits(dst, float64(millionths)/(sock.Millionths/100)), '%')
}

// readShare reads what appendShare has written.
func readShare(text string) (millionths uint64, ok bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1 {
		return 0, false
	}
	return uint64(math.Round(v * sock.Millionths)), true
}
