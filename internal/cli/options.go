package cli

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"sockeye/internal/doctor"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// options is what the options of a command line say. Behind this struct nothing
// knows how they are spelled, but for messages.
type options struct {
	// Which sockets.
	tables                                []tableWord
	families                              sock.FamilySet
	listening, all, connected, boundAlone bool
	exposed                               bool
	filterFile                            string

	// Owners, names and facts.
	noProcesses, threads, numeric, resolve, services bool
	numericHosts, numericPorts, numericUsers         bool
	shown                                            []string   // the options that show more facts
	told                                             sock.Field // what the command tells beside those

	// The shape of the answer.
	noHeader, noQueues, oneline, wide bool
	tree                              bool
	columns, sort, group              []string
	limit                             int           // 0: all
	watch                             time.Duration // the interval; 0: one listing
	passes                            int           // how many of them; 0: until it is ended
	format                            formatWord
	everyHolder                       bool // with the PIDs of a port: not only what listens
	csvSafe                           bool
	template                          string
	color                             string // auto, always or never; empty is auto

	// Where it comes from and where it goes.
	from, dump, source, owners string
	netns                      string // as it was written
	allNetns                   bool
	kill, yes, strict, debug   bool
	summary                    int // 0: a listing; 2: with every counter
	events                     bool
	expect                     string // the file of diff --expect
	tracing                    bool   // the command is trace
	view                       viewWord
	eventSource                string
	duration                   time.Duration // of a view that goes on; 0: until it is ended
	gone                       bool
	svg                        bool
	dryRun, free               bool
	sample                     time.Duration // of doctor; 0: the usual one
	later                      string        // the second file of doctor
	changes                    doctor.Changes
	rules                      bool
	grace                      time.Duration // of kill
	timeout                    time.Duration // of wait; see [forever]
}

// noOwners reports whether the owners are not wanted.
func (o *options) noOwners() bool { return o.noProcesses || o.owners == "none" }

// choosesTables reports whether an option names tables or families.
func (o *options) choosesTables() bool { return len(o.tables) > 0 || o.families != 0 }

// choosesStates reports whether an option names states.
func (o *options) choosesStates() bool {
	return o.listening || o.all || o.connected || o.boundAlone
}

// action is the option that makes something else than a listing; empty: none does.
func (o *options) action() string {
	return cmp.Or(when(o.kill, "--kill"), when(o.dump != "", "--dump"), when(o.summary > 0, "--summary"), when(o.events, "--events"))
}

// when returns a word if something holds.
func when(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

// wants returns what a layout needs without the facts that an option takes away.
func (o *options) wants(needs sock.Field) sock.Field {
	if o.noOwners() {
		needs &^= sock.OwnerFields
	}
	if o.numericUsers {
		needs &^= sock.FieldUser
	}
	return needs
}

// check refuses options that contradict each other.
func (o *options) check() error {
	switch {
	case o.format.is(render.PIDs) && o.noOwners():
		return usagef("--pids names owners, it goes without --no-processes and --owners none")
	case o.numeric && o.resolve:
		return usagef("--numeric and --resolve contradict each other; the routes of netstat -rn are shown by ip route")
	}
	if err := o.checkNamespaces(); err != nil {
		return err
	}
	if err := o.checkExposed(); err != nil {
		return err
	}
	if err := o.checkTree(); err != nil {
		return err
	}
	return o.checkWatch()
}

// terse reports whether the answer is a number or a status: nothing is to be said
// of an empty one.
func (o *options) terse() bool { return o.format.is(render.Quiet) || o.format.is(render.Count) }

// formatWord is the option that chose a format; none: a table, or the answer of
// the command.
type formatWord struct {
	name   string // without dashes; empty: none did
	format render.Format
}

func (f formatWord) chosen() bool { return f.name != "" }

func (f formatWord) is(format render.Format) bool { return f.chosen() && f.format == format }

// stateOptions say which states are listed.
func (o *options) stateOptions() []*option {
	return slices.Concat(
		[]*option{
			on(groupTables, &o.listening, "listening", "l", "listening only; of UDP what has no peer"),
			on(groupTables, &o.all, "all", "a", "every state; wins over -l"),
			on(groupTables, &o.connected, "connected", "", "connected only"),
		},
		onlyOn("linux", on(groupTables, &o.boundAlone, "bound-inactive", "B", "TCP that is bound and does not listen")),
		[]*option{
			text(groupTables, &o.filterFile, "filter-file", "F", "FILE", "a filter in FILE, # starts a comment; - is standard input"),
		},
	)
}

// noProcessesOption is of the commands that can do without owners.
func (o *options) noProcessesOption() []*option {
	return []*option{on(groupOwners, &o.noProcesses, "no-processes", "", "no owners: faster")}
}

// ownerOptions say what is looked up beside the tables.
func (o *options) ownerOptions() []*option {
	return slices.Concat(
		[]*option{accepted(groupOwners, "processes", "p", "owners are shown unless --no-processes")},
		onlyOn("linux", on(groupOwners, &o.threads, "threads", "T", "every owner in a thread with a file table of its own (/proc shows one that is the only one)")),
		[]*option{
			on(groupOwners, &o.numeric, "numeric", "n", "addresses and ports are numbers unless -r"),
			on(groupOwners, &o.resolve, "resolve", "r", "names of addresses (DNS) and of services"),
			on(groupOwners, &o.services, "services", "", "names of services"),
			on(groupOwners, &o.numericHosts, "numeric-hosts", "", "no names of addresses, also with -r"),
			on(groupOwners, &o.numericPorts, "numeric-ports", "", "no names of services, also with -r"),
			on(groupOwners, &o.numericUsers, "numeric-users", "", "users by their numbers"),
		},
	)
}

// factOptions show more of each socket.
func (o *options) factOptions() []*option {
	return slices.Concat(
		[]*option{o.shows("extended", "e", "user, inode, cookie, mark, v6only; on Windows when it was made")},
		onlyOn("linux",
			o.shows("timers", "o", "the running timer"),
			o.shows("memory", "m", "memory of the socket"),
			o.shows("info", "i", "TCP's inner facts: rtt, cwnd, bytes ..."),
			o.shows("bpf", "b", "the filters of packet sockets, disassembled (CAP_NET_ADMIN)"),
			o.shows("tos", "", "type of service, traffic class, class of traffic"),
			o.shows("cgroup", "", "control group, unit of systemd, container"),
			o.shows("context", "Z", "security labels of processes (SELinux, AppArmor, Smack)"),
			o.shows("contexts", "z", "security labels of processes and of sockets"),
			o.shows("tipcinfo", "", "what TIPC tells: its service, congestion, drops"),
			o.shows("sockopt", "", "options of sockets over IP: freebind, transparent ..."),
		),
	)
}

// shows is an option that the registry of facts names: see [fact.Shown].
func (o *options) shows(name, short, usage string) *option {
	return &option{name: name, short: short, group: groupFacts, usage: usage, set: func(string) error {
		o.shown = append(o.shown, name)
		return nil
	}}
}

// shapeOptions say how the listing looks.
func (o *options) shapeOptions() []*option {
	return slices.Concat([]*option{
		on(groupShape, &o.noHeader, "no-header", "H", "no header line"),
		on(groupShape, &o.noQueues, "no-queues", "Q", "no queue columns"),
		on(groupShape, &o.oneline, "oneline", "O", "one line for each socket, whatever is shown"),
		on(groupShape, &o.wide, "wide", "W", "every column at full width, also on a terminal"),
	}, o.columnOptions(), []*option{
		number(groupShape, &o.limit, "limit", "at most N rows"),
	})
}

// columnOptions say what is shown of each socket, and in which order.
func (o *options) columnOptions() []*option {
	return []*option{
		list(groupShape, &o.columns, "columns", "C", "LIST", "these columns; sockeye help fields lists all").withValues(fact.Names),
		list(groupShape, &o.sort, "sort", "", "KEY[:desc],..", "sort by columns").withValues(fact.Names),
		list(groupShape, &o.group, "group-by", "", "KEYS", "count sockets by columns, and sum their queues, or what -C names").withValues(fact.Names),
	}
}

// formatOptions choose the format.
func (o *options) formatOptions() []*option {
	return []*option{
		o.formatOption(render.JSON, "j", "one JSON document"),
		o.formatOption(render.NDJSON, "", "a JSON object a line"),
		o.formatOption(render.CSV, "", "comma-separated values"),
		o.csvSafeOption(),
		o.formatOption(render.TSV, "", "tab-separated values"),
		o.templateOption(),
		o.formatOption(render.PIDs, "", "bare PIDs, one a line"),
		o.formatOption(render.Count, "", "the number of sockets"),
		o.formatOption(render.Quiet, "q", "nothing but the exit status"),
		o.colorOption(),
	}
}

func (o *options) csvSafeOption() *option {
	return &option{name: "csv-safe", group: groupFormat, usage: "--csv for a spreadsheet: ' stands before what begins with = + - @", set: func(string) error {
		o.csvSafe = true
		return o.chooseFormat(render.CSV)
	}}
}

func (o *options) templateOption() *option {
	return &option{name: "template", value: "TEXT", group: groupFormat, usage: "Go text/template over the members of the JSON", set: func(words string) error {
		o.template = words
		return o.chooseFormat(render.Template)
	}}
}

func (o *options) colorOption() *option {
	return &option{name: "color", value: "WHEN", group: groupFormat, usage: "auto, always or never", known: these(colors...), set: func(word string) error {
		if o.color = word; !slices.Contains(colors, word) {
			return unknownWord("--color", word, colors)
		}
		return nil
	}}
}

// formatOption is an option that is called as its format is.
func (o *options) formatOption(f render.Format, short, usage string) *option {
	return &option{name: f.String(), short: short, group: groupFormat, usage: usage, set: func(string) error {
		return o.chooseFormat(f)
	}}
}

func (o *options) chooseFormat(f render.Format) error {
	if o.format.chosen() && o.format.format != f {
		return usagef("--%s and --%s: choose one format", o.format.name, f)
	}
	o.format = formatWord{f.String(), f}
	return nil
}

// colors are the values of --color.
var colors = []string{"auto", "always", "never"}

// sourceOptions say where the sockets come from.
func (o *options) sourceOptions() []*option {
	return slices.Concat(o.namespaceOptions(), []*option{
		text(groupSource, &o.from, "from", "", "FILE", "list from a file of --json, --ndjson or --dump, or of ss -D; - is standard input"),
	}, o.backendOptions())
}

// backendOptions force how this machine is asked.
func (o *options) backendOptions() []*option {
	return []*option{
		text(groupSource, &o.source, "source", "", "BACKEND", "force one: auto; on Linux sock_diag, proc; on Windows iphlpapi; portable").
			withValues(these("auto", "sock_diag", "proc", "iphlpapi", "portable")),
		text(groupSource, &o.owners, "owners", "", "HOW", "how owners are searched: auto, none; on Linux bpf, proc").
			withValues(these("auto", "none", "bpf", "proc")),
	}
}

// dumpOption is of the commands that need no owners.
func (o *options) dumpOption() []*option {
	return onlyOn("linux", text(groupSource, &o.dump, "dump", "D", "FILE",
		"write the kernel's raw messages about TCP to a file, as ss does; - is standard output"))
}

// summaryOption is of the command that counts sockets in place of listing them.
func (o *options) summaryOption() []*option {
	return []*option{{name: "summary", short: "s", group: groupFormat,
		usage: "how many sockets there are, and the kernel's limits and errors; -s -s: all of its counters",
		set: func(string) error {
			o.summary++
			return nil
		}}}
}

// eventOptions are of the command that tells what closes.
func (o *options) eventOptions() []*option {
	return onlyOn("linux",
		on(groupOther, &o.events, "events", "E", "TCP and UDP sockets as they are closed, with their owner and last tcp_info"),
	)
}

// readSpan reads a number of seconds, or a time such as 1m30s.
func readSpan(word string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return time.ParseDuration(word)
	}
	if math.IsNaN(seconds) || math.Abs(seconds) > time.Duration(math.MaxInt64).Seconds()/2 {
		return 0, strconv.ErrRange
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// otherOptions are the rest.
func (o *options) otherOptions() []*option {
	return append([]*option{
		on(groupOther, &o.kill, "kill", "K", "close the connections that match a filter, and list them; asks first"),
		on(groupOther, &o.yes, "yes", "", "ask no question"),
	}, o.messageOptions()...)
}

// messageOptions are of every command that reads sockets.
func (o *options) messageOptions() []*option {
	return append([]*option{
		on(groupOther, &o.strict, "strict", "", "an incomplete answer is exit status 3"),
		accepted(groupOther, "verbose", "", "what could not be read is always said"),
		on(groupOther, &o.debug, "debug", "", "say on standard error where the answer came from"),
	}, helpOptions()...)
}

// helpOptions are of every command; they are looked at before the others.
func helpOptions() []*option {
	return []*option{
		accepted(groupOther, "help", "h", "this help"),
		accepted(groupOther, "version", "V", "version and commit"),
	}
}
