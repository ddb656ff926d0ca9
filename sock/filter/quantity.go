package filter

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// longestNumber bounds the operands that are read as numbers, so that reading
// one takes no time worth mentioning.
const longestNumber = 64

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
	if s == "" || s[0] == '+' {
		return 0, errNotNumber
	}
	v, err := strconv.ParseUint(s, base, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errRange
	}
	if err != nil {
		return 0, errNotNumber
	}
	return v, nil
}

// splitQuantity splits the number in front of a unit: digits, with one point
// among them or without.
func splitQuantity(s string) (number *big.Rat, rest string, ok bool) {
	i, points := 0, 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		if s[i] == '.' {
			points++
		}
		i++
	}
	if i == points || points > 1 {
		return nil, s, false
	}
	number, ok = new(big.Rat).SetString(s[:i])
	return number, s[i:], ok
}

// wholes turns an exact quantity into what it means among whole numbers.
func wholes(r *big.Rat) (interval, error) {
	floor := new(big.Int).Quo(r.Num(), r.Denom())
	if !floor.IsUint64() {
		return interval{}, errRange
	}
	v := floor.Uint64()
	if r.IsInt() {
		return interval{v, v}, nil
	}
	if v == maxNumber {
		return interval{}, errRange
	}
	return interval{v + 1, v}, nil
}

// byteUnits: k is 1000, Ki 1024.
var byteUnits = "kmgtpe"

// parseBytes reads a number of bytes: 10k, 4MiB, 1.5G, 10M/s.
func parseBytes(s string) (interval, error) {
	if len(s) > longestNumber {
		return interval{}, errRange
	}
	if _, ok := cutHex(s); ok {
		v, err := parseNumber(s)
		return interval{v, v}, err
	}
	n, unit, ok := splitQuantity(s)
	if !ok {
		return interval{}, errors.New("is not a number of bytes")
	}
	unit = strings.ToLower(unit)
	unit = strings.TrimSuffix(unit, "/s")
	unit = strings.TrimSuffix(unit, "b")
	unit, binary := strings.CutSuffix(unit, "i")
	power := 0
	if unit != "" {
		power = strings.Index(byteUnits, unit) + 1
		if power == 0 || len(unit) > 1 {
			return interval{}, errors.New("has an unknown unit; the units are k M G T (1000) and Ki Mi Gi Ti (1024)")
		}
	}
	if unit == "" && binary {
		return interval{}, errors.New("has an unknown unit; the units are k M G T (1000) and Ki Mi Gi Ti (1024)")
	}
	step := int64(1000)
	if binary {
		step = 1024
	}
	factor := new(big.Int).Exp(big.NewInt(step), big.NewInt(int64(power)), nil)
	return wholes(n.Mul(n, new(big.Rat).SetInt(factor)))
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

// parseDuration reads a time span, 50ms, 1.5s or 1h30m, in whole units. A
// number without a unit is in bare.
func parseDuration(s string, unit, bare time.Duration) (interval, error) {
	if len(s) > longestNumber {
		return interval{}, errRange
	}
	sum := new(big.Rat)
	for first := true; first || s != ""; first = false {
		n, rest, ok := splitQuantity(s)
		if !ok {
			return interval{}, errors.New("is not a time span")
		}
		size := bare
		switch {
		case rest != "":
			if size, rest, ok = cutUnit(rest); !ok {
				return interval{}, errors.New("has an unknown unit; the units are ns us ms s m h d w")
			}
		case !first:
			return interval{}, errors.New("has a number without a unit")
		}
		sum.Add(sum, n.Mul(n, new(big.Rat).SetInt64(int64(size))))
		s = rest
	}
	return wholes(sum.Quo(sum, new(big.Rat).SetInt64(int64(unit))))
}

func cutUnit(s string) (time.Duration, string, bool) {
	for _, u := range durationUnits {
		if len(s) >= len(u.name) && strings.EqualFold(s[:len(u.name)], u.name) {
			return u.unit, s[len(u.name):], true
		}
	}
	return 0, s, false
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
	if len(s) > longestNumber {
		return interval{}, errRange
	}
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
		if start.Unix() < 0 || end.Unix() > maxUnix {
			return interval{}, errRange
		}
		return interval{unixNano(start), unixNano(end) - 1}, nil
	}
	return interval{}, errors.New("is not a point in time such as 2026-11-20 or 2026-11-20T14:03:10Z")
}

// parseUnix reads seconds since 1970, with a fraction if they are exact.
func parseUnix(s string) (interval, error) {
	n, rest, ok := splitQuantity(s)
	if !ok || rest != "" {
		return interval{}, errNotNumber
	}
	v, err := wholes(n.Mul(n, new(big.Rat).SetInt64(int64(time.Second))))
	if err == nil && !strings.Contains(s, ".") {
		if v.hi > maxNumber-uint64(time.Second) {
			return interval{}, errRange
		}
		v.hi += uint64(time.Second) - 1
	}
	return v, err
}
