package sock

import (
	"math"
	"strings"
	"testing"
)

// TestTCPInfoSetHoldsEveryMember: the set has a place of its own for every value
// of TCPInfoField, so it cannot overflow before the type does.
func TestTCPInfoSetHoldsEveryMember(t *testing.T) {
	for f := range math.MaxUint8 + 1 {
		var s tcpInfoSet
		s.add(TCPInfoField(f))
		for g := range math.MaxUint8 + 1 {
			if s.has(TCPInfoField(g)) != (f == g) {
				t.Fatalf("after %d was added, %d is in the set: %v", f, g, !(f == g))
			}
		}
	}
	if int(TCPInfoFieldCount) > math.MaxUint8 {
		t.Fatalf("%d members do not fit TCPInfoField", TCPInfoFieldCount)
	}
}

// TestTCPInfoMembers: every member has a name of its own that ends in its unit, and
// says what it means.
func TestTCPInfoMembers(t *testing.T) {
	suffixes := map[Unit]string{
		UnitNone: "", UnitBytes: "bytes", UnitBytesPerSecond: "_bytes_per_second", UnitMicroseconds: "_us", UnitMilliseconds: "_ms",
	}
	seen := map[string]bool{}
	for f := range TCPInfoFieldCount {
		m := f.Member()
		suffix, known := suffixes[m.Unit]
		if m.Name == "" || seen[m.Name] || m.Meaning == "" || m.Bytes == 0 || !known {
			t.Errorf("member %d: %+v", f, m)
		}
		if !strings.HasSuffix(m.Name, suffix) && !strings.HasPrefix(m.Name, suffix+"_") {
			t.Errorf("%s counts %v", m.Name, m.Unit)
		}
		seen[m.Name] = true
	}
}

// TestTCPInfoUnlimited: what stands for no value is not known, whoever sets it.
func TestTCPInfoUnlimited(t *testing.T) {
	for f, none := range map[TCPInfoField][]uint64{
		TCPInfoPacingRate: {math.MaxUint64}, TCPInfoMaxPacingRate: {math.MaxUint64}, TCPInfoMinRTT: {math.MaxUint32},
		TCPInfoSndSsthresh: {math.MaxInt32, math.MaxUint32},
	} {
		for _, v := range none {
			var info TCPInfo
			if info.Set(f, v); info != (TCPInfo{}) {
				t.Errorf("%v is known after %d was set", f, v)
			}
		}
		var info TCPInfo
		info.Set(f, none[0]-1)
		if v, ok := info.Get(f); !ok || v != none[0]-1 {
			t.Errorf("%v is %d, %v", f, v, ok)
		}
	}
}
