package livetest

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// endTroubles are connections that do not begin or end as they should.
var endTroubles = []trouble{
	{"accepts_nothing", func(m *maker) ([]int, []string) {
		_, port := m.listen("127.0.0.1:0", 64)
		for range 3 {
			m.connect("127.0.0.1", "127.0.0.1:"+strconv.Itoa(port))
		}
		m.wait("state", "listen", "sport", strconv.Itoa(port), "recv_queue", "=", "3")
		return slices.Repeat([]int{port}, 3), []string{"--set", "accepts_nothing.seconds=0.1"}
	}},
	{"closing_stuck", func(m *maker) ([]int, []string) { // in LAST_ACK
		client, server := m.pair("10.1.0.1", "10.1.0.2")
		m.must(unix.Shutdown(client, unix.SHUT_WR))
		port := portText(m, server)
		m.wait("state", "close-wait", "sport", port)
		m.filter("INPUT", "-s", "10.1.0.2", "-j", "DROP")
		m.must(unix.Shutdown(server, unix.SHUT_WR))
		m.wait("state", "last-ack", "sport", port, "timer.retransmits", ">=", "2")
		m.Cleanup(func() { m.forget(port) })
		return []int{boundPort(m.T, server)}, nil
	}},
	{"closing_stuck", func(m *maker) ([]int, []string) { // one in CLOSING, the other in FIN_WAIT_1
		client, server := m.pair("10.1.0.1", "10.1.0.2")
		m.filter("INPUT", "-s", "10.1.0.1", "-j", "DROP")
		m.must(unix.Shutdown(client, unix.SHUT_WR))
		m.must(unix.Shutdown(server, unix.SHUT_WR))
		m.wait("state", "closing", "sport", portText(m, client), "timer.retransmits", ">=", "2")
		m.wait("state", "fin-wait-1", "sport", portText(m, server), "timer.retransmits", ">=", "2")
		m.Cleanup(func() { m.forget(portText(m, client)); m.forget(portText(m, server)) })
		return []int{boundPort(m.T, client), boundPort(m.T, server)}, nil
	}},
	{"fin_wait_2", func(m *maker) ([]int, []string) {
		client, _ := m.pair("127.0.0.1", "127.0.0.1")
		m.must(unix.Shutdown(client, unix.SHUT_WR))
		m.wait("state", "fin-wait-2", "sport", portText(m, client))
		return []int{boundPort(m.T, client)}, []string{"--set", "fin_wait_2.seconds=0.1"}
	}},
	{"syn_flood", func(m *maker) ([]int, []string) { // beyond the backlog, where cookies are sent
		_, port := m.listen("10.1.0.2:0", 8)
		m.filter("OUTPUT", "-p", "tcp", "--tcp-flags", "SYN,ACK", "SYN,ACK", "-j", "DROP")
		for range 20 {
			m.connect("10.1.0.1", "10.1.0.2:"+strconv.Itoa(port))
		}
		// Some kernels take one more than the backlog.
		got := run(m.T, sockeye(m.T, "-ta", "--count", "state", "syn-recv", "sport", strconv.Itoa(port)))
		waiting, err := strconv.Atoi(strings.TrimSpace(got.stdout))
		m.must(err)
		return slices.Repeat([]int{port}, waiting), []string{"--sample", "1"}
	}},
}

// forget closes the connections of a port that cannot end by themselves, when a test is
// over and its context with it.
func (m *maker) forget(port string) {
	m.Helper()
	if got := run(m.T, exec.Command(os.Getenv(binaryEnv), "-Kta", "--yes", "sport", port)); got.status != 0 {
		m.Errorf("connections of port %s stay: %s", port, got.stderr)
	}
}
