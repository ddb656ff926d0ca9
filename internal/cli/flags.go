package cli

import (
	ucli "github.com/urfave/cli/v2"
)

// The groups of options in the help, in its order.
const (
	groupTables = "Which sockets"
	groupOwners = "Owners and names"
	groupFacts  = "More facts for each socket"
	groupShape  = "Shape of the listing"
	groupFormat = "Formats"
	groupSource = "Where it comes from"
	groupOther  = "Other"
)

// kept is a flag whose names are made once. The library makes them anew, with a
// regular expression for each, whenever it looks a flag up: for every question
// whether one is set, through all of them. That took a millisecond of each start.
type kept struct {
	libraryFlag
	names []string
}

// libraryFlag is what the library and the help ask of a flag.
type libraryFlag interface {
	ucli.ActionableFlag
	ucli.CategorizableFlag
	ucli.DocGenerationFlag
	ucli.RequiredFlag
}

func (f kept) Names() []string { return f.names }

// namesOf returns the names of a flag, the long one first, and those after it.
func namesOf(name, short string) (names, aliases []string) {
	names = []string{name}
	if short != "" {
		names = append(names, short)
	}
	return names, names[1:]
}

func boolFlag(group, name, short, usage string) ucli.Flag {
	names, aliases := namesOf(name, short)
	return kept{&ucli.BoolFlag{Name: name, Aliases: aliases, Category: group, Usage: usage}, names}
}

func valueFlag(group, name, short, usage string) ucli.Flag {
	names, aliases := namesOf(name, short)
	return kept{&ucli.StringFlag{Name: name, Aliases: aliases, Category: group, Usage: usage}, names}
}

func listFlag(group, name, short, usage string) ucli.Flag {
	names, aliases := namesOf(name, short)
	return kept{&ucli.StringSliceFlag{Name: name, Aliases: aliases, Category: group, Usage: usage}, names}
}

func numberFlag(group, name, none, usage string) ucli.Flag {
	return kept{&ucli.IntFlag{Name: name, Category: group, Usage: usage, DefaultText: none}, []string{name}}
}

// selectionFlags say which sockets are listed.
func selectionFlags() []ucli.Flag {
	return []ucli.Flag{
		boolFlag(groupTables, "tcp", "t", "TCP"),
		boolFlag(groupTables, "udp", "u", "UDP"),
		boolFlag(groupTables, "udplite", "U", "UDP-Lite (Linux)"),
		boolFlag(groupTables, "raw", "w", "raw IP (Linux)"),
		boolFlag(groupTables, "icmp", "", "ping sockets (Linux)"),
		boolFlag(groupTables, "unix", "x", "unix (Linux)"),
		listFlag(groupTables, "query", "A", "the tables as a `LIST`: all inet tcp udp udplite raw icmp unix u_str u_dgr u_seq, !NAME takes one away"),
		boolFlag(groupTables, "ipv4", "4", "IPv4 only"),
		boolFlag(groupTables, "ipv6", "6", "IPv6 only"),
		listFlag(groupTables, "family", "f", "address `FAMILY`: inet, inet6 or unix"),
		boolFlag(groupTables, "listening", "l", "listening only; of UDP what has no peer"),
		boolFlag(groupTables, "all", "a", "every state; wins over -l"),
		boolFlag(groupTables, "connected", "", "connected only"),
		valueFlag(groupTables, "filter-file", "F", "a filter in `FILE`, # starts a comment; - is standard input"),
		boolFlag(groupTables, "bound-inactive", "B", "TCP that is bound and does not listen (Linux)"),
	}
}

// ownerFlags say what is looked up beside the tables.
func ownerFlags() []ucli.Flag {
	return []ucli.Flag{
		boolFlag(groupOwners, "processes", "p", "show owners: what is done anyway, unless --no-processes"),
		boolFlag(groupOwners, "no-processes", "", "the owners are not searched: faster"),
		boolFlag(groupOwners, "threads", "T", "owners in threads with a file table of their own too (Linux)"),
		boolFlag(groupOwners, "numeric", "n", "numbers, not names: what is done anyway, unless -r"),
		boolFlag(groupOwners, "resolve", "r", "names of addresses (DNS) and of services"),
		boolFlag(groupOwners, "services", "", "names of services"),
		boolFlag(groupFacts, "extended", "e", "user, inode, cookie, mark, v6only; on Windows when it was made"),
		boolFlag(groupFacts, "timers", "o", "the running timer (Linux)"),
		boolFlag(groupFacts, "memory", "m", "memory of the socket (Linux)"),
		boolFlag(groupFacts, "info", "i", "TCP's inner facts: rtt, cwnd, bytes ... (Linux)"),
		boolFlag(groupFacts, "tos", "", "type of service and traffic class (Linux)"),
	}
}

// outputFlags say how the listing looks.
func outputFlags() []ucli.Flag {
	return []ucli.Flag{
		boolFlag(groupShape, "no-header", "H", "no header line"),
		boolFlag(groupShape, "no-queues", "Q", "no queue columns"),
		boolFlag(groupShape, "oneline", "O", "one line for each socket, whatever is shown"),
		boolFlag(groupShape, "wide", "W", "every column at full width, also on a terminal"),
		listFlag(groupShape, "columns", "C", "the columns, a `LIST`; a wrong name lists the near ones"),
		listFlag(groupShape, "sort", "", "sort by `KEY[:desc],..`, any column"),
		listFlag(groupShape, "group-by", "", "count sockets by `KEYS`, any columns"),
		numberFlag(groupShape, "limit", "all", "at most `N` rows"),
		boolFlag(groupFormat, "json", "j", "one JSON document"),
		boolFlag(groupFormat, "ndjson", "", "a JSON object a line"),
		boolFlag(groupFormat, "csv", "", "comma-separated values"),
		boolFlag(groupFormat, "tsv", "", "tab-separated values"),
		valueFlag(groupFormat, "template", "", "Go text/template `TEXT` over the members of the JSON"),
		boolFlag(groupFormat, "pids", "", "bare PIDs, one a line"),
		boolFlag(groupFormat, "count", "", "the number of sockets"),
		boolFlag(groupFormat, "quiet", "q", "nothing but the exit status"),
		valueFlag(groupFormat, "color", "", "`WHEN`: auto, always or never"),
	}
}

// sourceFlags say where the sockets come from.
func sourceFlags() []ucli.Flag {
	return []ucli.Flag{
		valueFlag(groupSource, "from", "", "list from a `FILE` of --json, --ndjson or --dump, or of ss -D; - is standard input"),
		valueFlag(groupSource, "dump", "D", "write the kernel's raw messages about TCP to `FILE`, as ss does (Linux); - is standard output"),
		valueFlag(groupSource, "source", "", "force the `BACKEND`: auto; on Linux sock_diag, proc; on Windows iphlpapi; portable"),
		valueFlag(groupSource, "owners", "", "how owners are searched: auto, none; on Linux bpf, proc (`HOW`)"),
		boolFlag(groupOther, "kill", "K", "close the connections that match a filter, and list them; asks first on a terminal"),
		boolFlag(groupOther, "strict", "", "an incomplete answer is exit status 3"),
		boolFlag(groupOther, "debug", "", "say on standard error where the answer came from"),
		boolFlag(groupOther, "help", "h", "this help"),
		boolFlag(groupOther, "version", "V", "version and commit"),
	}
}

// commonFlags are the options of every command that lists sockets.
func commonFlags() []ucli.Flag {
	var all []ucli.Flag
	for _, part := range [][]ucli.Flag{selectionFlags(), ownerFlags(), outputFlags(), sourceFlags()} {
		all = append(all, part...)
	}
	return all
}
