package cli

import (
	"strings"

	"sockeye/sock"
)

// tables is a set of tables: protocols, and of those that have parts with words of
// their own the types of sockets.
type tables struct {
	protocols sock.ProtocolSet
	types     sock.TypesOf
}

// tableWord is a table that an option names, or takes away.
type tableWord struct {
	tables
	name    string
	said    string // how, for messages
	negated bool
}

// listed yields the protocols whose tables are listed.
func listed(yield func(*sock.Descriptor) bool) {
	for d := range sock.Descriptors {
		if d.Option != "" && !yield(d) {
			return
		}
	}
}

// tablesOfProtocol are all tables of a protocol.
func tablesOfProtocol(p sock.Protocol) tables {
	t := tables{protocols: sock.Protocols(p)}
	if p.Descriptor().Parts != nil {
		t.types[p] = sock.AllTypes
	}
	return t
}

// allTables are the tables that options can name.
func allTables() tables {
	var all tables
	for d := range listed {
		all.add(tablesOfProtocol(d.Protocol))
	}
	return all
}

// inetTables are those of them that run over IP.
func inetTables() tables {
	var inet tables
	for d := range listed {
		if d.Protocol.Inet() {
			inet.add(tablesOfProtocol(d.Protocol))
		}
	}
	return inet
}

// tableWords yields the words of -A, which are ss's and the names of protocols,
// each with its tables.
func tableWords(yield func(string, tables) bool) {
	if !yield("all", allTables()) || !yield("inet", inetTables()) {
		return
	}
	for d := range listed {
		if !yield(d.Name, tablesOfProtocol(d.Protocol)) {
			return
		}
	}
	for d := range listed {
		for _, part := range d.Parts {
			for _, word := range part.Words {
				of := tables{protocols: sock.Protocols(d.Protocol)}
				of.types[d.Protocol] = sock.Types(part.Type)
				if !yield(word, of) {
					return
				}
			}
		}
	}
}

// tableNames are the words of -A, in order.
func tableNames() []string {
	var names []string
	for name := range tableWords {
		names = append(names, name)
	}
	return names
}

// tableNamed returns the tables of a word of -A.
func tableNamed(name string) (tables, bool) {
	for word, named := range tableWords {
		if word == name {
			return named, true
		}
	}
	return tables{}, false
}

// add makes other tables part of the set.
func (t *tables) add(other tables) {
	t.protocols |= other.protocols
	for p := range other.protocols.All {
		t.types[p] |= other.types[p]
	}
}

// remove takes other tables away: one that has parts only when no type is left.
func (t *tables) remove(other tables) {
	for p := range other.protocols.All {
		t.types[p] &^= other.types[p]
		if t.types[p] == 0 {
			t.protocols &^= sock.Protocols(p)
		}
	}
}

// portOptions name the tables of what has ports.
func (o *options) portOptions() []*option { return o.tableOptions(sock.Protocol.Inet) }

// otherTableOptions name the tables of what has none.
func (o *options) otherTableOptions() []*option {
	return o.tableOptions(func(p sock.Protocol) bool { return !p.Inet() })
}

func (o *options) tableOptions(which func(sock.Protocol) bool) []*option {
	var all []*option
	for d := range listed {
		if !which(d.Protocol) {
			continue
		}
		only := "linux"
		if d.Protocol == sock.TCP || d.Protocol == sock.UDP {
			only = ""
		}
		all = append(all, &option{name: d.Option, short: d.Letter, group: groupTables, usage: d.Title, only: only,
			set: func(string) error {
				o.tables = append(o.tables, tableWord{tables: tablesOfProtocol(d.Protocol), name: d.Name, said: "--" + d.Option})
				return nil
			}})
	}
	return all
}

// familyOptions name tables and families in the words of ss.
func (o *options) familyOptions() []*option {
	return []*option{
		{name: "query", short: "A", value: "LIST", group: groupTables, set: o.addQuery, known: tableNames,
			usage: "these tables: " + strings.Join(tableNames(), " ") + "; !NAME takes one away"},
		{name: "ipv4", short: "4", group: groupTables, usage: "IPv4 only", set: o.family(sock.IPv4)},
		{name: "ipv6", short: "6", group: groupTables, usage: "IPv6 only", set: o.family(sock.IPv6)},
		{name: "family", short: "f", value: "FAMILY", group: groupTables, usage: "address families: " + strings.Join(familyWords(), " "), set: o.addFamilies,
			known: familyWords},
	}
}

func (o *options) family(f sock.Family) func(string) error {
	return func(string) error {
		o.families |= sock.Families(f)
		return nil
	}
}

// addQuery takes the tables of -A.
func (o *options) addQuery(list string) error {
	for word := range strings.SplitSeq(list, ",") {
		name, negated := strings.CutPrefix(strings.ToLower(strings.TrimSpace(word)), "!")
		named, known := tableNamed(name)
		if p, ok := sock.ParseProtocol(name); ok && !known {
			return usagef("%s", unlisted(p))
		}
		if !known {
			return unknownWord("table", name, tableNames())
		}
		o.tables = append(o.tables, tableWord{tables: named, name: name, said: "--query " + name, negated: negated})
	}
	return nil
}

// addFamilies takes the families of -f. Both families of IP given are both,
// unlike in ss. Another family is the table of its protocol.
func (o *options) addFamilies(list string) error {
	for word := range strings.SplitSeq(list, ",") {
		name := strings.ToLower(word)
		switch name {
		case "inet", "ipv4", "inet4":
			o.families |= sock.Families(sock.IPv4)
			continue
		case "inet6", "ipv6":
			o.families |= sock.Families(sock.IPv6)
			continue
		case "link": // as ss calls that of packet sockets
			name = sock.Packet.String()
		}
		p, known := sock.ParseProtocol(name)
		switch {
		case !known || p.Inet():
			return unknownWord("family", word, familyWords())
		case p.Descriptor().Option == "":
			return usagef("%s", unlisted(p))
		}
		o.tables = append(o.tables, tableWord{tables: tablesOfProtocol(p), name: p.String(), said: "--family " + word})
	}
	return nil
}

// familyWords are the words of -f.
func familyWords() []string {
	words := []string{"inet", "inet6"}
	for d := range listed {
		if !d.Protocol.Inet() {
			words = append(words, d.Name)
		}
		if d.Protocol == sock.Packet {
			words = append(words, "link")
		}
	}
	return words
}

// unlisted says that the tables of a protocol are not listed.
func unlisted(p sock.Protocol) string { return p.Descriptor().Title + " sockets are not listed yet" }
