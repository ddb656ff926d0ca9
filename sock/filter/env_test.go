package filter

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// TestLookups: a name is asked for once, with a deadline, and only if it stands
// in the filter.
func TestLookups(t *testing.T) {
	t.Parallel()
	var hosts, ports []string
	env := Env{
		LookupHost: func(ctx context.Context, name string) ([]netip.Addr, error) {
			hosts = append(hosts, name)
			if _, ok := ctx.Deadline(); !ok {
				return nil, errors.New("no deadline")
			}
			return []netip.Addr{netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("::1"), netip.MustParseAddr("::1")}, nil
		},
		LookupPort: func(name string) ([]uint16, error) {
			ports = append(ports, name)
			return []uint16{7, 5, 7}, nil
		},
	}
	f, err := ParseText("src h or dst h:p or sport p or dport :p or src 10.0.0.1 sport 22 or dst other", env)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(hosts, " ") != "h other" || strings.Join(ports, " ") != "p" {
		t.Errorf("asked for hosts %q and ports %q", hosts, ports)
	}
	const want = "local_address in ([::1], [fe80::1]) or remote_address in ([::1]:5, [::1]:7, [fe80::1]:5, [fe80::1]:7) or " +
		"local_port in (5, 7) or remote_port in (5, 7) or local_address = 10.0.0.1 and local_port = 22 or " +
		"remote_address in ([::1], [fe80::1])"
	if f.String() != want {
		t.Errorf("got %s\nwant %s", f, want)
	}
}

// TestDefaultFamily: -4 and -6 choose among the addresses of a name.
func TestDefaultFamily(t *testing.T) {
	t.Parallel()
	for family, want := range map[sock.Family]string{
		sock.FamilyUnknown: "local_address in (10.1.1.1, 10.1.1.2, [2001:db8::1])",
		sock.IPv4:          "local_address in (10.1.1.1, 10.1.1.2)",
		sock.IPv6:          "local_address = [2001:db8::1]",
	} {
		env := testEnv()
		env.DefaultFamily = family
		f, err := ParseText("src db", env)
		if err != nil || f.String() != want {
			t.Errorf("%v: %s, %v; want %s", family, f, err, want)
		}
	}
}

// TestZeroEnv: without an environment names are compared as names, and the clock
// is the system's.
func TestZeroEnv(t *testing.T) {
	t.Parallel()
	f, err := ParseText("dev eth0 cgroup /a autobound age >= 0 dst 10/8", Env{})
	if err != nil {
		t.Fatal(err)
	}
	auto := f.Expr().(*AndExpr).Exprs[2].(*AutoboundCond)
	if auto.Ports != (PortRange{49152, 65535}) {
		t.Errorf("automatic ports %v", auto.Ports)
	}
	old := PIDs(1)
	young, err := ParseText("age < 1h", Env{})
	if err != nil {
		t.Fatal(err)
	}
	s := &sock.Socket{Known: sock.AllFields, Owners: []sock.Owner{{Process: &sock.Process{PID: 1, Known: sock.ProcessFields,
		StartedAt: time.Now().Add(-time.Minute)}}}}
	if !old.Match(s) || !young.Match(s) {
		t.Error("a process of a minute ago is not young")
	}
}

// TestClock: ages are counted from when a socket is matched.
func TestClock(t *testing.T) {
	t.Parallel()
	now := testNow
	env := testEnv()
	env.Now = func() time.Time { return now }
	f, err := ParseText("pid 4242 age > 1h", env)
	if err != nil {
		t.Fatal(err)
	}
	s := tcpConn
	s.Owners = s.Owners[1:]
	if f.Match(&s) {
		t.Error("a minute is more than an hour")
	}
	now = now.Add(2 * time.Hour)
	if !f.Match(&s) {
		t.Error("two hours later")
	}
}
