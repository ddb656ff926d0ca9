package livetest

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// TestExposedInVRF: what is said of listeners beside and in a VRF is what who dials them
// from outside finds.
func TestExposedInVRF(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	if out, err := exec.Command("ip", "link", "add", "red", "type", "vrf", "table", "10").CombinedOutput(); err != nil {
		t.Skipf("the kernel has no VRF: %s", out)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil { // for the names of ip netns
		t.Fatal(err)
	}
	ip(t, `netns add far
link set lo up
link set red up
link add lan0 type veth peer name lan1 netns far
link add wan0 type veth peer name wan1 netns far
link set lan0 addrgenmode none
link set wan0 addrgenmode none
link set lan0 master red
link set lan0 up
link set wan0 up
addr add 10.0.0.5/24 dev lan0
addr add 192.31.196.7/24 dev wan0
-6 addr add fd00::5/64 dev lan0 nodad
-n far link set lan1 up
-n far link set wan1 up
-n far addr add 10.0.0.9/24 dev lan1
-n far addr add 192.31.196.9/24 dev wan1
-n far -6 addr add fd00::9/64 dev lan1 nodad`)
	for _, l := range []exposedListener{
		{"tcp4", "0.0.0.0:3001", "", ""}, {"tcp4", "0.0.0.0:3002", "red", ""}, {"tcp4", "0.0.0.0:3003", "lan0", ""}, {"tcp4", "0.0.0.0:3004", "wan0", ""},
		{"tcp", "[::]:3005", "red", ""}, {"tcp", "[::]:3006", "", ""}, {"tcp6", "[::]:3007", "", ""}, {"tcp4", "10.0.0.5:3008", "red", ""},
	} {
		l.open(t)
	}
	spanning := []string{
		"3001 public 192.31.196.7 10.0.0.5", "3004 public 192.31.196.7", "3006 public 192.31.196.7 10.0.0.5 fd00::5", "3002 private 10.0.0.5",
		"3003 private 10.0.0.5", "3005 private 10.0.0.5 fd00::5", "3007 private fd00::5", "3008 private 10.0.0.5",
	}
	checkReached(t, []string{
		"3001 public 192.31.196.7", "3004 public 192.31.196.7", "3006 public 192.31.196.7", "3002 private 10.0.0.5",
		"3003 private 10.0.0.5", "3005 private 10.0.0.5 fd00::5", "3008 private 10.0.0.5",
	})
	if err := os.WriteFile("/proc/sys/net/ipv4/tcp_l3mdev_accept", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	checkReached(t, spanning)
}

// checkReached holds what is exposed against lines of [said], and those against what can
// be dialled from another namespace.
func checkReached(t *testing.T, want []string) {
	t.Helper()
	for _, args := range [][]string{{"-t", "--exposed"}, {"-t", "--exposed", "--all-netns"}} {
		got := said(t, args...)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], "host ")
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%v:\n%s\nwant\n%s", args, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	told := strings.Join(want, " \n") + " "
	inNamed(t, "far", func() {
		for _, port := range []string{"3001", "3002", "3003", "3004", "3005", "3006", "3007", "3008"} {
			for _, address := range []string{"10.0.0.5", "192.31.196.7", "fd00::5"} {
				line := told[max(strings.Index(told, port), 0):]
				line, _, _ = strings.Cut(line, "\n")
				says := strings.HasPrefix(line, port) && strings.Contains(line, " "+address+" ")
				if reached := dials(t, net.JoinHostPort(address, port)); reached != says {
					t.Errorf("%s of %s is reached: %v, and it is said: %v", port, address, reached, says)
				}
			}
		}
	})
}

// dials reports whether an address takes a connection from the namespace of this thread.
func dials(t *testing.T, address string) bool {
	t.Helper()
	at := netip.MustParseAddrPort(address)
	family, to := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Addr: at.Addr().As16(), Port: int(at.Port())})
	if at.Addr().Is4() {
		family, to = unix.AF_INET, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	// What is neither taken nor refused ends the test, and not only after minutes.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_SYNCNT, 3); err != nil {
		t.Fatal(err)
	}
	switch err = unix.Connect(fd, to); {
	case err == nil:
		return true
	case errors.Is(err, syscall.ECONNREFUSED):
		return false
	}
	t.Errorf("%s: %v", address, err)
	return false
}
