package cli

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sockeye/internal/explain"
	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/filter"
)

const explainStatus = `0 the word is explained, 2 there is no such word, or a mistake in the
options, 3 the sockets could not be read or, with --strict, not all of them.`

const explainHelp = `Says what a word means that sockeye prints: a state, a fact, a value of one, a
reason for a missing owner, a warning, a finding of doctor, or a topic such as
backlog, keepalive, reset and zero_window. Of a state it shows the sockets that
are in it. Without a word it draws the states of TCP (RFC 9293) with the number
of sockets in each.

Headings of columns, results of kill and exit_status are such words, too. Where
a word has several meanings, the kind in front chooses one: state, topic,
finding, owner_status, warning, scope, fact, value.

Examples:
  sockeye explain
  sockeye explain close_wait
  sockeye explain rtt
  sockeye explain warning permission
  sockeye explain --sample 10               with the changes of ten seconds
  sockeye explain --sample 10 --svg > states.svg
  sockeye explain close_wait --json | jq .explanations[0].sockets_total
  sockeye explain time-wait --from before.json
`

// explainedSockets is how many sockets of a state are shown, unless --limit says more.
const explainedSockets = 5

func explainCommand(o *options) command {
	return command{
		name: "explain", args: "[WORD]", status: explainStatus, usage: "what a state or other word means", help: explainHelp,
		options: slices.Concat(
			[]*option{
				span(groupOwn, &o.sample, "sample", 1, "with the changes of state in so many seconds, or 1m30s"),
				number(groupOwn, &o.limit, "limit", "at most N sockets of a state, else 5"),
				o.formatOption(render.JSON, "j", "one JSON document"),
				on(groupFormat, &o.svg, "svg", "", "the states of TCP as a picture"),
			},
			o.noProcessesOption(),
			[]*option{o.eventSourceOption("who tells --sample the changes: auto, poll; on Linux bpf, destroy", eventSources)},
			o.sourceOptions(), o.messageOptions()),
		word: explain.Names,
		run:  func(r *run, words []string) error { return r.explain(o, words) },
	}
}

func (r *run) explain(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	switch {
	case o.svg && len(words) > 0:
		return usagef("--svg draws the states of TCP, it goes without a word")
	case o.svg && o.format.chosen():
		return usagef("--svg and --%s: choose one format", o.format.name)
	case o.sample > 0 && (o.from != "" || len(words) > 0):
		return usagef("--sample looks at the states of this machine again and again, it goes without a word and --from")
	case o.sample == 0 && o.eventSource != "":
		return usagef("--event-source says who tells the changes of --sample")
	case len(words) == 0:
		return r.explainStates(o)
	}
	entries, err := meanings(words)
	if err != nil {
		return err
	}
	var in *stateSockets
	if state, ok := sock.ParseState(entries[0].Name); ok && entries[0].Kind == explain.State {
		if in, err = r.inState(o, state); err != nil {
			return err
		}
	}
	if o.format.is(render.JSON) {
		err = r.explainJSON(entries, in)
	} else {
		err = r.explainText(o, entries, in)
	}
	if err == nil && in != nil {
		r.conclude(o, in.listing, 1) // the state is explained without sockets, too
	}
	return err
}

// explainText writes what words mean for people.
func (r *run) explainText(o *options, entries []*explain.Entry, in *stateSockets) error {
	width := helpWidth
	if r.Width > 0 {
		width = min(width, r.Width)
	}
	if err := r.print(explain.Text(entries, width)); err != nil {
		return err
	}
	switch {
	case in != nil:
		return r.printSome(o, in)
	case entries[0].Filter != "":
		return r.print("Sockets: sockeye -a '" + entries[0].Filter + "'\n")
	}
	return nil
}

// meanings returns what words mean, which may begin with the kind of thing that is
// meant.
func meanings(words []string) ([]*explain.Entry, error) {
	words = strings.Fields(strings.Join(words, " ")) // some may stand in quotes
	if len(words) == 0 {
		return nil, usagef("explain needs a word between the quotes")
	}
	if kind, ok := explain.ParseKind(words[0]); ok && len(words) > 1 {
		word := strings.Join(words[1:], "_")
		entries := explain.LookupKind(kind, word)
		if len(entries) == 0 {
			return nil, usagef("there is no %s %s", kind, quote(word))
		}
		return entries, nil
	}
	word := strings.Join(words, "_")
	// A table says whose accept queue it is.
	reason, _, _ := strings.Cut(word, "_of_")
	for _, name := range []string{word, reason} {
		if entries := explain.Lookup(name); len(entries) > 0 {
			return entries, nil
		}
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
	tcp := sock.Protocols(sock.TCP)
	seen := &sampled{}
	if o.sample > 0 {
		req, err := o.request(f, scope{tables{protocols: tcp}, sock.AllStates})
		if err != nil {
			return err
		}
		if seen, err = r.sampleStates(o, req); err != nil {
			return err
		}
	}
	counts := explain.Counts{}
	listing, err := r.openExplained(o, f, tcp, sock.AllStates)
	if err == nil {
		err = r.eachListed(listing, func(s *sock.Socket) { counts[s.State]++ })
	}
	if err != nil {
		return err
	}
	switch {
	case o.format.is(render.JSON):
		err = r.statesJSON(o, counts, seen, listing.Snapshot())
	case o.svg:
		err = r.print(explain.SVG(counts, seen.seen))
	default:
		text := explain.Diagram(counts, r.Width)
		if o.sample > 0 {
			text += changesText(o, seen)
		}
		err = r.print(text)
	}
	if err == nil {
		r.conclude(o, listing, 1) // the states are there without sockets, too
	}
	return err
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
	if !o.noOwners() {
		req.Query.Want = layout.Needs()
	}
	req.Ownerless = o.noOwners()
	return r.open(b, req)
}

// stateSockets are sockets that are in a state now: how many, and some of them.
type stateSockets struct {
	total   int
	some    []*sock.Socket
	listing *platform.Listing
}

// inState looks for the sockets that are in a state now.
func (r *run) inState(o *options, state sock.State) (*stateSockets, error) {
	f, err := r.readFilter(o, nil)
	if err != nil {
		return nil, err
	}
	in := &stateSockets{}
	if in.listing, err = r.openExplained(o, f, tcpAndUDP, sock.States(state)); err != nil {
		return nil, err
	}
	limit := cmp.Or(o.limit, explainedSockets)
	err = r.eachListed(in.listing, func(s *sock.Socket) {
		if in.total++; in.total <= limit {
			in.some = append(in.some, s.Clone())
		}
	})
	return in, err
}

// printSome writes how many sockets there are, and those that are shown.
func (r *run) printSome(o *options, in *stateSockets) error {
	text := "Now: " + counted(in.total, "socket")
	if more := in.total - len(in.some); more > 0 {
		text += ", the first " + strconv.Itoa(len(in.some))
	}
	if err := r.print("\n" + text + "\n"); err != nil || in.total == 0 {
		return err
	}
	snap := in.listing.Snapshot()
	layout, err := render.Options{Header: true, Queues: true, Width: r.Width, Color: r.color(o), GeneratedAt: snap.GeneratedAt}.Layout()
	if err != nil {
		return err
	}
	return r.writeAll(in.some, snap, layout)
}
