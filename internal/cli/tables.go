package cli

import (
	"maps"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"sockeye/internal/suggest"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// tables is what the options say about tables: protocols, and the types of
// unix sockets.
type tables struct {
	protocols sock.ProtocolSet
	types     sock.TypeSet
}

// supported are the protocols that the options can name.
var supported = sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.ICMP, sock.Unix)

var allUnix = sock.AllTypes

// tableNames are the words of -A: ss's, and the protocols that ss has not.
var tableNames = map[string]tables{
	"all":            {supported, allUnix},
	"inet":           {sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.ICMP), 0},
	"tcp":            {sock.Protocols(sock.TCP), 0},
	"udp":            {sock.Protocols(sock.UDP), 0},
	"udplite":        {sock.Protocols(sock.UDPLite), 0},
	"raw":            {sock.Protocols(sock.Raw), 0},
	"icmp":           {sock.Protocols(sock.ICMP), 0},
	"unix":           {sock.Protocols(sock.Unix), allUnix},
	"unix_stream":    {sock.Protocols(sock.Unix), sock.Types(sock.TypeStream)},
	"u_str":          {sock.Protocols(sock.Unix), sock.Types(sock.TypeStream)},
	"unix_dgram":     {sock.Protocols(sock.Unix), sock.Types(sock.TypeDatagram)},
	"u_dgr":          {sock.Protocols(sock.Unix), sock.Types(sock.TypeDatagram)},
	"unix_seqpacket": {sock.Protocols(sock.Unix), sock.Types(sock.TypeSeqpacket)},
	"u_seq":          {sock.Protocols(sock.Unix), sock.Types(sock.TypeSeqpacket)},
}

// add makes the tables of a word part of the set.
func (t *tables) add(other tables) {
	t.protocols |= other.protocols
	t.types |= other.types
}

// remove takes the tables of a word away: unix only when no type of it is left.
func (t *tables) remove(other tables) {
	t.types &^= other.types
	gone := other.protocols
	if t.types != 0 {
		gone &^= sock.Protocols(sock.Unix)
	}
	t.protocols &^= gone
}

// readTables reads -t -u -U -w -x --icmp, -A and -f unix. What no option names
// is TCP and UDP.
func readTables(c *ucli.Context) (tables, error) {
	var set tables
	for _, name := range []string{"tcp", "udp", "udplite", "raw", "icmp", "unix"} {
		if c.Bool(name) {
			set.add(tableNames[name])
		}
	}
	if slices.Contains(c.StringSlice("family"), "unix") {
		set.add(tableNames["unix"])
	}
	for _, word := range c.StringSlice("query") {
		name, negated := strings.CutPrefix(strings.ToLower(strings.TrimSpace(word)), "!")
		named, known := tableNames[name]
		if !known {
			return set, unknownWord("table", name, slices.Sorted(maps.Keys(tableNames)))
		}
		if !negated {
			set.add(named)
			continue
		}
		if set.protocols == 0 {
			set.add(tableNames["all"])
		}
		set.remove(named)
	}
	if set.protocols == 0 && len(c.StringSlice("query")) == 0 {
		set.protocols = sock.Protocols(sock.TCP, sock.UDP)
	}
	if set.protocols == 0 {
		return set, usagef("-A takes every table away")
	}
	return set, nil
}

// tablesOf returns the tables in which a filter that names protocols or families
// can match. Of those over IP it keeps TCP and UDP alone unless it names some.
func tablesOf(f *filter.Filter) tables {
	set := tables{protocols: supported & f.Protocols(), types: allUnix}
	inet := tableNames["inet"].protocols
	if set.protocols&inet == inet {
		set.protocols = set.protocols&^inet | sock.Protocols(sock.TCP, sock.UDP)
	}
	if set.protocols == 0 {
		set.protocols = sock.Protocols(sock.TCP, sock.UDP) // where nothing matches either
	}
	return set
}

// readFamilies reads -4, -6 and -f. Both given are both, unlike in ss.
func readFamilies(c *ucli.Context) (sock.FamilySet, error) {
	var set sock.FamilySet
	if c.Bool("ipv4") {
		set |= sock.Families(sock.IPv4)
	}
	if c.Bool("ipv6") {
		set |= sock.Families(sock.IPv6)
	}
	for _, name := range c.StringSlice("family") {
		switch strings.ToLower(name) {
		case "inet", "ipv4", "inet4":
			set |= sock.Families(sock.IPv4)
		case "inet6", "ipv6":
			set |= sock.Families(sock.IPv6)
		case "unix":
		default:
			return set, unknownWord("family", name, []string{"inet", "inet6", "unix"})
		}
	}
	if set == 0 {
		set = sock.Families(sock.IPv4, sock.IPv6)
	}
	return set, nil
}

// readStates reads -a, -l, -B and --connected. Those that a filter names win
// over them, as in ss.
func readStates(c *ucli.Context) sock.StateSet {
	var set sock.StateSet
	if c.Bool("listening") {
		set |= sock.ListeningStates
	}
	if c.Bool("connected") {
		set |= sock.OpenStates
	}
	if c.Bool("bound-inactive") {
		set |= sock.States(sock.Bound)
	}
	switch {
	case c.Bool("all"):
		return sock.AllStates
	case set == 0:
		return sock.DefaultStates
	}
	return set
}

func unknownWord(kind, word string, among []string) error {
	if near, ok := suggest.Nearest(word, among); ok {
		return usagef("unknown %s %s, did you mean %s?", kind, quote(word), near)
	}
	return usagef("unknown %s %s; there is %s", kind, quote(word), strings.Join(among, ", "))
}
