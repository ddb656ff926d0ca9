package livetest

import (
	"golang.org/x/sys/unix"
)

// listenTroubles are of listeners, and of what is full at a receiver.
var listenTroubles = []trouble{
	{"receive_buffer", func(m *maker) ([]int, []string) {
		client, server := m.pair("127.0.0.1", "127.0.0.1")
		_, err := unix.Write(client, make([]byte, 10_000))
		m.must(err)
		m.wait("sport", portText(m, server), "recv_queue", "=", "10000")
		m.must(unix.SetsockoptInt(server, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)) // below what waits
		return []int{boundPort(m.T, server)}, nil
	}},
	{"v6only", func(m *maker) ([]int, []string) {
		m.listen6(8104, true)
		m.listen6(8105, false) // takes IPv4 too
		m.listen6(8106, true)
		m.listen("0.0.0.0:8106", 8) // as does this one for it
		return []int{8104}, nil
	}},
}

// listen6 makes a listener on [::].
func (m *maker) listen6(port int, v6only bool) {
	m.Helper()
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	m.must(err)
	m.Cleanup(func() { unix.Close(fd) })
	only := 0
	if v6only {
		only = 1
	}
	m.must(unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only))
	m.must(unix.Bind(fd, &unix.SockaddrInet6{Port: port}))
	m.must(unix.Listen(fd, 8))
}
