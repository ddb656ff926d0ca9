package sockdiag

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
)

// neighbourMessage is a message of a dump of RTM_GETNEIGH.
func neighbourMessage(index uint32, state, flags uint16, attributes ...[]byte) []byte {
	b := appendHeader(nil, rtmNewNeigh, flags)
	b = native.AppendUint32(append(b, 2, 0, 0, 0), index)
	b = append(native.AppendUint16(b, state), 0, 1)
	b = append(b, slices.Concat(attributes...)...)
	seal(b, 1)
	return b
}

// TestNeighbours: those whose hardware address is known, among one that does not answer.
func TestNeighbours(t *testing.T) {
	hardware := attribute(ndaLLAddr, 2, 1, 2, 3, 4, 5)
	whole := slices.Concat(
		neighbourMessage(3, nudStale, 2, attribute(ndaDst, ip("10.0.0.2")...), hardware),
		neighbourMessage(4, nudPermanent, 2, attribute(ndaDst, ip("fd00::2")...), hardware, attribute(3, make([]byte, 16)...)),
		neighbourMessage(3, 0x20, 2, attribute(ndaDst, ip("10.0.0.3")...), hardware),  // NUD_FAILED
		neighbourMessage(3, 0x01, 2, attribute(ndaDst, ip("10.0.0.4")...)),            // NUD_INCOMPLETE
		neighbourMessage(1, 0x40, 2, attribute(ndaDst, ip("127.0.0.1")...), hardware), // NUD_NOARP
		neighbourMessage(3, nudStale, 2, attribute(ndaDst, ip("10.0.0.5")...)),
		neighbourMessage(3, nudStale, 2, attribute(ndaDst, 1, 2, 3), hardware), // of no length that there is
		doneMessage(),
	)
	got, err := Neighbours(whole)
	want := []Neighbour{
		{3, netip.MustParseAddr("10.0.0.2"), "\x02\x01\x02\x03\x04\x05"}, {4, netip.MustParseAddr("fd00::2"), "\x02\x01\x02\x03\x04\x05"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if got, err := Neighbours(append(whole, neighbourMessage(3, nudStale, nlmFDumpIntr)...)); got != nil || !errors.Is(err, ErrInterrupted) {
		t.Errorf("a dump that was interrupted: %v, %v", got, err)
	}
	if _, err := Neighbours(whole[:len(whole)-4]); !errors.Is(err, errCut) {
		t.Errorf("a dump that was cut: %v", err)
	}
	short := appendHeader(nil, rtmNewNeigh, 2)
	short = append(short, make([]byte, ndMsgLen-4)...)
	seal(short, 1)
	if _, err := Neighbours(short); !errors.Is(err, errCut) {
		t.Errorf("a message without its fixed part: %v", err)
	}
}

func FuzzNeighbours(f *testing.F) {
	f.Add(slices.Concat(neighbourMessage(3, nudStale, 2, attribute(ndaDst, ip("10.0.0.2")...), attribute(ndaLLAddr, 2, 1, 2, 3, 4, 5)), doneMessage()))
	f.Add(neighbourMessage(3, nudStale, nlmFDumpIntr, attribute(ndaDst, ip("fe80::1")...)))
	f.Fuzz(func(t *testing.T, dump []byte) {
		all, err := Neighbours(dump)
		if err != nil && all != nil || len(all) > len(dump)/(nlmsgHeaderLen+ndMsgLen) {
			t.Errorf("%d neighbours, %v", len(all), err)
		}
		for _, n := range all {
			if !n.Address.IsValid() || n.Hardware == "" {
				t.Errorf("%+v", n)
			}
		}
	})
}
