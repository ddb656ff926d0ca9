package cli

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye/internal/services"
	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/render/portview"
	"sockeye/sock"
	"sockeye/sock/filter"
)

const portHelp = `Says who uses a local port: listeners first, then what is connected to them,
TCP and UDP. A port is a number, a range, or the name of a service, and may end
in /tcp or /udp.

Examples:
  sockeye port 8080
  sockeye port 8000-8100 postgresql 53/udp
  sockeye port 8080 --pids            bare PIDs, for kill
  sockeye port 8080 -q && echo taken  nothing but the exit status
`

func portCommand(o *options) command {
	return command{
		name: "port", args: "PORT|NAME..", usage: "who uses a port", help: portHelp,
		options: slices.Concat(o.portOptions(), o.familyOptions(), o.stateOptions(),
			o.ownerOptions(), o.noProcessesOption(), o.factOptions(), o.shapeOptions(), o.formatOptions(),
			o.sourceOptions(), o.dumpOption(), o.otherOptions()),
		run: func(r *run, words []string) error { return r.port(o, words) },
	}
}

// port says who uses local ports. For people the answer is told port by port;
// with a format, columns or an order of their own it is a listing.
func (r *run) port(o *options, words []string) error {
	if err := r.openInput(o); err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("port needs a number, a range or the name of a service: sockeye port 8080")
	}
	wanted, err := r.readPorts(o, words)
	if err != nil {
		return err
	}
	req, err := o.request(wanted, scope{tables{protocols: tcpAndUDP}, sock.AllStates})
	if err != nil {
		return err
	}
	if req.Query.Protocols &^= sock.Protocols(sock.Unix); req.Query.Protocols == 0 {
		return usagef("unix sockets have no ports")
	}
	if o.shapesListing() {
		_, err = r.answer(o, req, nil)
	} else {
		err = r.tellPorts(o, req)
	}
	if err == nil && r.status == exitNothing && !o.terse() {
		r.say("nothing uses port %s", strings.Join(words, ", "))
	}
	return err
}

// shapesListing reports whether the options ask for a shape that is a listing's.
func (o *options) shapesListing() bool {
	return o.format.chosen() || o.columns != nil || o.sort != nil || o.group != nil || o.limit > 0 ||
		o.extended || o.timers || o.memory || o.info || o.tos || o.oneline || o.dump != "" || o.kill
}

// tellPorts gathers the sockets and tells who uses each port.
func (r *run) tellPorts(o *options, req platform.Request) error {
	b, err := r.openBackend(o)
	if err != nil {
		return err
	}
	req.Query.Want = sock.FieldRemote | sock.FieldLocal | sock.FieldInterface |
		sock.FieldV6Only | sock.FieldRecvQueue | sock.FieldBacklog | sock.FieldUID | sock.FieldUser
	if !o.noOwners() {
		req.Query.Want |= sock.FieldOwners | sock.FieldCmdline | sock.FieldProcessUser | sock.FieldStartedAt
	}
	if err := b.fit(o, &req); err != nil {
		return err
	}
	listing, err := r.open(b, req)
	if err != nil {
		return err
	}
	var found []*sock.Socket
	for s, err := range listing.Sockets {
		if err != nil {
			return r.readError(err)
		}
		found = append(found, s.Clone())
	}
	snap := listing.Snapshot()
	now := snap.GeneratedAt // ages are those at the time of a snapshot
	if now.IsZero() {
		now = r.Now()
	}
	if err := portview.Write(r.Out, found, now.In(time.Local)); err != nil {
		return writeError{err}
	}
	r.conclude(o, listing, len(found))
	return nil
}

// portWord is one of the words after `port`: ports, perhaps of one protocol.
type portWord struct {
	ranges   []filter.PortRange
	protocol sock.Protocol // unknown: any
}

// readPorts makes a filter of words such as 8080, :8080, 8000-8100, https and 53/udp.
func (r *run) readPorts(o *options, words []string) (*filter.Filter, error) {
	var text []string
	for _, word := range words {
		for part := range strings.SplitSeq(word, ",") {
			w, err := readPort(part)
			if err != nil {
				return nil, err
			}
			text = append(text, w.text())
		}
	}
	env := r.filterEnv(o)
	ports, err := filter.ParseText(strings.Join(text, " or "), env)
	if err != nil {
		return nil, err
	}
	return r.andFile(o, ports, env)
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
