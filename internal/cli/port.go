package cli

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye/platform"
	"sockeye/render"
	"sockeye/render/portview"
	"sockeye/sock"
	"sockeye/sock/filter"
)

const portHelp = `Says who uses a local port: listeners first, then what is connected to them,
TCP and UDP. A port is a number, a range, or the name of a service, and may end
in /tcp or /udp; there may be several. Words behind them are a filter.

Examples:
  sockeye port 8080
  sockeye port 8000-8100 postgresql 53/udp
  sockeye port 443 dst 10.0.0.0/8
  sockeye port 8080 --pids            bare PIDs of what listens, for kill
  sockeye port 8080 -q && echo taken  nothing but the exit status
  sockeye port --free 8000-9000       the first that nothing uses

A port that is published for a container leads to what listens in it; one that
the kernel forwards (NAT, IPVS) is told with its target. Where the rules may
not be read, or programs of eBPF redirect connections, a port without a socket
is not called free. --free leaves out what is forwarded as far as that may be
read.

--pids names the processes that listen: of several that hold the socket those
that no other of them started (service managers aside), with their children of
the same program. --pids=all names every process that uses the port.
`

const portStatus = `0 something uses the port (--pids: its owner is named, --free: a
free one is printed), 1 nothing does (--free: none is free), 2 a mistake in the
options or the filter, 3 whether it is forwarded is not known where nothing else
uses it (--pids: its owner is hidden), the answer could not be read or written or, with
--strict, is incomplete.`

func portCommand(o *options) command {
	table := func(options []*option, group string) []*option {
		for _, o := range options {
			o.group = group
		}
		return options
	}
	return command{
		name: "port", args: "PORT|SERVICE.. [FILTER]", status: portStatus, usage: "who uses a port", help: portHelp,
		options: slices.Concat(o.portOptions(), o.familyOptions(), o.stateOptions(),
			o.ownerOptions(), o.noProcessesOption(),
			table(o.factOptions(), "More facts for each socket, in a table"),
			table(o.shapeOptions(), "Each of these makes a table of the answer"),
			withEveryHolder(o, o.formatOptions()),
			[]*option{on(groupFormat, &o.free, "free", "", "the first port that nothing uses")}, o.sourceOptions(), o.dumpOption(), o.otherOptions()),
		run: func(r *run, words []string) error { return r.port(o, words) },
	}
}

// withEveryHolder gives the option --pids a value that is the command's own.
func withEveryHolder(o *options, all []*option) []*option {
	for _, pids := range all {
		if pids.name != render.PIDs.String() {
			continue
		}
		choose := pids.set
		pids.value, pids.usage = "[=all]", "bare PIDs of what listens, or of all that use it"
		pids.set = func(which string) error {
			if which != "true" && which != "all" {
				return usagef("--pids=%s: there is --pids, what listens, and --pids=all", which)
			}
			o.everyHolder = which == "all"
			return choose(which)
		}
	}
	return all
}

// portQuestion is what is asked about ports.
type portQuestion struct {
	ports    []portWord
	text     string // the ports, for messages
	narrowed bool   // by a filter, by states or by tables
	req      platform.Request
}

// port says who uses local ports. For people the answer is told port by port;
// with a format, columns or an order of their own it is a listing.
func (r *run) port(o *options, words []string) error {
	if err := r.begin(o); err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("port needs a number, a range or the name of a service: sockeye port 8080")
	}
	q, err := r.portQuestion(o, words)
	if err != nil {
		return err
	}
	switch {
	case o.free:
		return r.freePort(o, q)
	case o.format.is(render.PIDs):
		return r.portPIDs(o, q)
	case o.shapesListing():
		o.tellJSON()
		a, err := r.answer(o, q.req, nil)
		if err != nil {
			return err
		}
		r.concludeForwards(o, q, a)
		return nil
	}
	return r.tellPorts(o, q)
}

// freePort prints the first of the ports that no socket uses, in whichever state, and
// that is not forwarded.
func (r *run) freePort(o *options, q *portQuestion) error {
	shaped := *o
	if o.format.is(render.JSON) || o.format.is(render.Quiet) {
		shaped.format = formatWord{}
	}
	if q.narrowed && (o.choosesStates() || q.req.Forwards == nil) || shaped.shapesListing() {
		return usagef("--free prints a port that nothing uses: it goes without a filter, states and formats but --json and -q")
	}
	listing, found, err := r.gather(o, q.req, sock.FieldLocal)
	if err != nil {
		return err
	}
	snap := listing.Snapshot()
	a := r.conclude(o, listing, len(found))
	if a.unread() {
		r.status = exitFailed
		return nil
	}
	port, ok := firstFree(q.ports, found, snap.Forwards)
	switch r.status = exitMatched; {
	case !ok:
		r.status = exitNothing
		if !o.terse() {
			r.say("%s", q.usedText())
		}
	case snap.ForwardsUnknown != nil && o.strict:
		r.status = exitFailed
		r.say("%s", unknownForwards(snap.ForwardsUnknown))
	}
	switch {
	case o.format.is(render.JSON):
		return r.freeJSON(port, ok, snap)
	case !ok || o.terse():
		return nil
	}
	return r.print(strconv.Itoa(port) + "\n")
}

// freeJSON writes the document with the port, null if there is none.
func (r *run) freeJSON(port int, ok bool, snap sock.Snapshot) error {
	answer := &port
	if !ok {
		answer = nil
	}
	return r.answerJSON("free_port", answer, &snap)
}

// usedText says that there is no free port.
func (q *portQuestion) usedText() string {
	if strings.ContainsAny(q.text, "-,") {
		return "each of the ports " + q.text + " is used"
	}
	return "port " + q.text + " is used"
}

// portQuestion reads the words behind `port`.
func (r *run) portQuestion(o *options, words []string) (*portQuestion, error) {
	env := r.filterEnv(o)
	ports, rest, err := readPorts(words, env)
	if err != nil {
		return nil, err
	}
	wanted, err := filterOf(ports, env)
	if err != nil {
		return nil, err
	}
	inFile, err := r.filterFile(o, env)
	if err != nil {
		return nil, err
	}
	q := &portQuestion{ports: ports, text: portsText(ports)}
	q.narrowed = !rest.Empty() || !inFile.Empty() || o.choosesStates() || o.choosesTables()
	if q.req, err = o.request(filter.And(wanted, rest, inFile), scope{tables{protocols: tcpAndUDP}, sock.AllStates}); err != nil {
		return nil, err
	}
	if q.req.Query.Protocols &^= sock.Protocols(sock.Unix); q.req.Query.Protocols == 0 {
		return nil, usagef("unix sockets have no ports")
	}
	if rest.Empty() && inFile.Empty() && (!o.choosesStates() || o.listening || o.all) {
		q.req.Forwards = q.forwarded
	}
	if r.input != nil { // that a port is free is to be known of every table
		q.req.Query.Named = q.req.Query.Protocols
	}
	return q, nil
}

// nothing is what messages say uses a port that was not found.
func (q *portQuestion) nothing() string {
	if q.narrowed {
		return "nothing that matches"
	}
	return "nothing"
}

// shapesListing reports whether the options ask for a shape that is a listing's.
func (o *options) shapesListing() bool {
	return o.format.chosen() || o.columns != nil || o.sort != nil || o.group != nil || o.limit > 0 ||
		o.noHeader || o.noQueues || o.oneline || o.wide ||
		o.shown != nil || o.dump != "" || o.kill
}

// tellPorts gathers the sockets and tells who uses each port.
func (r *run) tellPorts(o *options, q *portQuestion) error {
	want := sock.FieldRemote | sock.FieldLocal | sock.FieldInterface |
		sock.FieldV6Only | sock.FieldRecvQueue | sock.FieldBacklog | sock.FieldUID | sock.FieldUser
	if !o.noOwners() {
		want |= portview.OwnerFacts
	}
	listing, found, err := r.gather(o, q.req, want)
	if err != nil {
		return err
	}
	snap := listing.Snapshot()
	if err := portview.Write(r.Out, found, snap.Forwards, r.portview(snap)); err != nil {
		return writeError{err}
	}
	a := r.conclude(o, listing, len(found)+len(snap.Forwards))
	if free := unused(q.ports, found, snap.Forwards); a.matched > 0 && len(free) > 0 && !a.unread() {
		return r.print("\n" + q.freeText(free, &snap) + "\n")
	}
	r.concludeForwards(o, q, a)
	return nil
}

// portview is how blocks about processes look.
func (r *run) portview(snap sock.Snapshot) portview.Options {
	now := snap.GeneratedAt // ages are those at the time of a snapshot
	if now.IsZero() {
		now = r.Now()
	}
	return portview.Options{Now: now.In(time.Local), Width: r.Width}
}

// tellJSON lets JSON say of each socket what people are told of processes.
func (o *options) tellJSON() {
	if o.format.is(render.JSON) || o.format.is(render.NDJSON) {
		o.told = sock.FieldPlace | sock.FieldOrigin | sock.FieldPeerProcess
	}
}

// gather reads all sockets of a request.
func (r *run) gather(o *options, req platform.Request, want sock.Field) (*platform.Listing, []*sock.Socket, error) {
	b, err := r.openBackend(o)
	if err != nil {
		return nil, nil, err
	}
	req.Query.Want = b.offered(want)
	if err := b.fit(o, &req); err != nil {
		return nil, nil, err
	}
	listing, err := r.open(b, req)
	if err != nil {
		return nil, nil, err
	}
	found, err := collect(listing)
	if err != nil {
		return nil, nil, r.readError(err)
	}
	return listing, found, nil
}
