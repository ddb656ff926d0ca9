package procnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
	"sockeye/sock/socktest"
)

// shown is what the tables say of a socket, in a form to compare. A row without
// an inode has none of the facts that name a process.
func shown(protocol, family, state string, local, remote netip.AddrPort, inode uint64, path string) string {
	return fmt.Sprintf("%s %s %s %v %v %d %q", protocol, family, state, local, remote, inode, path)
}

// TestParity compares the tables with a population of every kind and state.
func TestParity(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	set, err := population.Parity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}()
	var want, got []string
	unixOf := map[uint64]population.Made{}
	waiting := 0 // ends of unix connections in an accept queue, which have no inode
	for _, m := range set.Made {
		switch {
		case m.Protocol == population.Unix && m.Inode == 0:
			waiting++
		case m.Protocol == population.Unix:
			unixOf[m.Inode] = m
		case m.Protocol == population.TCP && m.State == population.Bound:
			// Not in any table of /proc.
		default:
			want = append(want, shown(string(m.Protocol), string(m.Family), string(m.State), m.Local, m.Remote, m.Inode, ""))
		}
	}
	for _, s := range listAll(t, here, everything) {
		if s.Protocol == sock.Unix && s.Inode == 0 && s.State == sock.Established {
			waiting--
			continue
		}
		if s.Protocol == sock.Unix {
			compareUnix(t, unixOf, s)
			continue
		}
		got = append(got, shown(s.Protocol.String(), s.Family.String(), s.State.String(), s.Local, s.Remote, s.Inode, ""))
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, m := range unixOf {
		t.Errorf("not listed: %+v", m)
	}
	if waiting != 0 {
		t.Errorf("unix connections in an accept queue: made less listed is %d", waiting)
	}
	socktest.TestSource(t, Source{}, here, everything, len(got))
}

// compareUnix compares a row with what was made of that inode.
func compareUnix(t *testing.T, made map[uint64]population.Made, s sock.Socket) {
	m, ok := made[s.Inode]
	if !ok {
		return // the test binary's own, such as a pipe to go test
	}
	delete(made, s.Inode)
	path := s.Path
	if m.Path != path && strings.ReplaceAll(m.Path[min(1, len(m.Path)):], "\x00", "@") == path[min(1, len(path)):] {
		path = m.Path
	}
	if s.State.String() != string(m.State) || m.Path != "" && path != m.Path {
		t.Errorf("made %+v, got %+v", m, s)
	}
}

// A thread that changes its network namespace sees that one's tables.
func TestThreadNamespace(t *testing.T) {
	here, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	done := make(chan string)
	onOtherThread(func() { done <- inNewNamespace() })
	switch reason := <-done; {
	case strings.HasPrefix(reason, "skip: "):
		population.Skip(t, reason)
	case reason != "":
		t.Error(reason)
	}
}

// inNewNamespace opens one UDP socket in a namespace of its own and lists.
func inNewNamespace() string {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return "skip: a network namespace of its own: " + err.Error()
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err.Error()
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: 4321}); err != nil {
		return err.Error()
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err.Error()
	}
	q := everything
	q.Protocols = sock.Protocols(sock.TCP, sock.UDP)
	var rows []string
	for s, err := range socktest.Rows(context.Background(), Source{}, here, q) {
		if err != nil {
			return err.Error()
		}
		rows = append(rows, fmt.Sprint(s.Protocol, s.Local, s.Inode))
	}
	want := fmt.Sprint([]string{fmt.Sprint(sock.UDP, netip.MustParseAddrPort("0.0.0.0:4321"), st.Ino)})
	if got := fmt.Sprint(rows); got != want {
		return fmt.Sprintf("got %s, want %s", got, want)
	}
	return ""
}

// Rows under churn: none may be doubled, and no established connection that
// stands all the time may be missing.
func TestChurnDoublesNothing(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	mass, err := population.Mass(500, true)
	if err != nil {
		t.Fatal(err)
	}
	defer mass.Close()
	churn, err := population.Churn(1)
	if err != nil {
		t.Fatal(err)
	}
	defer churn.Stop()
	for range 5 {
		seen := map[uint64]int{}
		for _, s := range listAll(t, here, only(sock.TCP, sock.IPv4)) {
			if s.Inode != 0 {
				seen[s.Inode]++
			}
		}
		for inode, n := range seen {
			if n > 1 {
				t.Errorf("inode %d: %d rows", inode, n)
			}
		}
		for _, m := range mass.Made {
			if m.Inode != 0 && seen[m.Inode] == 0 {
				t.Errorf("not listed: %+v", m)
			}
		}
	}

}
