package filter

import (
	"cmp"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

var (
	errRange     = errors.New("is out of range")
	errNotNumber = errors.New("is not a number")
)

// parseNumber reads a whole number: decimal, or hexadecimal after 0x.
func parseNumber(s string) (uint64, error) {
	base := 10
	if rest, ok := cutHex(s); ok {
		s, base = rest, 16
	}
	return parseDigits(s, base)
}

// parseHex reads a hexadecimal number, with 0x or without.
func parseHex(s string) (uint64, error) {
	if rest, ok := cutHex(s); ok {
		s = rest
	}
	v, err := parseDigits(s, 16)
	if err == errNotNumber {
		err = errors.New("is not a hexadecimal number")
	}
	return v, err
}

func cutHex(s string) (string, bool) {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return s[2:], true
	}
	return s, false
}

func parseDigits(s string, base int) (uint64, error) {
	v, err := strconv.ParseUint(s, base, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errRange
	}
	if err != nil {
		return 0, errNotNumber
	}
	return v, nil
}

// quantity is a number with decimals: digits / scale. All of its digits together
// fit 64 bits; more are out of range.
type quantity struct{ digits, scale uint64 }

// mostDecimals is how many decimals a quantity can have: 10^19 fits 64 bits.
const mostDecimals = 19

// splitQuantity splits the number in front of a unit: digits, with one point
// among them or without.
func splitQuantity(s string) (q quantity, rest string, err error) {
	end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(s)
	}
	whole, decimals, _ := strings.Cut(s[:end], ".")
	decimals = strings.TrimRight(decimals, "0")
	if s[:end] == "" || s[:end] == "." || strings.Contains(decimals, ".") {
		return q, s, errNotNumber
	}
	if len(decimals) > mostDecimals {
		return q, s, errRange
	}
	q.scale = 1
	for range decimals {
		q.scale *= 10
	}
	q.digits, err = parseDigits("0"+whole+decimals, 10)
	return q, s[end:], err
}

// times returns what the quantity multiplied by a factor means among whole numbers.
func (q quantity) times(factor uint64) (interval, error) {
	hi, lo := bits.Mul64(q.digits, factor)
	if hi >= q.scale {
		return interval{}, errRange
	}
	whole, rest := bits.Div64(hi, lo, q.scale)
	switch {
	case rest == 0:
		return interval{whole, whole}, nil
	case whole == maxNumber:
		return interval{}, errRange
	}
	return interval{whole + 1, whole}, nil
}

// byteUnits: k is 1000, Ki 1024.
const byteUnits = "kmgtpe"

var errByteUnit = errors.New("has an unknown unit; the units are k M G T (1000) and Ki Mi Gi Ti (1024)")

// parseBytes reads a number of bytes: 10k, 4MiB, 1.5G, 10M/s.
func parseBytes(s string) (interval, error) {
	if _, ok := cutHex(s); ok {
		v, err := parseNumber(s)
		return interval{v, v}, err
	}
	n, unit, err := splitQuantity(s)
	if err == errNotNumber {
		err = errors.New("is not a number of bytes")
	}
	if err != nil {
		return interval{}, err
	}
	unit = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(unit), "/s"), "b")
	unit, binary := strings.CutSuffix(unit, "i")
	power := strings.Index(byteUnits, unit) + 1
	if len(unit) > 1 || power == 0 || unit == "" && binary {
		return interval{}, errByteUnit
	}
	factor, step := uint64(1), uint64(1000)
	if binary {
		step = 1024
	}
	if unit != "" {
		for range power {
			factor *= step
		}
	}
	return n.times(factor)
}

// durationUnits: a unit that is the start of another comes after it.
var durationUnits = []struct {
	name string
	unit time.Duration
}{
	{"ns", time.Nanosecond}, {"us", time.Microsecond}, {"µs", time.Microsecond}, {"μs", time.Microsecond},
	{"ms", time.Millisecond}, {"min", time.Minute}, {"sec", time.Second}, {"s", time.Second},
	{"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}, {"w", 7 * 24 * time.Hour},
}

// parseDuration reads a time span, 50ms, 1.5s or 1h30m, in whole units; it is
// counted in nanoseconds and so at most 292 years. A number without a unit is in
// bare.
func parseDuration(s string, unit, bare time.Duration) (interval, error) {
	var sum interval
	for first := true; first || s != ""; first = false {
		n, rest, err := splitQuantity(s)
		if err == errNotNumber {
			err = errors.New("is not a time span")
		}
		if err != nil {
			return interval{}, err
		}
		size, ok := bare, true
		switch {
		case rest != "":
			if size, rest, ok = cutUnit(rest); !ok {
				return interval{}, errors.New("has an unknown unit; the units are ns us ms s m h d w")
			}
		case !first:
			return interval{}, errors.New("has a number without a unit")
		}
		part, err := n.times(uint64(size))
		if err != nil || part.lo > math.MaxInt64-sum.lo {
			return interval{}, errRange
		}
		sum.lo, sum.hi, s = sum.lo+part.lo, sum.hi+part.hi, rest
	}
	u := uint64(unit)
	return interval{(sum.lo + u - 1) / u, sum.hi / u}, nil
}

func cutUnit(s string) (time.Duration, string, bool) {
	for _, u := range durationUnits {
		if len(s) >= len(u.name) && strings.EqualFold(s[:len(u.name)], u.name) {
			return u.unit, s[len(u.name):], true
		}
	}
	return 0, s, false
}

// parseShare reads a part of a whole, 0.05 or 5%, in millionths.
func parseShare(s string) (interval, error) {
	n, unit, err := splitQuantity(s)
	if err == errNotNumber || err == nil && unit != "" && unit != "%" {
		err = errors.New("is not a part of a whole such as 0.05 or 5%")
	}
	if err != nil {
		return interval{}, err
	}
	whole := uint64(sock.Millionths)
	if unit == "%" {
		whole /= 100
	}
	return n.times(whole)
}

// timeLayouts are the forms of a point in time, each with how long it lasts; 0
// is a day of the calendar.
var timeLayouts = []struct {
	layout string
	lasts  time.Duration
}{
	{"2006-01-02", 0},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04:05", time.Second},
	{"2006-01-02T15:04:05Z07:00", time.Second},
}

// parseTime reads a point in time in nanoseconds since 1970. It lasts as long as
// it is exact: a date means the whole day.
func parseTime(s string, zone *time.Location) (interval, error) {
	if seconds, ok := strings.CutPrefix(s, "@"); ok {
		return parseUnix(seconds)
	}
	s = strings.Replace(s, " ", "T", 1)
	for _, l := range timeLayouts {
		start, err := time.ParseInLocation(l.layout, s, zone)
		if err != nil {
			continue
		}
		end := start.Add(l.lasts)
		switch {
		case l.lasts == 0:
			end = start.AddDate(0, 0, 1)
		case start.Nanosecond() != 0: // Parse takes a fraction after any seconds
			end = start.Add(1)
		}
		if start.Unix() < 0 || end.Unix() > fact.MaxUnix {
			return interval{}, errRange
		}
		return interval{fact.Nanoseconds(start), fact.Nanoseconds(end) - 1}, nil
	}
	return interval{}, errors.New("is not a point in time such as 2026-11-20 or 2026-11-20T14:03:10Z")
}

// parseUnix reads seconds since 1970, with a fraction if they are exact.
func parseUnix(s string) (interval, error) {
	n, rest, err := splitQuantity(s)
	if err != nil || rest != "" {
		return interval{}, cmp.Or(err, errNotNumber)
	}
	v, err := n.times(uint64(time.Second))
	if err == nil && !strings.Contains(s, ".") {
		if v.hi > maxNumber-uint64(time.Second) {
			return interval{}, errRange
		}
		v.hi += uint64(time.Second) - 1
	}
	return v, err
}
