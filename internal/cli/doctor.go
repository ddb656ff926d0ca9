package cli

import (
	"slices"
	"time"

	"sockeye/internal/doctor"
	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
)

const doctorHelp = `Looks at the sockets for two seconds and says what is wrong with them, the
worst first: what it is, the sockets and numbers that show it, what it means,
what to try. A filter chooses the sockets; counters are those of the whole
network namespace, and of memory those of the machine.

The exit status is 0 if nothing is wrong, 1 if something is (what is only worth
knowing, info, is not), 3 if it could not be looked. Nothing is changed and
nothing is sent.

Examples:
  sockeye doctor
  sockeye doctor --sample 10 dport 5432
  sockeye doctor --rules                what it looks for, and the settings
  sockeye doctor --set close_wait_leak.seconds=600
  sockeye doctor -j | jq -r '.findings[] | [.severity, .title] | @tsv'
`

const usualSample = 2 * time.Second

func doctorCommand(o *options) command {
	return command{
		name: "doctor", args: "[FILTER]", usage: "what is wrong", help: doctorHelp,
		options: slices.Concat(
			[]*option{
				{name: "sample", value: "TIME", group: groupOther, usage: "look for so many seconds, or 1m30s; 2 without it", set: o.setSample},
				{name: "set", value: "RULE.KEY=NUMBER", group: groupOther, usage: "another number for a rule", set: o.setRule},
				on(groupOther, &o.rules, "rules", "", "list the rules with their settings"),
				o.formatOption(render.JSON, "j", "one JSON document"),
				o.formatOption(render.Count, "", "the number of findings"),
				o.formatOption(render.Quiet, "q", "nothing but the exit status"),
			},
			onlyOn("linux", text(groupSource, &o.netns, "netns", "N", "NAME", "in another network namespace")),
			o.backendOptions(), o.messageOptions()),
		run: func(r *run, words []string) error { return r.doctor(o, words) },
	}
}

func (o *options) setSample(word string) (err error) {
	o.sample, err = readTime("sample", word, 1)
	return err
}

func (o *options) setRule(word string) error {
	if o.changes == nil {
		o.changes = doctor.Changes{}
	}
	if err := o.changes.Set(word); err != nil {
		return usagef("--set %v", err)
	}
	return nil
}

// doctor looks for what is wrong.
func (r *run) doctor(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	if o.rules {
		return r.print(rulesText())
	}
	f, err := r.readFilter(o, words)
	if err != nil {
		return o.guess(err, words)
	}
	req, err := o.request(f, scope{tables{protocols: sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite)}, sock.AllStates})
	if err != nil {
		return err
	}
	b, err := r.backendFor(o, &req)
	if err != nil {
		return err
	}
	x := &examination{run: r, o: o, b: b, req: req}
	if err := x.look(); err != nil {
		return err
	}
	found, snap := x.rules.Findings(), x.snap
	if err := x.tell(found); err != nil {
		return writeError{err}
	}
	for _, w := range snap.Warnings {
		r.say("%s", w.Message)
	}
	switch a := (answered{snap: snap}); {
	case a.unread(), o.strict && !snap.Complete:
		r.status = exitFailed
	case slices.ContainsFunc(found, func(f doctor.Finding) bool { return f.Severity > doctor.Info }):
		r.status = exitNothing
	}
	return nil
}

// examination is one look at a machine.
type examination struct {
	*run
	o   *options
	b   backend
	req platform.Request

	took    time.Duration
	rules   *doctor.Examination
	sockets int // of the second listing
	snap    sock.Snapshot
}

// look lists twice, with the time of --sample between. Owners are those of the second
// listing.
func (x *examination) look() error {
	if x.took = usualSample; x.o.sample > 0 {
		x.took = x.o.sample
	}
	s := &doctor.Sample{AutoPorts: x.b.host.AutoPorts()}
	first := doctor.Needs
	if x.req.Filter.Needs()&sock.OwnerFields == 0 {
		first &^= sock.OwnerFields
	}
	listing, err := x.pass(first, s.Add)
	if err != nil {
		return err
	}
	s.Before, s.Counted = listing.Kernel()
	if err := x.sleep(x.took); err != nil {
		return err
	}
	x.rules = doctor.Begin(s, x.o.changes)
	listing, err = x.pass(doctor.Needs, func(socket *sock.Socket) {
		x.sockets++
		x.rules.See(socket)
	})
	if err != nil {
		return err
	}
	s.After, _ = listing.Kernel()
	x.snap = listing.Snapshot()
	return nil
}

// pass lists once.
func (x *examination) pass(want sock.Field, see func(*sock.Socket)) (*platform.Listing, error) {
	x.req.Query.Want = want & x.b.fields()
	listing := x.b.host.List(x.ctx, x.req)
	return listing, x.eachListed(listing, see)
}
