package procnet

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 172.17.0.0/16 2 0 2
        +-- 172.17.0.0/30 2 0 2
           |-- 172.17.0.0
              /16 link UNICAST
           |-- 172.17.0.2
              /32 host LOCAL
        |-- 172.17.255.255
           /32 link BROADCAST
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     |-- 172.17.0.2
        /32 host LOCAL
`
	inet6 = `00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000a8c5fbfffe5c0c5d 02 40 20 80     eth0
zz80000000000000a8c5fbfffe5c0c5d 02 40 20 80     eth0
fe80
`
)

func TestLocalAddresses(t *testing.T) {
	addr := netip.MustParseAddr
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	got, err := parseLocalRoutes(strings.NewReader(trie))
	if want := []netip.Addr{addr("172.17.0.2"), addr("127.0.0.1")}; err != nil || !cmp.Equal(got, want, same) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	got, err = parseInterfaces6(strings.NewReader(inet6))
	if want := []netip.Addr{addr("::1"), addr("fe80::a8c5:fbff:fe5c:c5d")}; err != nil || !cmp.Equal(got, want, same) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := LocalAddresses(t.TempDir()); err == nil {
		t.Error("a directory without tables has addresses")
	}
}

func FuzzLocalAddresses(f *testing.F) {
	f.Add(trie)
	f.Add(inet6)
	f.Add("|-- \n/32 host LOCAL\n|-- ::1\n/32 host LOCAL")
	f.Fuzz(func(t *testing.T, text string) {
		four, _ := parseLocalRoutes(strings.NewReader(text)) // a line may be too long
		six, _ := parseInterfaces6(strings.NewReader(text))
		if lines := strings.Count(text, "\n") + 1; len(four) > lines || len(six) > lines {
			t.Errorf("%d and %d addresses in %d lines", len(four), len(six), lines)
		}
	})
}
