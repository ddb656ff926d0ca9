package sockdiag

import (
	"bytes"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// btfOf returns BTF with some names, behind types that hold one of them too.
func btfOf(names ...string) []byte {
	types := "\x00TCP_BOUND_INACTIVE\x00"
	all := "\x00" + strings.Join(names, "\x00") + "\x00"
	b := native.AppendUint16(nil, 0xEB9F)
	b = append(b, 1, 0)
	for _, n := range []int{24, 0, len(types), len(types), len(all)} {
		b = native.AppendUint32(b, uint32(n))
	}
	return append(append(b, types...), all...)
}

func TestKnowsBound(t *testing.T) {
	old, taken := btfOf("TCP_NEW_SYN_RECV", "TCPF_BOUND_INACTIVE", "tcp_sock"), btfOf("TCP_LISTEN", "TCP_BOUND_INACTIVE")
	for _, c := range []struct {
		release string
		btf     []byte
		want    bool
	}{
		{"6.8.0", nil, true},
		{"6.12.107+deb13-amd64", old, true},
		{"7.0", nil, true},
		{"10.1.2", nil, true},
		{"6.1.0-50-amd64", nil, false},
		{"6.1.0-50-amd64", old, false},
		{"5.14.0-503.el9.x86_64", taken, true},
		{"5.10.0", taken[:23], false},
		{"5.10.0", taken[:len(taken)-1], false}, // cut within the name
		{"5.10.0", bytes.Replace(taken, taken[:2], []byte{1, 2}, 1), false},
		{"", taken, true},
		{"unknown", nil, false},
	} {
		var got bool
		if c.btf == nil {
			got = knowsBound(c.release, nil)
		} else {
			got = knowsBound(c.release, bytes.NewReader(c.btf))
		}
		if got != c.want {
			t.Errorf("%q with %d bytes of BTF: %v", c.release, len(c.btf), got)
		}
	}
}

// A kernel that does not tell bound sockets is not asked for them; the rest of
// the query is.
func TestBoundIsNotAskedInVain(t *testing.T) {
	kernel := newFakeKernel(t, []delivery{datagram(done(0))})
	source := kernel.source()
	source.bound = func() bool { return false }
	q := everythingOf(sock.TCP)
	q.States = sock.States(sock.Bound)
	read := func() {
		for _, err := range socktest.Rows(t.Context(), source, here, q) {
			if err != nil {
				t.Error(err)
			}
		}
	}
	read()
	if len(kernel.requests) != 0 || kernel.opened != 0 {
		t.Errorf("%d requests for what is not told", len(kernel.requests))
	}
	q.States = sock.States(sock.Bound, sock.Established)
	read()
	if len(kernel.requests) != 1 {
		t.Fatalf("%d requests", len(kernel.requests))
	}
	if source.States(sock.TCP).Has(sock.Bound) || !source.States(sock.TCP).Has(sock.Listen) {
		t.Errorf("states %b", source.States(sock.TCP))
	}
}

func FuzzBTFNames(f *testing.F) {
	f.Add(btfOf("a", "b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		names, err := btfNames(bytes.NewReader(b))
		if len(names) > len(b) || err != nil && names != nil {
			t.Errorf("%d bytes of names in %d, %v", len(names), len(b), err)
		}
	})
}
