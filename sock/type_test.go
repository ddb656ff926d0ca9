package sock

import "testing"

func TestNumberedTypes(t *testing.T) {
	if got := numberedTypes("amd64"); got[1] != TypeStream || got[2] != TypeDatagram {
		t.Errorf("amd64: %v", got)
	}
	if got := numberedTypes("mips64le"); got[1] != TypeDatagram || got[2] != TypeStream {
		t.Errorf("mips64le: %v", got)
	}
}
