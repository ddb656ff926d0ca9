package livetest

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// must runs a program that must succeed.
func must(t *testing.T, words ...string) {
	t.Helper()
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", words, err, out)
	}
}

// TestForwards: a port that is forwarded without a proxy is not free: it is told
// whereto, and who is there; and who may not read the rules is told that.
func TestForwards(t *testing.T) {
	if !population.Alone(t, "ip", "iptables-nft", "ip6tables-nft", "iptables-legacy", "busybox") {
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"ip netns add pod", "ip -n pod link set lo up", "ip -n pod address add 172.30.0.2/32 dev lo",
		"iptables-nft -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 172.30.0.2:80",
		"ip6tables-nft -t nat -A PREROUTING -p tcp --dport 8001 -j DNAT --to-destination [fd00::9]:80",
		"iptables-legacy -t nat -A PREROUTING -p udp --dport 5353 -j DNAT --to-destination 172.30.0.9",
		"iptables-nft -t nat -A PREROUTING -d 198.51.100.1 -p tcp --dport 443 -j DNAT --to-destination 172.30.0.2:80",
	} {
		must(t, strings.Fields(line)...)
	}
	server := exec.Command("ip", "netns", "exec", "pod", "busybox", "httpd", "-f", "-p", "80")
	if err := server.Start(); err != nil { // ip becomes what it runs
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	untilListens(t, "pod", "80")
	for _, test := range []struct {
		port, want string
		status     int
	}{
		{"8080", fmt.Sprintf("8080/tcp  forwarded to 172.30.0.2:80 by nftables\n    busybox[%d]\n", server.Process.Pid), 0},
		{"8001/tcp", "8001/tcp  forwarded to [fd00::9]:80 by nftables\n", 0},
		{"5353", "5353/udp  forwarded to 172.30.0.9 by iptables\n", 0},
		{"443", "", 1}, // of another machine
		{"8080/udp", "", 1},
	} {
		if got := run(t, sockeye(t, "port", test.port)); got.stdout != test.want || got.status != test.status {
			t.Errorf("port %s: %d, %q, want %d, %q\n%s", test.port, got.status, got.stdout, test.status, test.want, got.stderr)
		}
	}
	got := run(t, asNobody(sockeye(t, "port", "8080")))
	if want := "no socket uses port 8080; whether it is forwarded is not known"; got.status != 3 || got.stdout != "" || !strings.Contains(got.stderr, want) {
		t.Errorf("without rights: %d, %q, %q", got.status, got.stdout, got.stderr)
	}
}

// needsIPVS skips where the kernel has no virtual services.
func needsIPVS(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/net/ip_vs"); err != nil {
		t.Skip("the kernel has no IPVS")
	}
}

// TestVirtualServices: a virtual service of IPVS is no free port either, and everybody is
// told whereto it goes.
func TestVirtualServices(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	needsIPVS(t)
	ip(t, `link set lo up
addr add 192.0.2.1/32 dev lo`)
	serve := func(protocol uint16, at string, to ...string) { virtualService(t, protocol, at, to...) }
	serve(unix.IPPROTO_TCP, "192.0.2.1:8080", "172.30.0.2:80")
	serve(unix.IPPROTO_UDP, "192.0.2.1:5353", "172.30.0.2:53", "172.30.0.3:53")
	serve(unix.IPPROTO_TCP, "192.0.2.1:9000")
	serve(unix.IPPROTO_TCP, "198.51.100.1:443", "172.30.0.2:443") // of another machine
	for _, test := range []struct {
		port, want string
		status     int
	}{
		{"8080", "8080/tcp  at 192.0.2.1 forwarded to 172.30.0.2:80 by ipvs\n", 0},
		{"5353/udp", "5353/udp  at 192.0.2.1 forwarded in part to 172.30.0.2:53 by ipvs\n5353/udp  at 192.0.2.1 forwarded in part to 172.30.0.3:53 by ipvs\n", 0},
		{"9000", "", 1},
		{"443", "", 1},
		{"8080/udp", "", 1},
	} {
		got := run(t, sockeye(t, "port", test.port))
		if lines := strings.SplitAfter(got.stdout, "\n"); len(lines) == 3 { // the order is the kernel's
			slices.Sort(lines[:2])
			got.stdout = strings.Join(lines, "")
		}
		if got.stdout != test.want || got.status != test.status {
			t.Errorf("port %s: %d, %q, want %d, %q\n%s", test.port, got.status, got.stdout, test.status, test.want, got.stderr)
		}
		if got := run(t, asNobody(sockeye(t, "port", test.port, "-q"))); test.status == 0 && got.status != 0 || test.status != 0 && got.status == 0 {
			t.Errorf("port %s without rights: %d, %q", test.port, got.status, got.stderr)
		}
	}
}

// The commands of linux/ip_vs.h, which are options of a socket.
const (
	ipvsAdd       = 64 + 1024 + 64 + 2 // IP_VS_SO_SET_ADD
	ipvsAddTarget = 64 + 1024 + 64 + 7 // IP_VS_SO_SET_ADDDEST
)

// virtualService makes one with the ends behind it.
func virtualService(t *testing.T, protocol uint16, at string, to ...string) {
	t.Helper()
	service := netip.MustParseAddrPort(at)
	ask(t, ipvsAdd, serviceUser(protocol, service))
	for _, target := range to {
		ask(t, ipvsAddTarget, append(serviceUser(protocol, service), targetUser(netip.MustParseAddrPort(target))...))
	}
}

func ask(t *testing.T, command int, data []byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptString(fd, unix.IPPROTO_IP, command, string(data)); err != nil {
		t.Fatalf("ip_vs %d: %v", command, err)
	}
}

// serviceUser is struct ip_vs_service_user, with the scheduler rr.
func serviceUser(protocol uint16, at netip.AddrPort) []byte {
	b := make([]byte, 44)
	binary.NativeEndian.PutUint16(b, protocol)
	copy(b[4:], at.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[8:], at.Port())
	copy(b[16:], "rr")
	binary.BigEndian.PutUint32(b[40:], 1<<32-1)
	return b
}

// targetUser is struct ip_vs_dest_user, of weight 1, reached through NAT.
func targetUser(at netip.AddrPort) []byte {
	b := make([]byte, 24)
	copy(b, at.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[4:], at.Port())
	binary.NativeEndian.PutUint32(b[12:], 1)
	return b
}
