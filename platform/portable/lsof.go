package portable

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"

	"github.com/shirou/gopsutil/v3/net"
)

// lsofArguments returns the arguments with which lsof lists the sockets of a
// kind ("tcp", "udp6", "inet" ..) in the form that [readLsof] reads: numbers for
// names (-n -P), a field a line (-F): descriptor, type, protocol, name and TCP's
// state. The process comes unasked. Both families are asked for always: for IPv6
// alone lsof leaves out a socket of IPv6 whose addresses are v4-mapped.
func lsofArguments(kind string) []string {
	args := []string{"-nP", "-FftPnT"}
	protocols, _ := splitKind(kind)
	for _, p := range protocols {
		args = append(args, "-i"+strings.ToUpper(p))
	}
	return args
}

// splitKind takes a kind of gopsutil's apart: protocols, and "4", "6" or "".
func splitKind(kind string) (protocols []string, family string) {
	if n := len(kind) - 1; n > 0 && (kind[n] == '4' || kind[n] == '6') {
		kind, family = kind[:n], kind[n:]
	}
	if kind == "inet" {
		return []string{"tcp", "udp"}, family
	}
	return []string{kind}, family
}

// answer is what a program told about connections.
type answer struct {
	connections []net.ConnectionStat
	// odd counts what could not be understood, and first says why for the first.
	odd   int
	first error
}

func (a *answer) skip(err error) {
	a.odd++
	if a.first == nil {
		a.first = err
	}
}

const (
	// maxLine is the longest line of a program that is read, in bytes.
	maxLine = 64 << 10
	// maxConnections bounds how many connections one answer may have.
	maxConnections = 4 << 20
)

var errTooMany = fmt.Errorf("more than %d connections", maxConnections)

// readLsof reads the output of `lsof -F` as its manual page describes it under
// OUTPUT FOR OTHER PROGRAMS: each line is a letter and a value; p begins a
// process and f a descriptor.
func readLsof(r io.Reader) (answer, error) {
	l := lsofReader{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if line := lines.Text(); line != "" {
			l.field(line[0], line[1:])
		}
		if len(l.connections) > maxConnections {
			return l.answer, errTooMany
		}
	}
	l.end()
	return l.answer, lines.Err()
}

// lsofReader holds the process and the descriptor that are being read.
type lsofReader struct {
	answer
	pid int32
	fd  string // empty: none has begun

	family, protocol, name, state string
}

func (l *lsofReader) field(letter byte, value string) {
	switch letter {
	case 'p':
		l.end()
		pid, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			l.skip(fmt.Errorf("PID %q", value))
			pid = 0
		}
		l.pid = int32(pid)
	case 'f':
		l.end()
		l.fd = value
	case 't':
		l.family = value
	case 'P':
		l.protocol = value
	case 'n':
		l.name = value
	case 'T':
		if state, ok := strings.CutPrefix(value, "ST="); ok {
			l.state = state
		}
	}
}

// end adds the descriptor that ends here.
func (l *lsofReader) end() {
	if l.fd != "" {
		c, err := l.connection()
		if err != nil {
			l.skip(err)
		} else {
			l.connections = append(l.connections, c)
		}
	}
	*l = lsofReader{answer: l.answer, pid: l.pid}
}

var (
	lsofFamilies  = map[string]uint32{"IPv4": syscall.AF_INET, "IPv6": syscall.AF_INET6}
	lsofProtocols = map[string]uint32{"TCP": syscall.SOCK_STREAM, "UDP": syscall.SOCK_DGRAM}
)

func (l *lsofReader) connection() (net.ConnectionStat, error) {
	c := net.ConnectionStat{Family: lsofFamilies[l.family], Type: lsofProtocols[l.protocol], Status: l.state, Pid: l.pid}
	if c.Family == 0 || c.Type == 0 {
		return c, fmt.Errorf("a socket of type %q and protocol %q", l.family, l.protocol)
	}
	fd, err := strconv.ParseUint(l.fd, 10, 31)
	if err != nil {
		return c, fmt.Errorf("descriptor %q", l.fd)
	}
	c.Fd = uint32(fd)
	local, remote, connected := strings.Cut(l.name, "->")
	if c.Laddr, err = lsofEnd(local); err == nil && connected {
		c.Raddr, err = lsofEnd(remote)
	}
	return c, err
}

var errNoEnd = errors.New("no address and port")

// lsofEnd reads "*:80", "10.0.0.5:80", "[::1]:80" and "*:*".
func lsofEnd(text string) (net.Addr, error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return net.Addr{}, fmt.Errorf("%q: %w", text, errNoEnd)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(text[:at], "["), "]")
	port, err := endPort(text[at+1:])
	if err != nil || host == "" {
		return net.Addr{}, fmt.Errorf("%q: %w", text, errNoEnd)
	}
	return net.Addr{IP: host, Port: port}, nil
}

// endPort reads a port; * is none.
func endPort(text string) (uint32, error) {
	if text == "*" {
		return 0, nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return uint32(port), err
}
