package cli

import (
	"maps"
	"slices"
	"strings"

	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// tables is a set of tables: protocols, and the types of unix sockets.
type tables struct {
	protocols sock.ProtocolSet
	types     sock.TypeSet
}

// tableWord is a table that an option names, or takes away.
type tableWord struct {
	tables
	name    string
	said    string // how, for messages
	negated bool
}

// supported are the protocols that the options can name.
var supported = sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.ICMP, sock.Unix)

// tableNames are the words of -A: ss's, and the protocols that ss has not.
var tableNames = map[string]tables{
	"all":            {supported, sock.AllTypes},
	"inet":           {sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.ICMP), 0},
	"tcp":            {sock.Protocols(sock.TCP), 0},
	"udp":            {sock.Protocols(sock.UDP), 0},
	"udplite":        {sock.Protocols(sock.UDPLite), 0},
	"raw":            {sock.Protocols(sock.Raw), 0},
	"icmp":           {sock.Protocols(sock.ICMP), 0},
	"unix":           {sock.Protocols(sock.Unix), sock.AllTypes},
	"unix_stream":    {sock.Protocols(sock.Unix), sock.Types(sock.TypeStream)},
	"u_str":          {sock.Protocols(sock.Unix), sock.Types(sock.TypeStream)},
	"unix_dgram":     {sock.Protocols(sock.Unix), sock.Types(sock.TypeDatagram)},
	"u_dgr":          {sock.Protocols(sock.Unix), sock.Types(sock.TypeDatagram)},
	"unix_seqpacket": {sock.Protocols(sock.Unix), sock.Types(sock.TypeSeqpacket)},
	"u_seq":          {sock.Protocols(sock.Unix), sock.Types(sock.TypeSeqpacket)},
}

func tableNamesSorted() []string { return slices.Sorted(maps.Keys(tableNames)) }

// add makes other tables part of the set.
func (t *tables) add(other tables) {
	t.protocols |= other.protocols
	t.types |= other.types
}

// remove takes other tables away: unix only when no type of it is left.
func (t *tables) remove(other tables) {
	t.types &^= other.types
	gone := other.protocols
	if t.types != 0 {
		gone &^= sock.Protocols(sock.Unix)
	}
	t.protocols &^= gone
}

// scope is what a command lists where neither options nor the filter say.
type scope struct {
	tables
	states sock.StateSet
}

// request is what the options and a filter ask. Tables that options name win over
// those that the filter names, and states of the filter over those of options, as
// in ss.
func (o *options) request(f *filter.Filter, s scope) (platform.Request, error) {
	set, err := o.chosenTables(s.tables)
	if err != nil {
		return platform.Request{}, err
	}
	if f.NamesTables() && !o.choosesTables() {
		set = tablesOf(f)
	}
	families := o.families
	if families == 0 {
		families = sock.Families(sock.IPv4, sock.IPv6)
	}
	states, explicit := f.States()
	if !explicit {
		states = o.states(s.states)
	}
	return platform.Request{
		Query:  sock.Query{Protocols: set.protocols, UnixTypes: set.types, Families: families, States: states},
		Filter: f,
	}, nil
}

// chosenTables are the tables that the options name; without any those that are
// usual.
func (o *options) chosenTables(usual tables) (tables, error) {
	if len(o.tables) == 0 {
		return usual, nil
	}
	var set tables
	for _, word := range o.tables {
		if !word.negated {
			set.add(word.tables)
			continue
		}
		if set.protocols == 0 {
			set.add(tableNames["all"])
		}
		set.remove(word.tables)
	}
	if set.protocols == 0 {
		return set, usagef("-A takes every table away")
	}
	return set, nil
}

// tablesOf returns the tables in which a filter that names protocols or families
// can match. Of those over IP it keeps TCP and UDP alone unless it names some.
func tablesOf(f *filter.Filter) tables {
	set := tables{protocols: supported & f.Protocols(), types: sock.AllTypes}
	inet := tableNames["inet"].protocols
	if set.protocols&inet == inet {
		set.protocols = set.protocols&^inet | tcpAndUDP
	}
	if set.protocols == 0 {
		set.protocols = tcpAndUDP // where nothing matches either
	}
	return set
}

var tcpAndUDP = sock.Protocols(sock.TCP, sock.UDP)

// states are those that the options name; without any those that are usual.
func (o *options) states(usual sock.StateSet) sock.StateSet {
	var set sock.StateSet
	if o.listening {
		set |= sock.ListeningStates
	}
	if o.connected {
		set |= sock.OpenStates
	}
	if o.boundAlone {
		set |= sock.States(sock.Bound)
	}
	switch {
	case o.all:
		return sock.AllStates
	case set != 0:
		return set
	case o.kill:
		return sock.OpenStates // to close a listener must be asked for
	}
	return usual
}

func unknownWord(kind, word string, among []string) error {
	if near, ok := suggest.Nearest(word, among); ok {
		return usagef("unknown %s %s, did you mean %s?", kind, quote(word), near)
	}
	return usagef("unknown %s %s; there is %s", kind, quote(word), strings.Join(among, ", "))
}
