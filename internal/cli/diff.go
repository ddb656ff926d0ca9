package cli

import (
	"bytes"
	"os"
	"slices"
	"strings"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
	"sockeye/sock/snapshot"
)

const diffStatus = `0 nothing differs, 1 something does, 2 a mistake in the
options or the filter, 3 whether it does is not known, the answer could not be
read or written or, with --strict, is incomplete.`

const diffHelp = `Compares a listing that was saved with --json with another one, or with what
there is now: + was opened, - was closed, ~ changed, in two lines as it was and
as it is. What the first was asked for is asked for again; options and a filter
choose less. Queues and counters are compared only if -C names them.

--json has the members opened, closed, and changed with each socket before and
after. In the other formats a difference is one line: the event, and the socket
as it is then; old_state is the state that it had before.

With --expect a file says what should listen: a program that was started again,
or runs on another machine, is as expected if the same program listens on the
same address. Behind it stands a listing to look at in place of what is now.

Examples:
  sockeye --json > before.json; sockeye diff before.json
  sockeye diff before.json after.json state established
  sockeye diff before.json after.json -C state,recv_queue
  sockeye -tuln --json > expected.json        what should listen, for CI:
  sockeye diff --expect expected.json -q || echo 'something else listens'
`

func diffCommand(o *options) command {
	return command{
		name: "diff", args: "BEFORE [AFTER] [FILTER]", status: diffStatus, usage: "what differs between two listings", help: diffHelp,
		options: slices.Concat(
			[]*option{text(groupOwn, &o.expect, "expect", "", "FILE", "what listens must be what FILE says; in place of BEFORE")},
			o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(), o.ownerOptions(), o.noProcessesOption(),
			o.diffShapeOptions(), o.namespaceOptions(), o.backendOptions(), o.messageOptions()),
		run: func(r *run, words []string) error { return r.diff(o, words) },
	}
}

// diffShapeOptions are the columns that are compared and shown, and the formats.
func (o *options) diffShapeOptions() []*option {
	return []*option{
		on(groupShape, &o.noHeader, "no-header", "H", "no header line"),
		on(groupShape, &o.wide, "wide", "W", "every column at full width, also on a terminal"),
		list(groupShape, &o.columns, "columns", "C", "LIST", "these columns, which are compared too").withValues(fact.Names),
		o.formatOption(render.JSON, "j", "one JSON document"),
		o.formatOption(render.NDJSON, "", "a JSON object for each difference"),
		o.formatOption(render.CSV, "", "comma-separated values, a line for each difference"),
		o.csvSafeOption(),
		o.formatOption(render.TSV, "", "the same, tab-separated"),
		o.templateOption(),
		o.formatOption(render.Count, "", "the number of differences"),
		o.formatOption(render.Quiet, "q", "nothing but the exit status"),
		o.colorOption(),
	}
}

// comparison is what diff compares.
type comparison struct {
	*run
	o        *options
	b        backend // of this machine, if one side is that
	layout   *render.Layout
	compared []*fact.Fact
	before   side
	after    side
	unknown  bool // whether there is a difference is not known
}

// side is one of the two listings.
type side struct {
	file    string // empty: this machine, now
	sockets []*sock.Socket
	snap    sock.Snapshot
}

// diff compares two listings.
func (r *run) diff(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	c := &comparison{run: r, o: o}
	words, err := c.files(words)
	if err != nil {
		return err
	}
	f, err := r.filterOr(o, words, "neither a file nor the beginning of a filter")
	if err != nil {
		return err
	}
	usual := sock.AllStates
	if o.expect != "" {
		usual = sock.ListeningStates
	}
	req, err := o.request(f, scope{allTables(), usual})
	if err != nil {
		return err
	}
	if err := c.load(&c.before, req); err != nil {
		return err
	}
	if req, err = c.sameNamespaces(req); err != nil {
		return err
	}
	if err := c.arrange(req); err != nil {
		return err
	}
	if err := c.read(req); err != nil {
		return err
	}
	return c.tell(c.compare())
}

// files takes the names of files from the front of the words.
func (c *comparison) files(words []string) ([]string, error) {
	switch {
	case c.o.expect != "":
		c.before.file = c.o.expect
	case len(words) == 0:
		return nil, usagef("diff needs a file that sockeye --json wrote: sockeye diff before.json")
	default:
		c.before.file, words = words[0], words[1:]
	}
	if len(words) > 0 && isFileName(words[0]) && !isCondition(words) {
		c.after.file, words = words[0], words[1:]
	}
	if c.before.file == "-" && c.after.file == "-" {
		return nil, usagef("standard input can be only one of the two")
	}
	return words, nil
}

// isFileName reports whether a word is a file, or can be meant as nothing else: that
// there is no such file is then said, and not that it is no filter.
func isFileName(word string) bool {
	info, err := os.Stat(word)
	return word == "-" || err == nil && !info.IsDir() || strings.HasSuffix(word, ".json") || strings.HasSuffix(word, ".ndjson")
}

// arrange works out what is compared and how it is shown. For people queues are left
// out, which change all the time; JSON has all members and compares the same.
func (c *comparison) arrange(req platform.Request) (err error) {
	o := c.o
	if c.after.file == "" {
		if c.b, err = c.openBackend(o); err != nil {
			return err
		}
	}
	shape, err := c.shape(o, req.Query, c.b)
	if err != nil {
		return err
	}
	shape.Stay, shape.Queues, shape.Sort = true, false, nil
	each := shape
	if each.Format == render.NDJSON {
		each.Facts |= sock.FieldEvent
	}
	if each.Columns, err = eachDifference(&shape); err != nil {
		return err
	}
	if c.layout, err = layoutOf(each); err != nil {
		return err
	}
	shape.Format = render.Table
	table, err := layoutOf(shape)
	if err != nil {
		return err
	}
	c.compared = table.Compared()
	if o.expect != "" && o.columns == nil {
		c.compared = []*fact.Fact{fact.Lookup("process")}
	}
	return nil
}

// eachDifference are the columns of a line for each difference, of which CSV and TSV
// tell first what it is: those that were chosen, or all that are no objects.
func eachDifference(l *render.Options) ([]*render.Column, error) {
	if l.Format != render.CSV && l.Format != render.TSV {
		return l.Columns, nil
	}
	if l.Columns != nil {
		event, err := render.ParseColumns("event")
		return append(event, l.Columns...), err
	}
	names := []string{"event", "old_state"}
	for _, f := range fact.Members() {
		if !f.Composite() && !f.Optional {
			names = append(names, f.Name)
		}
	}
	return render.ParseColumns(strings.Join(names, ","))
}

// sameNamespaces lists this machine in the network namespaces in which the file was
// made, unless options say others.
func (c *comparison) sameNamespaces(req platform.Request) (platform.Request, error) {
	asked := &c.before.snap.Asked
	if c.after.file != "" || c.o.netns != "" || c.o.allNetns || asked.Netns == "" && !asked.AllNetns {
		return req, nil
	}
	c.o.netns, c.o.allNetns = asked.Netns, asked.AllNetns
	req.Netns, req.AllNetns = asked.Netns, asked.AllNetns
	return req, c.o.checkNamespaces()
}

// read reads the other side, and leaves out of each what the other was not asked for.
func (c *comparison) read(req platform.Request) error {
	if c.after.file != "" {
		if err := c.load(&c.after, req); err != nil {
			return err
		}
	} else if err := c.list(req); err != nil {
		return err
	}
	for _, pair := range [][2]*side{{&c.before, &c.after}, {&c.after, &c.before}} {
		if err := c.restrict(pair[0], &pair[1].snap.Asked); err != nil {
			return err
		}
	}
	return nil
}

// load reads a file.
func (r *run) load(s *side, req platform.Request) error {
	in, err := r.openInput(s.file)
	if err != nil {
		return err
	}
	return r.loadFrom(in, s, req)
}

// loadFrom reads a file that is open.
func (r *run) loadFrom(in *input, s *side, req platform.Request) error {
	listing, err := in.listing(r.ctx, req)
	if err != nil {
		return err
	}
	if s.sockets, err = collect(listing); err != nil {
		return inputError(in.name, err)
	}
	s.snap = listing.Snapshot()
	return nil
}

// list asks this machine for what the file before was asked for. Of a file that does
// not tell that, as of lines, it is what a listing has without options; of a raw dump it
// is that of TCP.
func (c *comparison) list(req platform.Request) error {
	asked := &c.before.snap.Asked
	if !asked.Told() && !c.o.choosesTables() && !req.Filter.NamesTables() {
		req.Query.Protocols &= tcpAndUDP
	}
	if _, named := req.Filter.States(); asked.States == 0 && !named && !c.o.choosesStates() {
		req.Query.States &= sock.DefaultStates
	}
	req.Query = asked.Within(req.Query)
	f, err := filter.ParseText(asked.Filter, c.filterEnv(c.o))
	if err != nil {
		return inputError(c.before.file, err)
	}
	req.Filter = filter.And(f, req.Filter)
	if err := c.b.fit(c.o, &req); err != nil {
		return err
	}
	req.Query.Want = c.o.wants(c.layout.Needs()|change.Needs) &^ sock.FieldEvent // which comparing tells
	for _, f := range c.compared {
		req.Query.Want |= c.o.wants(f.Asks())
	}
	listing, err := c.open(c.b, req)
	if err != nil {
		return err
	}
	now, err := collect(listing)
	if err != nil {
		return err
	}
	c.after.snap = listing.Snapshot()
	c.after.sockets, err = c.saved(now)
	return err
}

// saved returns sockets as they are when they have been written to a file and read
// again: of names that are no UTF-8, JSON has not every byte.
func (c *comparison) saved(sockets []*sock.Socket) (again []*sock.Socket, err error) {
	if len(sockets) == 0 {
		return nil, nil
	}
	var text bytes.Buffer
	for _, s := range sockets {
		text.Write(append(fact.AppendObject(text.AvailableBuffer(), s, fact.Members()), '\n'))
	}
	doc, err := snapshot.Open(&text)
	if err != nil {
		return nil, err
	}
	everything := platform.Request{Query: sock.Query{Protocols: allTables().protocols, Families: sock.Families(sock.IPv4, sock.IPv6), States: sock.AllStates}}
	return collect(platform.FromRecording(c.ctx, doc, doc.Header, everything))
}

// restrict leaves out of one side what the other was not asked for.
func (c *comparison) restrict(s *side, asked *sock.Asked) error {
	if !asked.Told() {
		return nil
	}
	f, err := filter.ParseText(asked.Filter, c.filterEnv(c.o))
	if err != nil {
		return err
	}
	q := asked.Query()
	s.sockets = slices.DeleteFunc(s.sockets, func(x *sock.Socket) bool { return !q.Allows(x) || !f.Match(x) })
	return nil
}

// compare finds the differences.
func (c *comparison) compare() change.Difference {
	identity := change.Common(c.before.sockets, c.after.sockets)
	if c.o.expect != "" {
		identity = change.ByName
	}
	return change.Between(c.before.sockets, c.after.sockets, identity, c.equal)
}

// equal reports whether a socket differs in nothing that is known on both sides.
func (c *comparison) equal(before, after *sock.Socket) bool {
	hidden := ownersHidden(after)
	for _, f := range c.compared {
		if ofOwners := f.Asks()&sock.OwnerFields != 0; ofOwners && (hidden || ownersHidden(before)) {
			// Whose socket it is must be known, if it was expected to be somebody's.
			c.unknown = c.unknown || c.o.expect != "" && !ownersHidden(before)
			continue
		}
		if !fact.SameKnown(f, before, after) {
			return false
		}
	}
	return true
}

// ownersHidden reports whether the owners of a socket were not to be seen, or not
// looked for.
func ownersHidden(s *sock.Socket) bool {
	return !s.Knows(sock.FieldOwners) || hidden(s)
}
