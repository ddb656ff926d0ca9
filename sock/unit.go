package sock

import "time"

// Unit is what the number of a fact counts.
type Unit uint8

// The units. None is a plain number.
const (
	UnitNone Unit = iota
	UnitBytes
	UnitBytesPerSecond
	UnitNanoseconds
	UnitMicroseconds
	UnitMilliseconds
	unitEnd
)

var unitNames = [...]string{
	UnitNone:           "",
	UnitBytes:          "bytes",
	UnitBytesPerSecond: "bytes per second",
	UnitNanoseconds:    "nanoseconds",
	UnitMicroseconds:   "microseconds",
	UnitMilliseconds:   "milliseconds",
}

// String returns the unit in words, such as "bytes per second"; nothing for a
// plain number.
func (u Unit) String() string {
	if u >= unitEnd {
		return ""
	}
	return unitNames[u]
}

// Duration returns the span of time that one of the unit is, 0 if it is none.
func (u Unit) Duration() time.Duration {
	switch u {
	case UnitNanoseconds:
		return time.Nanosecond
	case UnitMicroseconds:
		return time.Microsecond
	case UnitMilliseconds:
		return time.Millisecond
	}
	return 0
}
