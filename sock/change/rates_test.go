package change

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// start is when the first listing of every test reads.
var start = time.Date(2026, 11, 20, 14, 3, 10, 0, time.UTC)

// counted is a connection with some counters.
func counted(at time.Duration, counters map[sock.TCPInfoField]uint64) *sock.Socket {
	s := &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, ReadAt: start.Add(at),
		Known: sock.FieldCookie | sock.FieldTCPInfo, Cookie: 7, TCPInfo: new(sock.TCPInfo),
	}
	for f, v := range counters {
		s.TCPInfo.Set(f, v)
	}
	return s
}

func TestRates(t *testing.T) {
	type counters = map[sock.TCPInfoField]uint64
	for name, test := range map[string]struct {
		before, after counters
		want          sock.Rates
	}{
		"all": {
			counters{sock.TCPInfoBytesReceived: 1000, sock.TCPInfoBytesAcked: 5, sock.TCPInfoSegsIn: 1, sock.TCPInfoSegsOut: 2, sock.TCPInfoTotalRetrans: 3, sock.TCPInfoDataSegsOut: 100},
			counters{sock.TCPInfoBytesReceived: 2001, sock.TCPInfoBytesAcked: 6, sock.TCPInfoSegsIn: 5, sock.TCPInfoSegsOut: 2, sock.TCPInfoTotalRetrans: 4, sock.TCPInfoDataSegsOut: 180},
			sock.Rates{Known: 2*sock.RateRetransShare - 1, Receive: 501, Send: 1, SegsIn: 2, RetransShare: 12500},
		},
		"nothing moved": {
			counters{sock.TCPInfoBytesReceived: 1000, sock.TCPInfoTotalRetrans: 3, sock.TCPInfoDataSegsOut: 100},
			counters{sock.TCPInfoBytesReceived: 1000, sock.TCPInfoTotalRetrans: 3, sock.TCPInfoDataSegsOut: 100},
			sock.Rates{Known: sock.RateReceive},
		},
		"an old kernel":  {counters{sock.TCPInfoTotalRetrans: 1}, counters{sock.TCPInfoTotalRetrans: 2}, sock.Rates{}},
		"only one knows": {counters{}, counters{sock.TCPInfoBytesAcked: 9}, sock.Rates{}},
		"a SYN again": {
			counters{sock.TCPInfoTotalRetrans: 1, sock.TCPInfoDataSegsOut: 0}, counters{sock.TCPInfoTotalRetrans: 2, sock.TCPInfoDataSegsOut: 0},
			sock.Rates{Known: sock.RateRetransShare, RetransShare: sock.Millionths},
		},
		"32 bits wrap":   {counters{sock.TCPInfoSegsIn: 1<<32 - 10}, counters{sock.TCPInfoSegsIn: 10}, sock.Rates{Known: sock.RateSegsIn, SegsIn: 10}},
		"64 bits do not": {counters{sock.TCPInfoBytesAcked: 10}, counters{sock.TCPInfoBytesAcked: 9}, sock.Rates{}},
	} {
		before, after := counted(0, test.before), counted(2*time.Second, test.after)
		SetRates(before, after, 2*time.Second)
		if diff := cmp.Diff(test.want, after.Rates); diff != "" || after.Knows(sock.FieldRates) != (test.want.Known != 0) {
			t.Errorf("%s: known %t, %s", name, after.Knows(sock.FieldRates), diff)
		}
	}
}

// TestNoRates are sockets that have none, whatever they count.
func TestNoRates(t *testing.T) {
	moved := func() (before, after *sock.Socket) {
		return counted(0, map[sock.TCPInfoField]uint64{sock.TCPInfoSegsIn: 1}), counted(time.Second, map[sock.TCPInfoField]uint64{sock.TCPInfoSegsIn: 9})
	}
	for name, change := range map[string]func(before, after *sock.Socket) time.Duration{
		"a listener":         func(b, a *sock.Socket) time.Duration { b.State, a.State = sock.Listen, sock.Listen; return time.Second },
		"now a connection":   func(b, a *sock.Socket) time.Duration { b.State = sock.Listen; return time.Second },
		"in TIME_WAIT":       func(b, a *sock.Socket) time.Duration { a.TCPInfo, a.State = nil, sock.TimeWait; return time.Second },
		"not TCP":            func(b, a *sock.Socket) time.Duration { a.Protocol = sock.MPTCP; return time.Second },
		"no time":            func(b, a *sock.Socket) time.Duration { return 0 },
		"a clock that leaps": func(b, a *sock.Socket) time.Duration { return -time.Second },
	} {
		before, after := moved()
		if SetRates(before, after, change(before, after)); after.Knows(sock.FieldRates) || after.Rates != (sock.Rates{}) {
			t.Errorf("%s has rates: %+v", name, after.Rates)
		}
	}
	before, after := moved()
	if SetRates(before, after, time.Second); !after.Knows(sock.FieldRates) || after.Rates.SegsIn != 8 {
		t.Errorf("a connection has none: %+v", after.Rates)
	}
}
