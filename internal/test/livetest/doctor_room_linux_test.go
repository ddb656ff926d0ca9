package livetest

import "golang.org/x/sys/unix"

// roomTroubles are what is full, or nearly so.
var roomTroubles = []trouble{
	{"conntrack_full", func(m *maker) ([]int, []string) {
		// The limit is that of the machine, and the connections those of the namespace;
		// see also [tracked].
		m.filter("INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
		m.pair("127.0.0.1", "127.0.0.1")
		return nil, []string{"--set", "conntrack_full.percent=0.00001"}
	}},
	{"datagram_drops", func(m *maker) ([]int, []string) { // of a raw socket
		raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
		m.must(err)
		m.Cleanup(func() { unix.Close(raw) })
		m.must(unix.SetsockoptInt(raw, unix.SOL_SOCKET, unix.SO_RCVBUF, 2048))
		sender, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
		m.must(err)
		m.Cleanup(func() { unix.Close(sender) })
		packet := make([]byte, 500)
		packet[0], packet[8], packet[9] = 0x45, 64, unix.IPPROTO_UDP
		copy(packet[12:], []byte{127, 0, 0, 1, 127, 0, 0, 1})
		m.goOn(func() { unix.Sendto(sender, packet, 0, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}) })
		return nil, nil
	}},
	{"ephemeral_listener", func(m *maker) ([]int, []string) {
		m.sysctl("net.ipv4.ip_local_reserved_ports", "40002")
		m.listen("127.0.0.1:40000", 8)
		m.listen("127.0.0.1:40002", 8)
		m.listen("127.0.0.1:0", 8) // which the kernel chooses
		return []int{40000}, nil
	}},
	{"port_exhaustion", func(m *maker) ([]int, []string) {
		_, port := m.listen("127.0.0.1:9100", 64)
		m.sysctl("net.ipv4.ip_local_port_range", "50000 50011")
		m.sysctl("net.ipv4.ip_local_reserved_ports", "50010-50011")
		var ports []int
		for range 9 {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			m.must(err)
			m.Cleanup(func() { unix.Close(fd) })
			m.must(unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}))
			ports = append(ports, boundPort(m.T, fd))
		}
		return ports, nil
	}},
}
