package cli

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"sockeye/internal/services"
	"sockeye/internal/suggest"
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// portWord is one of the words after `port`: ports, perhaps of one protocol.
type portWord struct {
	ranges   []filter.PortRange
	protocol sock.Protocol // unknown: any
}

// readPorts reads the words after `port`: ports, then a filter.
func readPorts(words []string, env filter.Env) (ports []portWord, rest *filter.Filter, err error) {
	n := 1
	for n < len(words) && isPort(words[n:]) {
		n++
	}
	for _, word := range words[:n] {
		for part := range strings.SplitSeq(word, ",") {
			if part == "" {
				return nil, nil, usagef("%s: a port is missing beside the comma", quote(word))
			}
			w, err := readPort(part)
			if err != nil {
				return nil, nil, err
			}
			ports = append(ports, w)
		}
	}
	rest, err = filter.Parse(words[n:], env)
	if err != nil {
		hint := suggest.Hint(words[n], services.System().Names())
		return nil, nil, notAFilter(err, quote(words[n])+" is neither a port, nor a known service, nor the beginning of a filter"+hint)
	}
	return ports, rest, nil
}

// isPort reports whether the first of some words is a port: it is made as one is,
// or it names a service and does not begin a condition.
func isPort(words []string) bool {
	word, _, _ := strings.Cut(words[0], ",")
	name, _, _ := strings.Cut(word, "/")
	if isCondition(words) || name == "" {
		return false
	}
	if first := strings.TrimPrefix(name, ":"); first != "" && isNumber(first[:1]) {
		return true
	}
	return fact.Lookup(name) == nil && len(services.System().Ports(name)) > 0
}

// filterOf matches the sockets that use one of the ports.
func filterOf(ports []portWord, env filter.Env) (*filter.Filter, error) {
	var text []string
	for _, w := range ports {
		text = append(text, w.text())
	}
	return filter.ParseText(strings.Join(text, " or "), env)
}

// has reports whether a socket uses one of the ports.
func (w portWord) has(s *sock.Socket) bool {
	return (w.protocol == sock.ProtocolUnknown || w.protocol == s.Protocol) &&
		slices.ContainsFunc(w.ranges, func(r filter.PortRange) bool { return r.Lo <= s.Local.Port() && s.Local.Port() <= r.Hi })
}

// unused returns the ports of which none of the sockets is, and which are not forwarded,
// in ranges.
func unused(ports []portWord, found []*sock.Socket, forwards []sock.Forward) []string {
	var free []string
	for _, w := range ports {
		taken := w.taken(found, forwards)
		for _, r := range w.ranges {
			for lo := int(r.Lo); lo <= int(r.Hi); lo++ {
				if taken[uint16(lo)] {
					continue
				}
				hi := lo
				for hi < int(r.Hi) && !taken[uint16(hi+1)] {
					hi++
				}
				free = append(free, w.rangeText(lo, hi))
				lo = hi
			}
		}
	}
	return free
}

// taken returns the ports that one of the sockets uses, or that are forwarded.
func (w portWord) taken(found []*sock.Socket, forwards []sock.Forward) map[uint16]bool {
	taken := map[uint16]bool{}
	for _, s := range found {
		if w.has(s) {
			taken[s.Local.Port()] = true
		}
	}
	for i := range forwards {
		for n := int(forwards[i].First); w.forwarded(&forwards[i]) && n <= int(forwards[i].Last); n++ {
			taken[uint16(n)] = true
		}
	}
	return taken
}

// firstFree returns the first of the ports that is not taken.
func firstFree(ports []portWord, found []*sock.Socket, forwards []sock.Forward) (port int, ok bool) {
	for _, w := range ports {
		taken := w.taken(found, forwards)
		for _, r := range w.ranges {
			for n := max(int(r.Lo), 1); n <= int(r.Hi); n++ {
				if !taken[uint16(n)] {
					return n, true
				}
			}
		}
	}
	return 0, false
}

// portsText shows ports for messages.
func portsText(ports []portWord) string {
	var all []string
	for _, w := range ports {
		for _, r := range w.ranges {
			all = append(all, w.rangeText(int(r.Lo), int(r.Hi)))
		}
	}
	return strings.Join(all, ", ")
}

// rangeText shows some of the ports with the protocol of the word.
func (w portWord) rangeText(lo, hi int) string {
	text := strconv.Itoa(lo)
	if hi > lo {
		text += "-" + strconv.Itoa(hi)
	}
	if w.protocol != sock.ProtocolUnknown {
		text += "/" + w.protocol.String()
	}
	return text
}

// text is the word in the filter language.
func (w portWord) text() string {
	var ports []string
	for _, r := range w.ranges {
		ports = append(ports, strconv.Itoa(int(r.Lo))+"-"+strconv.Itoa(int(r.Hi)))
	}
	text := "sport in (" + strings.Join(ports, ", ") + ")"
	if w.protocol != sock.ProtocolUnknown {
		text = "(" + text + " and protocol = " + w.protocol.String() + ")"
	}
	return text
}

func readPort(word string) (portWord, error) {
	var w portWord
	name, protocol, slash := strings.Cut(word, "/")
	if slash {
		p, ok := sock.ParseProtocol(strings.ToLower(protocol))
		if _, swapped := sock.ParseProtocol(strings.ToLower(name)); swapped && isNumber(protocol) {
			return w, usagef("%s: the protocol stands behind the /, did you mean %s/%s?", quote(word), protocol, name)
		}
		if !ok || !p.Inet() {
			return w, usagef("%s: after the / stands a protocol, such as 53/udp", quote(word))
		}
		w.protocol = p
	}
	name = strings.TrimPrefix(name, ":")
	first, last, isRange := strings.Cut(name, "-")
	if isRange && isNumber(first) && isNumber(last) {
		lo, err := portNumber(first)
		if err != nil {
			return w, err
		}
		hi, err := portNumber(last)
		if err != nil {
			return w, err
		}
		if hi < lo {
			return w, usagef("the range %s ends before it begins", name)
		}
		w.ranges = []filter.PortRange{{Lo: lo, Hi: hi}}
		return w, nil
	}
	if isNumber(name) {
		n, err := portNumber(name)
		w.ranges = []filter.PortRange{{Lo: n, Hi: n}}
		return w, err
	}
	return w, w.service(name)
}

// service adds the ports of a service's name.
func (w *portWord) service(name string) error {
	db := services.System()
	numbers := map[uint16]bool{}
	for _, p := range db.Ports(name) {
		numbers[p.Number] = true
	}
	if len(numbers) == 0 {
		if host, port, ok := hostPort(name); ok {
			return usagef("%s is no port but an address, did you mean sockeye port %s src %s?", quote(name), port, host)
		}
		if near, ok := suggest.Nearest(name, db.Names()); ok && name != "" {
			return usagef("%s is neither a port nor a known service, did you mean %s?", quote(name), near)
		}
		return usagef("%s is neither a port nor a known service", quote(name))
	}
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		w.ranges = append(w.ranges, filter.PortRange{Lo: n, Hi: n})
	}
	return nil
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func portNumber(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, usagef("there is no port %s: ports end at 65535", text)
	}
	return uint16(n), nil
}
