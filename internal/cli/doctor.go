package cli

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye/internal/doctor"
	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

const doctorHelp = `Looks at the sockets for two seconds and says what is wrong with them, the
worst first: what it is, the sockets and numbers that show it, what it means,
what to try. A filter chooses the sockets; counters are those of the whole
network namespace, and of memory those of the machine.

With --from it looks at what sockeye --json wrote, and with --from twice at
what was between: "sockeye -tua -eiom --json" tells all that the rules need. A
file has none of the kernel's counters; rules that need them are named.

Nothing is changed and nothing is sent.

Examples:
  sockeye doctor
  sockeye doctor --sample 10 dport 5432
  sockeye doctor --all-netns            of every container too
  sockeye doctor --rules                what it looks for, and the settings
  sockeye doctor --set close_wait_leak.seconds=600
  sockeye doctor --from before.json --from after.json
  sockeye doctor -j | jq -r '.findings[] | [.severity, .title] | @tsv'
`

const doctorStatus = `0 nothing is wrong, 1 something is (what is only worth
knowing, info, is not), 2 a mistake in the options or the filter, 3 the answer could
not be read or written or, with --strict, is incomplete.`

const usualSample = 2 * time.Second

func doctorCommand(o *options) command {
	return command{
		name: "doctor", args: "[FILTER]", status: doctorStatus, usage: "what is wrong", help: doctorHelp,
		options: slices.Concat(
			[]*option{
				span(groupRules, &o.sample, "sample", 1, "look for so many seconds, or 1m30s; 2 without it"),
				{name: "set", value: "RULE.KEY=NUMBER", group: groupRules, usage: "another number for a rule", set: o.setRule, known: doctor.SettingNames},
				on(groupRules, &o.rules, "rules", "", "list the rules with their settings"),
				o.formatOption(render.JSON, "j", "one JSON document"),
				o.formatOption(render.NDJSON, "", "a JSON object for each finding"),
				o.formatOption(render.Count, "", "the number of findings"),
				o.formatOption(render.Quiet, "q", "nothing but the exit status"),
			},
			o.namespaceOptions(),
			[]*option{{name: "from", value: "FILE", group: groupSource, usage: "of a file of --json or --ndjson; twice: of what was between two; - is standard input", set: o.setFrom}},
			o.backendOptions(), o.messageOptions()),
		run: func(r *run, words []string) error { return r.doctor(o, words) },
	}
}

func (o *options) setRule(word string) error {
	if o.changes == nil {
		o.changes = doctor.Changes{}
	}
	err := o.changes.Set(word)
	var unknown doctor.UnknownSettingError
	switch {
	case errors.As(err, &unknown):
		return usagef("--set %v%s", err, otherSettings(unknown.Name))
	case err != nil:
		return usagef("--set %v", err)
	}
	return nil
}

// otherSettings says which settings there are instead of one that there is not.
func otherSettings(name string) string {
	rule, _, _ := strings.Cut(name, ".")
	names := doctor.SettingNames()
	of := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, rule+".") })
	near, isNear := suggest.Nearest(name, names)
	switch {
	case isNear && name != rule:
		return ", did you mean " + near + "?"
	case len(of) > 0:
		return "; there is " + strings.Join(of, ", ")
	case slices.ContainsFunc(doctor.Rules, func(r *doctor.Rule) bool { return r.Name == rule }):
		return "; " + rule + " has none"
	}
	return "; sockeye doctor --rules lists them"
}

// setFrom takes the first file, and then the second.
func (o *options) setFrom(file string) error {
	switch {
	case file == "":
		return usagef("the option --from needs a value")
	case o.from == "":
		o.from = file
	case o.later != "":
		return usagef("--from: two files at most, that before and that after")
	case o.from == "-" && file == "-":
		return usagef("standard input can be only one of the two")
	default:
		o.later = file
	}
	return nil
}

// doctor looks for what is wrong.
func (r *run) doctor(o *options, words []string) error {
	if o.from != "" && o.sample > 0 {
		return usagef("--sample is about this machine, it goes without --from")
	}
	if err := r.begin(o); err != nil {
		return err
	}
	if o.rules {
		if o.format.chosen() {
			return usagef("--rules is a list for people, it goes without --%s", o.format.name)
		}
		if len(words) > 0 {
			return usagef("--rules lists all rules, it goes without a filter")
		}
		return r.print(rulesText())
	}
	f, err := r.guessFilter(o, words)
	if err != nil {
		return err
	}
	req, err := o.request(f, scope{tables{protocols: sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite)}, sock.AllStates})
	if err != nil {
		return err
	}
	x := &examination{run: r, o: o, req: req, machine: doctor.Machine{Changes: o.changes, Partial: !f.Empty()}}
	if o.from != "" {
		err = x.read()
	} else {
		err = x.look()
	}
	if err != nil {
		return err
	}
	return x.conclude()
}

// conclude tells what was found and sets the exit status.
func (x *examination) conclude() error {
	found := x.machine.Findings()
	if err := x.tell(found); err != nil {
		return err
	}
	x.sayOf(x.o, x.snap)
	switch a := (answered{snap: x.snap}); {
	case x.o.strict && !x.snap.Complete:
		x.status = exitFailed
	case slices.ContainsFunc(found, func(f doctor.Finding) bool { return f.Severity > doctor.Info }):
		x.status = exitNothing
	case a.unread():
		x.status = exitFailed // something may be wrong
	}
	return nil
}

// examination is one look at a machine, or at what was recorded of one.
type examination struct {
	*run
	o   *options
	req platform.Request

	machine doctor.Machine
	sockets int // of the second listing
	snap    sock.Snapshot
}

// look lists this machine twice, with the time of --sample between. Owners are those of
// the second listing.
func (x *examination) look() error {
	b, err := x.backendFor(x.o, &x.req)
	if err != nil {
		return err
	}
	if x.machine.Took = usualSample; x.o.sample > 0 {
		x.machine.Took = x.o.sample
	}
	needs := x.o.wants(doctor.Needs())
	x.asks(&x.machine, b)
	x.machine.Lacks = doctor.Needs() &^ (needs & b.fields())
	first := needs
	if x.req.Filter.Needs()&sock.OwnerFields == 0 {
		first &^= sock.OwnerFields
	}
	listing, err := x.pass(b, first, x.machine.Add)
	if err != nil {
		return err
	}
	counted := countBefore(&x.machine, listing.Kernels())
	endTrace := x.traceAttempts(b)
	err = x.sleep(x.machine.Took)
	if err == nil {
		listing, err = x.pass(b, needs, x.see)
	}
	if err != nil {
		endTrace()
		return err
	}
	countAfter(&x.machine, listing.Kernels(), counted)
	x.machine.Attempts = endTrace()
	x.snap = listing.Snapshot()
	x.machine.Everywhere = x.o.allNetns && listing.Whole()
	return nil
}

// asks lets a look ask this machine for more, where a rule wants it.
func (r *run) asks(m *doctor.Machine, b backend) {
	m.OpenFiles = b.host.OpenFiles
	m.Translations = func(n sock.Netns, visit func(*sock.Translation)) error {
		return b.host.Translations(r.ctx, n, visit)
	}
	m.Exists = func(s *sock.Socket) (bool, error) { return b.host.Exists(r.ctx, s) }
	arrives := sync.OnceValue(b.host.Arrives)
	m.Arrives = func(c *sock.Socket) (sock.Netns, bool, bool) { return arrives()(c) }
}

// countBefore gives a look the kernel's counters behind its first listing, and returns of
// which namespaces there are some.
func countBefore(m *doctor.Machine, all []platform.SpaceKernel) map[*doctor.Space]bool {
	counted := map[*doctor.Space]bool{}
	for _, k := range all {
		sp := m.In(k.Netns)
		sp.Before, sp.AutoPorts, sp.ReservedPorts, sp.Addresses, counted[sp] = k.KernelSummary, k.AutoPorts, k.ReservedPorts, k.Addresses, true
	}
	return counted
}

// countAfter gives it those behind the second one.
func countAfter(m *doctor.Machine, all []platform.SpaceKernel, counted map[*doctor.Space]bool) {
	for _, k := range all {
		sp := m.In(k.Netns)
		sp.After, sp.Counted = k.KernelSummary, counted[sp]
	}
}

func (x *examination) see(s *sock.Socket) {
	x.sockets++
	x.machine.See(s)
}

// pass lists once.
func (x *examination) pass(b backend, want sock.Field, see func(*sock.Socket)) (*platform.Listing, error) {
	x.req.Query.Want = want & b.fields()
	listing := b.host.List(x.ctx, x.req)
	return listing, x.eachListed(listing, see)
}
