package livetest

import (
	"fmt"
	"os/exec"
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
