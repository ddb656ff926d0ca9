package fact

import (
	"math/bits"
	"strings"
	"time"

	"sockeye/sock"
)

// tcpInfoParts makes a fact of each member of struct tcp_info, and of what ss
// makes of some of them. The unit is in the name, and an alias goes without.
func tcpInfoParts() []*Fact {
	var parts []*Fact
	for i := range sock.TCPInfoFieldCount {
		parts = append(parts, tcpInfoPart(i))
	}
	parts[sock.TCPInfoState].silent = true  // the row has it
	parts[sock.TCPInfoReordering].usual = 3 // TCP_FASTRETRANS_THRESH of net/tcp.h
	parts[sock.TCPInfoDeliveryRateAppLimited].flag = true
	for i, names := range tcpInfoNames {
		parts[i].show = parts[i].showName(names)
	}
	for i, names := range tcpInfoFlags {
		parts[i].show = parts[i].showFlags(names)
	}
	for bit := range tcpOptions {
		parts = append(parts, tcpOptionPart(bit))
	}
	return append(parts, tcpSendPart)
}

// unitKinds say how what a unit counts is compared, and by which example.
var unitKinds = map[sock.Unit]struct {
	kind    Kind
	suffix  string
	operand string
}{
	sock.UnitNone:           {Number, "", "0"},
	sock.UnitBytes:          {Bytes, "_bytes", "10k"},
	sock.UnitBytesPerSecond: {Bytes, "_bytes_per_second", "1M"},
	sock.UnitMicroseconds:   {Duration, "_us", "50ms"},
	sock.UnitMilliseconds:   {Duration, "_ms", "1.5s"},
}

// tcpInfoMemberNames has every member, by its name in JSON.
var tcpInfoMemberNames = func() map[string]bool {
	names := map[string]bool{}
	for i := range sock.TCPInfoFieldCount {
		names[i.String()] = true
	}
	return names
}()

// tcpInfoWords are the words of ss for members that are called otherwise here.
var tcpInfoWords = map[sock.TCPInfoField]string{
	sock.TCPInfoSndMSS:       "mss",
	sock.TCPInfoSndCwnd:      "cwnd",
	sock.TCPInfoSndSsthresh:  "ssthresh",
	sock.TCPInfoLastDataSent: "lastsnd",
	sock.TCPInfoLastDataRecv: "lastrcv",
	sock.TCPInfoLastAckRecv:  "lastack",
	sock.TCPInfoBusyTime:     "busy",
}

func tcpInfoPart(i sock.TCPInfoField) *Fact {
	m := i.Member()
	unit := unitKinds[m.Unit]
	short := strings.TrimSuffix(m.Name, unit.suffix)
	if tcpInfoMemberNames[short] {
		short = m.Name // delivered_ce counts segments, delivered_ce_bytes does not
	}
	f := &Fact{Name: "tcp_info." + m.Name, Aliases: []string{m.Name}, Kind: unit.kind, Unit: m.Unit, Doc: m.Meaning,
		Example: short + " > " + unit.operand, label: short, clock: sinceLast(m.Name),
		number: func(s *sock.Socket) (uint64, bool) {
			if s.TCPInfo == nil {
				return 0, false
			}
			return s.TCPInfo.Get(i)
		},
		setNumber: func(s *sock.Socket, v uint64) { s.TCPInfo.Set(i, v) },
	}
	switch {
	case i == sock.TCPInfoState: // every socket has a state; this is the kernel's number
		f.Aliases, f.Example = nil, "tcp_info.state = 1"
	case short != m.Name:
		f.Aliases = append(f.Aliases, short)
	}
	if label := labels[i]; label != "" {
		f.label, f.Aliases = label, append(f.Aliases, label)
	}
	if word := tcpInfoWords[i]; word != "" {
		f.Aliases = append(f.Aliases, word)
	}
	return f
}

// tcpOptionPart is one of the options that tcpi_options holds, by the word of ss.
func tcpOptionPart(bit int) *Fact {
	word := tcpOptions[bit]
	return &Fact{Name: "tcp_info." + word, Aliases: []string{word}, Kind: Bool, Only: true, silent: true,
		Doc: tcpOptionMeanings[bit], Example: word + " = true",
		number: func(s *sock.Socket) (uint64, bool) {
			if s.TCPInfo == nil {
				return 0, false
			}
			options, ok := s.TCPInfo.Get(sock.TCPInfoOptions)
			return options >> bit & 1, ok
		},
		setNumber: func(s *sock.Socket, v uint64) {
			options, _ := s.TCPInfo.Get(sock.TCPInfoOptions)
			s.TCPInfo.Set(sock.TCPInfoOptions, options|v<<bit)
		},
	}
}

// tcpSendPart is what ss calls send: a congestion window in a round trip.
var tcpSendPart = &Fact{
	Name: "tcp_info.send_bytes_per_second", Aliases: []string{"send", "send_bytes_per_second"}, Kind: Bytes, Unit: sock.UnitBytesPerSecond,
	Doc: "rate of one congestion window in a round trip: snd_cwnd * snd_mss / rtt", Example: "send > 1M", silent: true,
	number: func(s *sock.Socket) (uint64, bool) {
		if s.TCPInfo == nil {
			return 0, false
		}
		window, known := s.TCPInfo.Get(sock.TCPInfoSndCwnd)
		size, sized := s.TCPInfo.Get(sock.TCPInfoSndMSS)
		rtt, timed := s.TCPInfo.Get(sock.TCPInfoRTT)
		if !known || !sized || !timed || rtt == 0 {
			return 0, false
		}
		// Two members of 32 bits: the product fits, and a million times it may not.
		hi, lo := bits.Mul64(window*size, uint64(time.Second/time.Microsecond))
		if hi >= rtt {
			return 0, false
		}
		rate, _ := bits.Div64(hi, lo, rtt)
		return rate, true
	},
	setNumber: func(*sock.Socket, uint64) {}, // it follows from the others
}
