package fact

import (
	"math"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
)

// Label is what people call the fact where it has no column: its name in JSON
// without the unit, which stands behind the value.
func (f *Fact) Label() string {
	if f.label != "" {
		return f.label
	}
	return strings.TrimSuffix(f.member, unitKinds[f.Unit].suffix)
}

// labels are shorter names of members of struct tcp_info, which are aliases too.
var labels = map[sock.TCPInfoField]string{
	sock.TCPInfoOptions:                "opts",
	sock.TCPInfoPacingRate:             "pacing",
	sock.TCPInfoMaxPacingRate:          "max_pacing",
	sock.TCPInfoDeliveryRateAppLimited: "app_limited",
}

// Tells reports whether the fact says more about a socket than what holds for
// most: it is known, and not 0, false, none or what else is usual.
func (f *Fact) Tells(s *sock.Socket) bool {
	if f.silent || !f.Known(s) {
		return false
	}
	if f.values != nil {
		return f.values.count(s) > 0
	}
	if f.Textual() {
		text, _ := f.Text(s)
		return text != f.usualText
	}
	if v, ok := f.Number(s); ok && f.Kind != Time {
		return v != f.usual
	}
	return true
}

// appendHuman appends a number as people read it, with the unit that fits it.
func (f *Fact) appendHuman(dst []byte, n uint64) []byte {
	switch f.Unit {
	case sock.UnitBytes:
		return appendSize(dst, n, "")
	case sock.UnitBytesPerSecond:
		return appendSize(dst, n, "/s")
	}
	unit := f.Unit.Duration()
	if unit == 0 || n > uint64(math.MaxInt64/unit) {
		return append(strconv.AppendUint(dst, n, 10), strings.TrimPrefix(unitKinds[f.Unit].suffix, "_")...)
	}
	return appendSpan(dst, time.Duration(n)*unit)
}

// SizeText shows bytes as facts are shown that count them.
func SizeText(bytes uint64) string { return string(appendSize(nil, bytes, "")) }

// appendSize shows bytes: all of them below 10 kB, as of segments, and three digits
// above: 1448 B, 65.5 kB, 36 GB. The units are powers of 1000, as in filters.
func appendSize(dst []byte, n uint64, per string) []byte {
	const units = " kMGTPE"
	i, v := 0, float64(n)
	if n < 10_000 {
		dst = append(strconv.AppendUint(dst, n, 10), " B"...)
		return append(dst, per...)
	}
	for v >= 999.5 {
		i, v = i+1, v/1000
	}
	dst = append(appendDigits(dst, v), ' ', units[i], 'B')
	return append(dst, per...)
}

// appendSpan shows a time span: 12us, 6.41ms, 1.5s, 1m29s.
func appendSpan(dst []byte, d time.Duration) []byte {
	switch {
	case d >= time.Minute:
		return appendDuration(dst, d)
	case d >= time.Second:
		return append(appendDigits(dst, d.Seconds()), 's')
	case d >= time.Millisecond:
		return append(appendDigits(dst, float64(d)/float64(time.Millisecond)), "ms"...)
	}
	return append(strconv.AppendInt(dst, d.Microseconds(), 10), "us"...)
}

// appendDigits appends a number below 1000 with three digits at most.
func appendDigits(dst []byte, v float64) []byte {
	decimals := 2
	switch {
	case v >= 99.95:
		decimals = 0
	case v >= 9.995:
		decimals = 1
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return append(dst, text...)
}

// tcpOptions are the bits of tcpi_options, TCPI_OPT_* of linux/tcp.h, in the words
// of ss.
var tcpOptions = []string{"ts", "sack", "wscale", "ecn", "ecnseen", "fastopen", "usec_ts", "tfo_child"}

var tcpOptionMeanings = [...]string{
	"timestamps are in use", "selective acknowledgements are in use", "the window is scaled", "ECN was agreed on",
	"a packet with ECT arrived", "data in the SYN was acknowledged (TCP Fast Open)", "timestamps count microseconds",
	"made by TCP Fast Open: accepted with data in the SYN",
}

// tcpInfoNames are the names for the values of members, and tcpInfoFlags those of
// their bits.
var (
	tcpInfoNames = map[sock.TCPInfoField][]string{
		sock.TCPInfoCAState:       congestionStates,
		sock.TCPInfoECNMode:       {"disabled", "rfc3168", "accecn", "pending"},
		sock.TCPInfoAccECNOptSeen: {"not_seen", "empty", "counters", "failed"},
	}
	tcpInfoFlags = map[sock.TCPInfoField][]string{
		sock.TCPInfoOptions:        tcpOptions,
		sock.TCPInfoAccECNFailMode: {"bits_sent", "bits_received", "option_sent", "option_received"},
	}
)

// showFlags shows the names of the bits that are set: "ts,sack,wscale". Bits
// without a name stand behind them as a number.
func (f *Fact) showFlags(names []string) func(*View, []byte, *sock.Socket) []byte {
	return func(_ *View, dst []byte, s *sock.Socket) []byte {
		bits, ok := f.Number(s)
		if !ok {
			return dst
		}
		start := len(dst)
		for i, name := range names {
			if bits&(1<<i) == 0 {
				continue
			}
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst, bits = append(dst, name...), bits&^(1<<i)
		}
		switch {
		case bits == 0 && len(dst) > start:
			return dst
		case len(dst) > start:
			dst = append(dst, ',')
		}
		if bits == 0 {
			return append(dst, '0')
		}
		return strconv.AppendUint(append(dst, "0x"...), bits, 16)
	}
}

// congestionStates are the values of tcpi_ca_state, TCP_CA_* of linux/tcp.h.
var congestionStates = []string{"open", "disorder", "cwr", "recovery", "loss"}

// showName shows the name for a number, or the number if it has none.
func (f *Fact) showName(names []string) func(*View, []byte, *sock.Socket) []byte {
	return func(_ *View, dst []byte, s *sock.Socket) []byte {
		n, ok := f.Number(s)
		switch {
		case !ok:
			return dst
		case n < uint64(len(names)):
			return append(dst, names[n]...)
		}
		return strconv.AppendUint(dst, n, 10)
	}
}
