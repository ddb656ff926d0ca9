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
	for _, c := range []struct {
		args   []string
		said   []string
		status int // without the right
	}{
		{[]string{"-tua"}, nil, 0},
		{[]string{"-tua", "--json"}, nil, 0},
		{[]string{"-tua", "-e"}, []string{marks}, 0},
		{[]string{"-tua", "-ei", "--json"}, []string{marks, peers}, 0},
		{[]string{"-tua", "-C", "local,mark"}, []string{marks}, 0},
		{[]string{"-ua", "-i"}, nil, 0},
		{[]string{"-ta", "mark", "=", "0x2a"}, []string{marks}, 3},
		{[]string{"-ta", "port", "=", "1"}, nil, 1},
		{[]string{"-ta", "--count", "md5_peers", "=", "10.0.0.0/8"}, []string{peers}, 3},
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
			got := run(t, asNobodyWith(sockeye(t, append(c.args, "--no-processes")...), capabilities...))
			if lines := checkMessages(t, got.stderr); !slices.Equal(lines, want) || got.status != status {
				t.Errorf("%v, CAP_NET_ADMIN %v: exit status %d, want %d; said %q, want %q", c.args, may, got.status, status, lines, want)
			}
		}
	}
}
