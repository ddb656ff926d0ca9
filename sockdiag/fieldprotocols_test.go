package sockdiag

import (
	"testing"

	"sockeye/sock"
)

// TestFieldsMayBeOfTheirProtocol: no filter is said to match nothing that looks at what
// the kernel tells.
func TestFieldsMayBeOfTheirProtocol(t *testing.T) {
	var s Source
	for d := range sock.Descriptors {
		fields := s.Fields(d.Protocol)
		for bit := sock.Field(1); bit != 0 && bit <= sock.AllFields; bit <<= 1 {
			if fields.Has(bit) && !bit.MayBeOf(d.Protocol) {
				t.Errorf("%s: bit %#x is told, and may not be", d.Name, uint64(bit))
			}
		}
	}
	if sock.FieldPath.MayBeOf(sock.TCP) || !(sock.FieldPath | sock.FieldLocal).MayBeOf(sock.TCP) {
		t.Error("a path is of TCP, or no address is")
	}
}
