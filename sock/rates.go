package sock

// Rates are how fast the counters of a TCP connection moved between two listings.
// No source tells them: whoever compares listings sets them (sock/change).
type Rates struct {
	Known RateSet
	// RetransShare is how much of the segments that were sent with data was sent
	// before, in millionths. It is not known if none was sent.
	RetransShare uint32
	// Receive and Send are bytes per second: those that arrived in order, and those
	// that the peer has acknowledged.
	Receive, Send uint64
	// SegsIn and SegsOut are segments per second, with data or without.
	SegsIn, SegsOut uint64
}

// Millionths is the whole of what [Rates.RetransShare] is a part of.
const Millionths = 1_000_000

// RateSet says which members of [Rates] are known.
type RateSet uint8

// The members.
const (
	RateReceive RateSet = 1 << iota
	RateSend
	RateSegsIn
	RateSegsOut
	RateRetransShare
)
