package cli

import (
	"bytes"
	"os"
	"regexp"
	"slices"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/change"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
	"sockeye/sock/snapshot"
)

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
	return word == "-" || err == nil && !info.IsDir() || snapshotName.MatchString(word)
}

// snapshotName is what people call a listing.
var snapshotName = regexp.MustCompile(`\.(nd)?json$`)

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
// not tell that, as of lines, it is what a listing has without options.
func (c *comparison) list(req platform.Request) error {
	asked := &c.before.snap.Asked
	if !asked.Told() && !c.o.choosesTables() && !req.Filter.NamesTables() {
		req.Query.Protocols &= tcpAndUDP
	}
	if _, named := req.Filter.States(); !asked.Told() && !named && !c.o.choosesStates() {
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
