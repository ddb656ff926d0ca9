package portable

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shirou/gopsutil/v3/net"
)

// TestNetstatOfOpenBSD reads lines in the form of OpenBSD's inetprint and
// inet6print (usr.bin/netstat), made after its source: it was not run there.
func TestNetstatOfOpenBSD(t *testing.T) {
	const text = `Active Internet connections (including servers)
Proto   Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp          0      0  10.0.0.5.22            10.0.0.9.51514         ESTABLISHED
tcp          0      0  *.22                   *.*                    LISTEN
tcp6         0      0  2001:db8:1234:5678:9abc:def0:1234:5678.443 2001:db8::17.51515 CLOSE_WAIT
tcp6         0      0  fe80::1%lo0.22         *.*                    LISTEN
udp          0      0  127.0.0.1.514          *.*
udp          0      0  *.*                    *.*
icmp         0      0  *.*                    *.*
tcp          0      0  broken                 *.*                    LISTEN
Active UNIX domain sockets
0xfd80 stream 0 0 0x0 0xfd81 0x0 0x0 tcp.sock
`
	a, err := readNetstat(strings.NewReader(text))
	if err != nil || a.odd != 1 {
		t.Fatalf("%v, %d odd (%v)", err, a.odd, a.first)
	}
	want := []net.ConnectionStat{
		conn(inet, stream, at("10.0.0.5", 22), at("10.0.0.9", 51514), "ESTABLISHED", 0, 0),
		conn(inet, stream, at("*", 22), net.Addr{}, "LISTEN", 0, 0),
		conn(inet6, stream, at("2001:db8:1234:5678:9abc:def0:1234:5678", 443), at("2001:db8::17", 51515), "CLOSE_WAIT", 0, 0),
		conn(inet6, stream, at("fe80::1%lo0", 22), net.Addr{}, "LISTEN", 0, 0),
		conn(inet, dgram, at("127.0.0.1", 514), net.Addr{}, "", 0, 0),
		conn(inet, dgram, at("*", 0), net.Addr{}, "", 0, 0),
	}
	if diff := cmp.Diff(want, a.connections); diff != "" {
		t.Error(diff)
	}
}

// TestArguments: netstat is asked for whole addresses, lsof for no names.
func TestArguments(t *testing.T) {
	for kind, want := range map[string][2]string{
		"inet":  {"-nav", "-nP -FftPnT -iTCP -iUDP"},
		"tcp":   {"-nav -p tcp", "-nP -FftPnT -iTCP"},
		"udp6":  {"-nav -p udp -f inet6", "-nP -FftPnT -iUDP"},
		"inet4": {"-nav -f inet", "-nP -FftPnT -iTCP -iUDP"},
	} {
		if got := strings.Join(netstatArguments(kind), " "); got != want[0] {
			t.Errorf("netstat %s: %s", kind, got)
		}
		if got := strings.Join(lsofArguments(kind), " "); got != want[1] {
			t.Errorf("lsof %s: %s", kind, got)
		}
	}
}

func FuzzReadLsof(f *testing.F) {
	f.Add("p7\nf3\ntIPv4\nPTCP\nn*:80\nTST=LISTEN\nTQR=0\nf4\ntIPv6\nPUDP\nn[fe80::1]:7->[::1]:*\n")
	f.Add("p\nf\nf-1\nt\nP\nn:\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, _ := readLsof(strings.NewReader(text))
		if begun := strings.Count("\n"+text, "\nf"); len(a.connections) > begun {
			t.Fatalf("%d connections of %d descriptors", len(a.connections), begun)
		}
		if slices.ContainsFunc(a.connections, func(c net.ConnectionStat) bool { return c.Laddr.IP == "" || c.Laddr.Port > 0xffff }) {
			t.Fatalf("%+v", a.connections)
		}
		systems["darwin"].collect(a)
	})
}

func FuzzReadNetstat(f *testing.F) {
	f.Add("tcp 0 0 10.0.0.5.22 10.0.0.9.51514 ESTABLISHED\nudp6 0 0 *.* *.*\n")
	f.Add("tcp 0 0 . *.* LISTEN\ntcp")
	f.Fuzz(func(t *testing.T, text string) {
		a, _ := readNetstat(strings.NewReader(text))
		if slices.ContainsFunc(a.connections, func(c net.ConnectionStat) bool { return c.Laddr.IP == "" || c.Laddr.Port > 0xffff }) {
			t.Fatalf("%+v", a.connections)
		}
		systems["openbsd"].collect(a)
	})
}
