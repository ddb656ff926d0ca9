package cli

import (
	"strings"

	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// scope is what a command lists where neither options nor the filter say.
type scope struct {
	tables
	states sock.StateSet
}

// request is what the options and a filter ask. Tables that options name win over
// those that the filter names, and states of the filter over those of options, as
// in ss. A filter that can match in none of the usual tables names those in which it
// can: `path ~ /dbus/` is about unix sockets.
func (o *options) request(f *filter.Filter, s scope) (platform.Request, error) {
	set, named, err := o.chosenTables(s.tables)
	if err != nil {
		return platform.Request{}, err
	}
	if !o.choosesTables() && (f.NamesTables() || f.Protocols()&set.protocols == 0) {
		set = tablesOf(f)
		if f.NamesTables() && set.protocols != allTables().protocols || set.protocols.Len() == 1 {
			named = set.protocols
		}
	}
	families := o.families
	if families == 0 {
		families = sock.Families(sock.IPv4, sock.IPv6)
	}
	states, explicit := f.States()
	if !explicit {
		states = o.states(s.states)
	}
	req := platform.Request{
		Query:  sock.Query{Protocols: set.protocols, Types: set.types, Named: named, Families: families, States: states},
		Filter: f, Netns: o.netns, AllNetns: o.allNetns,
	}
	if o.exposed {
		err = askExposed(&req)
	}
	return req, err
}

// chosenTables are the tables that the options name; without any those that are
// usual. named are the protocols that were named each by itself.
func (o *options) chosenTables(usual tables) (set tables, named sock.ProtocolSet, err error) {
	if len(o.tables) == 0 {
		return usual, 0, nil
	}
	for _, word := range o.tables {
		if !word.negated {
			set.add(word.tables)
			if word.protocols.Len() == 1 {
				named |= word.protocols
			}
			continue
		}
		if set.protocols == 0 {
			set.add(allTables())
		}
		set.remove(word.tables)
	}
	if set.protocols == 0 {
		return set, 0, usagef("-A takes every table away")
	}
	return set, named & set.protocols, nil
}

// tablesOf returns the tables in which a filter that names protocols or families
// can match. Of those over IP it keeps TCP and UDP alone unless it names some.
func tablesOf(f *filter.Filter) tables {
	set := tables{protocols: allTables().protocols & f.Protocols()}
	inet := inetTables().protocols
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
	case o.exposed:
		return sock.ListeningStates
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
