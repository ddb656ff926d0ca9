package livetest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// shortage is something of which there may be so much and no more, and what is taken of
// it by a test.
type shortage struct {
	rule, counter string
	setting       string // the sysctl that is the limit, as the evidence names it
	value         string // what it is set to, of the limit
	unit          int64  // of what is taken, in the evidence
	take          func(m *maker)
	least         int64  // it takes so much
	doctors       int64  // what doctor itself may take
	told, where   string // the file, and where in it, that tells what is taken
	// shares are percents of the limit: at the first the rule must be silent, the second
	// is a warning, at the third nothing is left (0: that is left out).
	shares [3]int
}

func (s shortage) taken(m *maker) int64 {
	m.Helper()
	b, err := os.ReadFile(s.told)
	m.must(err)
	found := regexp.MustCompile(s.where).FindSubmatch(b)
	if found == nil {
		m.Fatalf("no %s in %s:\n%s", s.where, s.told, b)
	}
	n, err := strconv.ParseInt(string(found[1]), 10, 64)
	m.must(err)
	return n
}

// runShort takes of everything, and lowers the limits until nothing is left.
func (m *maker) runShort(all ...shortage) {
	m.Helper()
	for _, s := range all {
		before := s.taken(m)
		s.take(m)
		if made := s.taken(m) - before; made < s.least {
			m.Fatalf("%s: %d were made, not %d", s.setting, made, s.least)
		}
	}
	for i, severity := range []string{"", "warning", "critical"} {
		limits, taken := make([]int64, len(all)), make([]int64, len(all))
		for j, s := range all {
			if s.shares[i] == 0 {
				continue
			}
			limits[j] = s.taken(m) * 100 / int64(s.shares[i])
			m.sysctl(s.setting, fmt.Sprintf(s.value, limits[j]))
			taken[j] = s.taken(m)
		}
		if !slices.ContainsFunc(limits, func(limit int64) bool { return limit > 0 }) {
			continue
		}
		found := examine(m.T, "--sample", "0.1")
		for j, s := range all {
			if limits[j] > 0 {
				s.check(m, found[s.rule], severity, limits[j], taken[j])
			}
		}
	}
}

// check holds what was found against the limit, and what the kernel told before and tells
// now.
func (s shortage) check(m *maker, all []finding, severity string, limit, before int64) {
	m.Helper()
	now := s.taken(m)
	// A rule may look at several limits.
	found := slices.DeleteFunc(slices.Clone(all), func(f finding) bool { return f.Evidence.Limits[s.setting] == 0 })
	if severity == "" {
		if len(found) > 0 {
			m.Errorf("%d of %d: %+v", now, limit, found)
		}
		return
	}
	if len(found) != 1 || found[0].Severity != severity || found[0].Evidence.Limits[s.setting] != limit*s.unit {
		m.Errorf("%d of %s=%d: want %s, %+v", now*s.unit, s.setting, limit*s.unit, severity, all)
		return
	}
	got := found[0].Evidence.Counters[s.counter]
	if got < min(before, now)*s.unit || got > (max(before, now)+s.doctors)*s.unit {
		m.Errorf("%s is %d, want what the kernel told before and after: %d and %d", s.counter, got, before*s.unit, now*s.unit)
	}
}

// overflows holds what counters grow by against the kernel's own numbers: nothing while
// there is room, and something when the test has taken it. What makes the traffic goes on
// meanwhile.
func (m *maker) overflows(rule string, counters []string, kernels func() int64, full func()) {
	m.Helper()
	look := func() (sum int64, all []finding) {
		all = examine(m.T, "--sample", "0.1")[rule]
		for _, f := range all {
			for _, name := range counters {
				sum += f.Evidence.Counters[name]
			}
		}
		return sum, all
	}
	if sum, all := look(); sum != 0 {
		m.Errorf("there is room: %+v", all)
	}
	before := kernels()
	full()
	sum, all := look()
	for i := 0; sum == 0 && i < 20; i++ { // a machine that is slow does less in that time
		sum, all = look()
	}
	if most := kernels() - before; sum <= 0 || sum > most {
		m.Errorf("%v grew by %d, want what the kernel counted at most, %d: %+v", counters, sum, most, all)
	}
}

// column adds up the numbers below a name, in the lines that begin with a word.
func (m *maker) column(path, group, name string, base int) (sum int64) {
	m.Helper()
	b, err := os.ReadFile(path)
	m.must(err)
	at := -1
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, group) {
			continue
		}
		if at < 0 {
			if at = slices.Index(words, name); at < 0 {
				m.Fatalf("no %s in %s:\n%s", name, path, b)
			}
			continue
		}
		n, err := strconv.ParseInt(words[at], base, 64)
		m.must(err)
		sum += n
	}
	return sum
}

// machineRules are about limits of the whole machine.
var machineRules = []string{"conntrack_full", "file_handles", "memory_pressure", "orphans", "softnet_drops"}

// TestDoctorOfTheMachine: what is limited for the whole machine is found when it runs
// short, with the kernel's numbers, and not before.
func TestDoctorOfTheMachine(t *testing.T) {
	ownMachine(t, "changes limits of the whole machine")
	t.Run("file_handles, memory_pressure, orphans", func(t *testing.T) {
		m := &maker{t}
		m.runShort(openFiles, memoryOfTCP, memoryOfUDP, orphaned)
		if err := asNobody(exec.Command("busybox", "true")).Run(); !errors.Is(err, unix.ENFILE) {
			t.Errorf("nobody opens a program beyond the limit: %v", err)
		}
	})
	t.Run("memory_pressure", func(t *testing.T) { pressure(&maker{t}) })
	t.Run("softnet_drops", func(t *testing.T) { fullQueue(&maker{t}) })
	t.Run("conntrack_full", func(t *testing.T) {
		if _, err := exec.LookPath("iptables"); err != nil {
			population.Skip(t, err)
		}
		tracked(&maker{t})
	})
}

var openFiles = shortage{
	rule: "file_handles", counter: "open_files", setting: "fs.file-max", value: "%d", unit: 1, shares: [3]int{65, 90, 110},
	least: 2000, doctors: 200, told: "/proc/sys/fs/file-nr", where: `^(\d+)`,
	take: func(m *maker) {
		for range 2100 { // the kernel does not count to the last one
			file, err := os.Open("/dev/null")
			m.must(err)
			m.Cleanup(func() { file.Close() })
		}
	},
}

var memoryOfTCP = shortage{
	rule: "memory_pressure", counter: "memory_bytes", setting: "net.ipv4.tcp_mem", value: "9000000 8000000 %d", unit: int64(os.Getpagesize()), shares: [3]int{70, 90, 110},
	least: 1000, told: "/proc/net/sockstat", where: `TCP: .* mem (\d+)`,
	take: func(m *maker) {
		for range 8 {
			client, _ := m.pair("127.0.0.1", "127.0.0.1")
			m.fill(client)
		}
	},
}

var memoryOfUDP = shortage{
	rule: "memory_pressure", counter: "memory_bytes", setting: "net.ipv4.udp_mem", value: "9000000 8000000 %d", unit: int64(os.Getpagesize()), shares: [3]int{70, 90, 110},
	least: 1000, told: "/proc/net/sockstat", where: `UDP: .* mem (\d+)`,
	take: func(m *maker) {
		sender := m.datagrams()
		for range 30 {
			at, err := unix.Getsockname(m.datagrams())
			m.must(err)
			for range 30 { // the last of them have no room
				m.must(unix.Sendto(sender, make([]byte, 16_000), 0, at))
			}
		}
	},
}

var orphaned = shortage{ // beyond the limit the kernel ends them
	rule: "orphans", counter: "orphaned", setting: "net.ipv4.tcp_max_orphans", value: "%d", unit: 1, shares: [3]int{40, 65, 0},
	least: 80, told: "/proc/net/sockstat", where: `TCP: .* orphan (\d+)`,
	take: func(m *maker) {
		for range 100 { // that hold what the other end does not take; older ones may end
			client, server := m.pairWith("127.0.0.1", "127.0.0.1", func(listener int) {
				m.must(unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096))
			})
			m.must(unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_SNDBUF, 4096))
			m.fill(client)
			m.must(unix.Dup3(server, client, unix.O_CLOEXEC)) // which closes it
		}
	},
}

// pressure: TCP comes under it between the listings.
func pressure(m *maker) {
	const setting, enough = "net.ipv4.tcp_mem", "1000000 1000000 1000000"
	m.sysctl(setting, enough)
	held, _ := m.pair("127.0.0.1", "127.0.0.1")
	m.fill(held)
	client, server := m.pair("127.0.0.1", "127.0.0.1")
	buf := make([]byte, 1<<16)
	var limited atomic.Bool
	m.goOn(func() {
		for _, mem := range []string{enough, "1 1 1000000"} {
			if mem == enough || limited.Load() {
				os.WriteFile(sysctlFile(setting), []byte(mem), 0)
				unix.Write(client, buf) // the kernel looks when something is sent
				unix.Read(server, buf)
			}
		}
	})
	m.overflows("memory_pressure", []string{"TCPMemoryPressures"}, func() int64 {
		return m.column("/proc/net/netstat", "TcpExt:", "TCPMemoryPressures", 10)
	}, func() { limited.Store(true) })
}

// fullQueue: each packet is doubled, and the second one finds the first in the queue.
func fullQueue(m *maker) {
	must(m.T, "tc", "qdisc", "replace", "dev", "lo", "root", "netem", "duplicate", "100%")
	m.Cleanup(func() { must(m.T, "tc", "qdisc", "delete", "dev", "lo", "root") })
	sender := m.datagrams()
	at, err := unix.Getsockname(m.datagrams())
	m.must(err)
	m.goOn(func() { unix.Sendto(sender, []byte{1}, 0, at) })
	m.overflows("softnet_drops", []string{"dropped"}, func() (sum int64) {
		b, err := os.ReadFile("/proc/net/softnet_stat")
		m.must(err)
		for line := range strings.Lines(string(b)) {
			n, err := strconv.ParseInt(strings.Fields(line)[1], 16, 64)
			m.must(err)
			sum += n
		}
		return sum
	}, func() { m.sysctl("net.core.netdev_max_backlog", "0") })
}

// tracked: the table of connection tracking is nearly full, and then it is.
func tracked(m *maker) {
	m.filter("INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
	sender, port := m.datagrams(), 0
	begin := func() {
		port = (port + 1) % 60_000
		unix.Sendto(sender, []byte{1}, 0, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 1024 + port})
	}
	const setting = "net.netfilter.nf_conntrack_max"
	m.runShort(shortage{
		rule: "conntrack_full", counter: "conntrack", setting: setting, value: "%d", unit: 1, shares: [3]int{70, 90, 0},
		least: 500, told: "/proc/sys/net/netfilter/nf_conntrack_count", where: `^(\d+)`,
		take: func(*maker) {
			for range 500 {
				begin()
			}
		},
	})
	m.sysctl(setting, "200000")
	m.goOn(begin)
	m.overflows("conntrack_full", []string{"drop", "early_drop"}, func() int64 {
		const path = "/proc/net/stat/nf_conntrack"
		return m.column(path, "", "drop", 16) + m.column(path, "", "early_drop", 16)
	}, func() { m.sysctl(setting, "100") })
}

// TestDoctorOfDescriptors: of two processes with as many sockets the one is found that may
// not have many more descriptors.
func TestDoctorOfDescriptors(t *testing.T) {
	if !population.Alone(t, "cat") {
		return
	}
	set, err := population.Crowd(2, 68, 60)
	keep(t, set, err)
	pids := strings.Fields(list(t, "-tl", "--pids"))
	if len(pids) != 2 {
		t.Fatalf("%v hold the sockets, not two", pids)
	}
	pid, err := strconv.Atoi(pids[0])
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	open := int64(len(files))
	if found := examine(t, "--sample", "0.1")["process_files"]; len(found) > 0 {
		t.Errorf("they may have more: %+v", found)
	}
	var most unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &most); err != nil {
		t.Fatal(err)
	}
	for limit, severity := range map[int64]string{open * 100 / 85: "warning", open: "critical"} {
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(limit), Max: most.Max}, nil); err != nil {
			t.Fatal(err)
		}
		found := examine(t, "--sample", "0.1")["process_files"]
		if len(found) != 1 || found[0].Severity != severity || !strings.HasPrefix(found[0].Title, fmt.Sprintf("cat[%d] ", pid)) ||
			!maps.Equal(found[0].Evidence.Counters, map[string]int64{"descriptors": open, "sockets": 60}) || found[0].Evidence.Limits["RLIMIT_NOFILE"] != limit {
			t.Errorf("limit %d: want %s, %+v", limit, severity, found)
		}
	}
}
