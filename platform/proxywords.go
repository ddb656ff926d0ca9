package platform

import (
	"net/netip"
	"strconv"
	"strings"

	"sockeye/sock"
)

// lead is what a proxy tells of where it hands the connections of a listener.
type lead struct {
	// target is the end that they go to; the address is invalid, or the port 0, if
	// that is not told.
	target netip.AddrPort
	// The network namespace of the target: that of a child of the proxy, of a process, of
	// a file, or, if none of them is told, the one that has the address.
	file     string
	pid      int
	children bool
	// container is what is told of the container itself.
	container sock.Container
}

// IsProxy reports whether a process of a name publishes the ports of containers.
func IsProxy(process string) bool { return proxies[process] != nil }

// proxies read the words (argv, without the program) of those that publish the ports of
// containers, by the names of their processes, for a listener of the proxy.
var proxies = map[string]func(words []string, s *sock.Socket) (lead, bool){
	"docker-proxy": dockerProxy,
	"conmon":       conmon,
	"pasta":        pasta,
	"passt.avx2":   pasta, // which pasta becomes where the processor has AVX2
	"slirp4netns":  slirp,
	"rootlesskit":  rootlessKit,
	// Its child connects to wherever its standard input told.
	"rootlessport": func([]string, *sock.Socket) (lead, bool) { return lead{children: true}, true },
}

// dockerProxy reads "-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip
// 172.17.0.2 -container-port 80" (cmd/docker-proxy of moby).
func dockerProxy(words []string, _ *sock.Socket) (l lead, ok bool) {
	addr, err := netip.ParseAddr(option(words, "container-ip"))
	port, notPort := strconv.ParseUint(option(words, "container-port"), 10, 16)
	if err != nil || notPort != nil {
		return l, false
	}
	return lead{target: netip.AddrPortFrom(addr.Unmap(), uint16(port))}, true
}

// conmon reads "-c ID .. -n NAME": podman lets the monitor of a container hold the
// ports that the kernel forwards, so that nobody else takes them.
func conmon(words []string, _ *sock.Socket) (lead, bool) {
	c := sock.Container{Runtime: "podman", ID: option(words, "c", "cid"), Name: option(words, "n", "name")}
	return lead{container: c, children: true}, c.ID != ""
}

// rootlessKit reads "-p 127.0.0.1:8080:80/tcp". What else it is told to publish, on a
// socket, is the same port in the namespace of its child.
func rootlessKit(words []string, s *sock.Socket) (lead, bool) {
	port := s.Local.Port()
	for _, list := range options(words, "p", "publish") {
		for item := range strings.SplitSeq(list, ",") {
			ends, protocol, _ := strings.Cut(item, "/")
			parts := strings.Split(ends, ":")
			if len(parts) < 2 || protocol != "" && protocol != s.Protocol.String() {
				continue
			}
			if to, ok := mappedPort(strings.Join(parts[len(parts)-2:], ":"), port); ok {
				return lead{target: netip.AddrPortFrom(netip.Addr{}, to), children: true}, true
			}
		}
	}
	return lead{target: netip.AddrPortFrom(netip.Addr{}, port), children: true}, true
}

// slirp reads "[OPTION..] PID|PATH TAPNAME" (slirp4netns(1)). It is told which ports to
// forward, and whereto, on a socket.
func slirp(words []string, _ *sock.Socket) (lead, bool) {
	if len(words) < 2 {
		return lead{}, false
	}
	return namespaceOf(words[len(words)-2])
}

// namespaceOf reads the file of a network namespace, or a process in it.
func namespaceOf(word string) (l lead, ok bool) {
	if strings.HasPrefix(word, "/") {
		return lead{file: word}, true
	}
	pid, err := strconv.ParseInt(word, 10, 32)
	return lead{pid: int(pid)}, err == nil && pid > 0
}

// pasta reads "-t 8080-8081:80-81 .. --netns PATH", or "PID|PATH" as its last word; with
// a command behind, that is its child (pasta(1)). A port that no list names is the same
// in the namespace.
func pasta(words []string, s *sock.Socket) (l lead, ok bool) {
	if l.file = option(words, "netns"); l.file == "" && len(words) > 0 {
		l, _ = namespaceOf(words[len(words)-1])
		l.children = true
	}
	names := [2]string{"t", "tcp-ports"}
	if s.Protocol == sock.UDP {
		names = [2]string{"u", "udp-ports"}
	}
	port := s.Local.Port()
	for _, list := range options(words, names[:]...) {
		for part := range strings.SplitSeq(list, ",") {
			if to, mapped := mappedPort(part, port); mapped {
				l.target = netip.AddrPortFrom(netip.Addr{}, to)
				return l, len(words) > 0
			}
		}
	}
	l.target = netip.AddrPortFrom(netip.Addr{}, port)
	return l, len(words) > 0
}

// mappedPort reads one item of a list of ports, "[ADDRESS[%DEVICE]/]8080-8081:80-81", and
// returns to what it maps a port.
func mappedPort(item string, port uint16) (to uint16, ok bool) {
	if i := strings.IndexByte(item, '/'); i >= 0 {
		item = item[i+1:]
	}
	from, into, mapped := strings.Cut(item, ":")
	if !mapped {
		return 0, false
	}
	first, last, isRange := strings.Cut(from, "-")
	if !isRange {
		last = first
	}
	begin, _, _ := strings.Cut(into, "-")
	lo, err1 := strconv.ParseUint(first, 10, 16)
	hi, err2 := strconv.ParseUint(last, 10, 16)
	base, err3 := strconv.ParseUint(begin, 10, 16)
	if err1 != nil || err2 != nil || err3 != nil || uint64(port) < lo || uint64(port) > hi {
		return 0, false
	}
	return uint16(base + uint64(port) - lo), true
}

// option returns the value of the first option of one of the names, empty for none.
func option(words []string, names ...string) string {
	if all := options(words, names...); len(all) > 0 {
		return all[0]
	}
	return ""
}

// options returns the values of the options of some names, as "-name value" or
// "--name=value".
func options(words []string, names ...string) (values []string) {
	for i, word := range words {
		name, ok := strings.CutPrefix(word, "-")
		if !ok {
			continue
		}
		name, value, joined := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		for _, n := range names {
			switch {
			case name != n:
			case joined:
				values = append(values, value)
			case i+1 < len(words):
				values = append(values, words[i+1])
			}
		}
	}
	return values
}
