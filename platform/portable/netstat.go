package portable

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/shirou/gopsutil/v3/net"
)

// netstatArguments returns the arguments with which OpenBSD's netstat lists the
// sockets of a kind. Without -v it cuts an IPv6 address to 16 characters
// (inet6print of usr.bin/netstat/inet6.c), and what is left may still look like
// one.
func netstatArguments(kind string) []string {
	args := []string{"-nav"}
	protocols, family := splitKind(kind)
	if len(protocols) == 1 {
		args = append(args, "-p", protocols[0])
	}
	switch family {
	case "4":
		args = append(args, "-f", "inet")
	case "6":
		args = append(args, "-f", "inet6")
	}
	return args
}

var netstatProtocols = map[string]struct{ family, kind uint32 }{
	"tcp":  {syscall.AF_INET, syscall.SOCK_STREAM},
	"tcp6": {syscall.AF_INET6, syscall.SOCK_STREAM},
	"udp":  {syscall.AF_INET, syscall.SOCK_DGRAM},
	"udp6": {syscall.AF_INET6, syscall.SOCK_DGRAM},
}

// readNetstat reads the output of OpenBSD's `netstat -nav`: protocol, two queues,
// the two ends as ADDRESS.PORT, and TCP's state. Lines of other protocols and
// headings are not connections.
func readNetstat(r io.Reader) (answer, error) {
	var a answer
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		protocol, ours := netstatProtocols[fields[0]]
		if !ours {
			continue
		}
		if len(fields) < 5 {
			a.skip(fmt.Errorf("line %q", lines.Text()))
			continue
		}
		c := net.ConnectionStat{Family: protocol.family, Type: protocol.kind}
		var err error
		if c.Laddr, err = netstatEnd(fields[3]); err == nil && fields[4] != "*.*" {
			c.Raddr, err = netstatEnd(fields[4])
		}
		if err != nil {
			a.skip(err)
			continue
		}
		if len(fields) > 5 {
			c.Status = fields[5]
		}
		if a.connections = append(a.connections, c); len(a.connections) > maxConnections {
			return a, errTooMany
		}
	}
	return a, lines.Err()
}

// netstatEnd reads "10.0.0.5.80", "fe80::1%lo0.22" and "*.80".
func netstatEnd(text string) (net.Addr, error) {
	at := strings.LastIndexByte(text, '.')
	if at < 1 {
		return net.Addr{}, fmt.Errorf("%q: %w", text, errNoEnd)
	}
	port, err := endPort(text[at+1:])
	if err != nil {
		return net.Addr{}, fmt.Errorf("%q: %w", text, errNoEnd)
	}
	return net.Addr{IP: text[:at], Port: port}, nil
}
