package cli

import (
	"slices"
	"strconv"
	"strings"

	"sockeye/internal/explain"
	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/filter"
)

const explainHelp = `Says what a word means that sockeye prints: a state, a fact, a value of one, a
reason for a missing owner, a warning, a finding of doctor, or a topic such as
backlog, keepalive, reset and zero_window. Of a state it shows the sockets that
are in it. Without a word it draws the states of TCP (RFC 9293) with the number
of sockets in each.

Where a word has several meanings, the kind in front chooses one: state, topic,
finding, owner_status, warning, scope, fact, value.

Examples:
  sockeye explain
  sockeye explain close_wait
  sockeye explain rtt
  sockeye explain warning permission
  sockeye explain --sample 10               with the changes of ten seconds
  sockeye explain --svg > states.svg
  sockeye explain time-wait --from before.json
`

const explainStatus = `0 it is explained, 2 nothing is known of the word, or a mistake in the
options, 3 the answer could not be read or written.`

// explainedSockets is how many sockets of a state are shown, unless --limit says more.
const explainedSockets = 5

func explainCommand(o *options) command {
	return command{
		name: "explain", args: "[WORD]", status: explainStatus, usage: "what a state or another word means", help: explainHelp,
		options: slices.Concat(
			[]*option{
				on(groupFormat, &o.svg, "svg", "", "the states of TCP as a picture"),
				{name: "sample", value: "TIME", group: groupOther, usage: "with the changes of state that are seen in so many seconds, or 1m30s", set: o.setSample},
				{name: "limit", value: "N", group: groupShape, usage: "at most N sockets of a state, else 5", set: o.setLimit},
			},
			o.noProcessesOption(), o.sourceOptions(), o.messageOptions()),
		run: func(r *run, words []string) error { return r.explain(o, words) },
	}
}

func (r *run) explain(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	switch {
	case o.svg && len(words) > 0:
		return usagef("--svg draws the states of TCP, it goes without a word")
	case o.sample > 0 && (o.svg || o.from != "" || len(words) > 0):
		return usagef("--sample looks at the states of this machine again and again, it goes without a word, --svg and --from")
	case len(words) == 0:
		return r.explainStates(o)
	}
	entries, err := meanings(words)
	if err != nil {
		return err
	}
	width := helpWidth
	if r.Width > 0 {
		width = min(width, r.Width)
	}
	if err := r.print(explain.Text(entries, width)); err != nil {
		return err
	}
	if entries[0].Kind == explain.State {
		return r.inState(o, entries[0].Name)
	}
	if entries[0].Filter != "" {
		return r.print("Sockets: sockeye -a '" + entries[0].Filter + "'\n")
	}
	return nil
}

// meanings returns what words mean, which may begin with the kind of thing that is
// meant.
func meanings(words []string) ([]*explain.Entry, error) {
	if kind, ok := explain.ParseKind(words[0]); ok && len(words) > 1 {
		word := strings.Join(words[1:], "_")
		entries := explain.LookupKind(kind, word)
		if len(entries) == 0 {
			return nil, usagef("there is no %s %s", kind, quote(word))
		}
		return entries, nil
	}
	word := strings.Join(words, "_")
	if entries := explain.Lookup(word); len(entries) > 0 {
		return entries, nil
	}
	if near, ok := suggest.Nearest(strings.ToLower(word), explain.Names()); ok {
		return nil, usagef("%s is no word that sockeye prints, did you mean %s?", quote(word), near)
	}
	return nil, usagef("%s is no word that sockeye prints; sockeye help fields lists the facts", quote(word))
}

// explainStates draws the states, with the number of TCP sockets in each.
func (r *run) explainStates(o *options) error {
	o.noProcesses = true
	f, err := r.readFilter(o, nil)
	if err != nil {
		return err
	}
	open := func() (*platform.Listing, error) {
		return r.openExplained(o, f, sock.Protocols(sock.TCP), sock.AllStates)
	}
	text, listing := "", (*platform.Listing)(nil)
	counts := explain.Counts{}
	if o.sample > 0 {
		var changes *transitions
		if counts, changes, listing, err = r.sampleStates(o, open); err != nil {
			return err
		}
		text = changes.text(o.sample)
	} else if listing, err = open(); err == nil {
		err = r.eachListed(listing, func(s *sock.Socket) { counts[s.State]++ })
	}
	if err != nil {
		return err
	}
	picture := explain.Diagram(counts)
	if o.svg {
		picture = explain.SVG(counts)
	}
	if err := r.print(picture + text); err != nil {
		return err
	}
	r.conclude(o, listing, 1) // the states are there without sockets, too
	return nil
}

// openExplained begins the listing of sockets in some states.
func (r *run) openExplained(o *options, f *filter.Filter, protocols sock.ProtocolSet, states sock.StateSet) (*platform.Listing, error) {
	req, err := o.request(f, scope{tables{protocols: protocols}, states})
	if err != nil {
		return nil, err
	}
	b, err := r.backendFor(o, &req)
	if err != nil {
		return nil, err
	}
	layout, err := r.layout(o, req.Query, b)
	if err != nil {
		return nil, err
	}
	switch {
	case o.sample > 0:
		req.Query.Want = change.Needs
	case !o.noOwners():
		req.Query.Want = layout.Needs()
	}
	req.Ownerless = o.noOwners()
	return r.open(b, req)
}

// inState shows sockets that are in a state now.
func (r *run) inState(o *options, name string) error {
	state, ok := sock.ParseState(name)
	if !ok {
		return nil
	}
	f, err := r.readFilter(o, nil)
	if err != nil {
		return err
	}
	listing, err := r.openExplained(o, f, tcpAndUDP, sock.States(state))
	if err != nil {
		return err
	}
	limit := explainedSockets
	if o.limit > 0 {
		limit = o.limit
	}
	var some []*sock.Socket
	total := 0
	err = r.eachListed(listing, func(s *sock.Socket) {
		if total++; total <= limit {
			some = append(some, s.Clone())
		}
	})
	if err != nil {
		return err
	}
	if err := r.printSome(o, some, total, listing.Snapshot()); err != nil {
		return err
	}
	r.conclude(o, listing, 1) // the state is explained without sockets, too
	return nil
}

// printSome writes how many sockets there are, and those that are shown.
func (r *run) printSome(o *options, some []*sock.Socket, total int, snap sock.Snapshot) error {
	text := "Now: " + numberOf(total)
	if more := total - len(some); more > 0 {
		text += ", the first " + strconv.Itoa(len(some))
	}
	if err := r.print("\n" + text + "\n"); err != nil || total == 0 {
		return err
	}
	layout, err := render.Options{Header: true, Queues: true, Width: r.Width, Color: r.color(o), GeneratedAt: snap.GeneratedAt}.Layout()
	if err != nil {
		return err
	}
	return r.writeAll(some, snap, layout)
}
