package livetest

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// TestWithheld: what the kernel tells only with CAP_NET_ADMIN is absent without it,
// and that is said once, to those who asked for it. A filter that needs it does not
// say that nothing matched.
func TestWithheld(t *testing.T) {
	if !population.Alone(t, "ip", "cat") {
		return
	}
	set, err := population.Parity(t.TempDir())
	keep(t, set, err)
	const (
		marks = "sockeye: marks are told with CAP_NET_ADMIN only"
		peers = "sockeye: peers of TCP MD5 signatures are told with CAP_NET_ADMIN only"
	)
	// Older kernels withhold one thing more.
	var older []string
	olderStatus := 1
	if !tellsULP(t) {
		older, olderStatus = []string{"sockeye: before Linux 6.15 upper layer protocols are told with CAP_NET_ADMIN only"}, 3
	}
	for _, c := range []struct {
		args   []string
		said   []string
		status int // without the right
	}{
		{[]string{"-tua"}, nil, 0},
		{[]string{"-tua", "--json"}, nil, 0},
		{[]string{"-tua", "-e"}, []string{marks}, 0},
		{[]string{"-tua", "-ei", "--json"}, append([]string{marks, peers}, older...), 0},
		{[]string{"-ta", "ulp", "=", "nosuch"}, older, olderStatus},
		{[]string{"-tua", "-C", "local,mark"}, []string{marks}, 0},
		{[]string{"-ua", "-i"}, nil, 0},
		{[]string{"-ta", "mark", "=", "0x2a"}, []string{marks}, 3},
		{[]string{"-ta", "port", "=", "1"}, nil, 1},
		{[]string{"-ta", "--count", "md5_peers", "=", "10.0.0.0/8"}, []string{peers}, 3},
		{[]string{"-tua", "--watch=0.01", "--passes", "2"}, nil, 0},
		{[]string{"-tua", "-e", "--watch=0.01", "--passes", "2"}, []string{marks}, 0},
		{[]string{"-tua", "-e", "--watch=0.01", "--passes", "2", "--json"}, []string{marks}, 0},
		{[]string{"-ta", "--watch=0.01", "--passes", "2", "mark", "=", "0x2b"}, []string{marks}, 3},
		{[]string{"-ta", "-K", "--yes", "mark", "=", "0x2b"}, []string{marks}, 3},
		{[]string{"wait", "-taq", "--timeout", "0", "mark", "=", "0x2b"},
			[]string{marks, "sockeye: whether a socket matches is not known: not everything is to be seen"}, 3},
	} {
		for _, may := range []bool{false, true} {
			var capabilities []uintptr
			want, status := c.said, c.status
			if may {
				capabilities, want = []uintptr{unix.CAP_NET_ADMIN}, nil
				if c.status == 3 {
					status = 1
				}
				if slices.Contains(c.args, "0x2a") {
					status = 0 // the listener that has the mark
				}
			}
			args := c.args
			if !slices.Contains(args, "-K") && args[0] != "wait" { // they look at the owners
				args = append(args, "--no-processes")
			}
			got := run(t, asNobodyWith(sockeye(t, args...), capabilities...))
			if lines := checkMessages(t, got.stderr); !slices.Equal(lines, want) || got.status != status {
				t.Errorf("%v, CAP_NET_ADMIN %v: exit status %d, want %d; said %q, want %q", c.args, may, got.status, status, lines, want)
			}
		}
	}
}

// tellsULP reports whether the kernel tells the upper layer protocol of TCP to
// anybody: a subflow of MPTCP has one. Where there is no MPTCP its release decides.
func tellsULP(t *testing.T) bool {
	t.Helper()
	since := population.LinuxSince(t, 6, 15)
	const ipprotoMPTCP = 262
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, ipprotoMPTCP)
	if err != nil {
		return since
	}
	defer unix.Close(listener)
	if err := unix.Listen(listener, 1); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(listener)
	if err != nil {
		t.Fatal(err)
	}
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, ipprotoMPTCP)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(client)
	if err := unix.Connect(client, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: at.(*unix.SockaddrInet4).Port}); err != nil {
		t.Fatal(err)
	}
	got := run(t, asNobody(sockeye(t, "-ta", "--no-processes", "--quiet", "ulp", "=", "mptcp")))
	if (got.status == 0) != since {
		t.Errorf("MPTCP is told to anybody: %v, which Linux 6.15 and newer do: %v", got.status == 0, since)
	}
	return since
}
