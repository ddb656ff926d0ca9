package filter

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// exactly is what a quantity means among whole numbers, by rational numbers. All
// its digits must fit 64 bits.
func exactly(number string, factor, unit int64) (v interval, ok bool) {
	if strings.Contains(number, ".") {
		digits := strings.Replace(strings.TrimRight(number, "0"), ".", "", 1)
		if _, err := parseDigits(digits, 10); err != nil {
			return v, false
		}
	}
	r, _ := new(big.Rat).SetString(number)
	r.Mul(r, big.NewRat(factor, unit))
	floor := new(big.Int).Quo(r.Num(), r.Denom())
	if !floor.IsUint64() {
		return v, false
	}
	v.lo, v.hi = floor.Uint64(), floor.Uint64()
	if !r.IsInt() {
		v.lo++
	}
	return v, v.lo >= v.hi || v.hi+1 == v.lo
}

// TestQuantityIsExact: quantities of bytes up to 2^64, and time spans up to 2^63
// nanoseconds, are exact, as rational numbers have them.
func TestQuantityIsExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(propertySeed, 3))
	inRange := 0
	for range 20_000 {
		number := fmt.Sprint(r.Uint64() >> r.IntN(64))
		if n := r.IntN(12); n > 0 {
			number += "." + strings.Repeat("0", r.IntN(3)) + fmt.Sprintf("%0*d", n, r.IntN(10))
		}
		power := r.IntN(7)
		factor := int64(1)
		for range power {
			factor *= 1024
		}
		suffix := ""
		if power > 0 {
			suffix = "kMGTPE"[power-1:power] + "i"
		}
		got, err := parseBytes(number + suffix)
		want, ok := exactly(number, factor, 1)
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%s%s bytes are %v (%v), want %v %v", number, suffix, got, err, want, ok)
		}
		unit := pick(r, time.Nanosecond, time.Microsecond, time.Millisecond)
		u := pick(r, durationUnits...)
		got, err = parseDuration(number+u.name, unit, unit)
		want, ok = exactly(number, int64(u.unit), int64(unit))
		if ns, fits := exactly(number, int64(u.unit), 1); !fits || ns.lo > math.MaxInt64 {
			ok = false
		}
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%s%s in %v is %v (%v), want %v %v", number, u.name, unit, got, err, want, ok)
		}
		if ok {
			inRange++
		}
	}
	if inRange < 5000 {
		t.Errorf("only %d time spans are in range", inRange)
	}
}
