package render

import (
	"cmp"
	"slices"
	"strconv"

	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
	"sockeye/sock/snapshot"
)

// grouper counts sockets by the values of columns, with sums of their numbers, and
// writes the groups when the listing ends: the largest first, or in the order of the
// sort keys.
type grouper struct {
	out    *output
	o      *Layout
	view   *fact.View
	groups map[string]*group
	order  []*group
	key    []byte
}

// group is the sockets that have the same values; the sample is one of them.
type group struct {
	count  int
	sums   []sum // of the columns of the layout
	sample *sock.Socket
}

// countColumn stands for the number of sockets of a group, which is no fact of a socket.
var countColumn = &Column{Fact: &fact.Fact{Name: "count", Header: "COUNT"}, right: true}

func newGrouper(out *output, o *Layout, v *fact.View) *grouper {
	return &grouper{out: out, o: o, view: v, groups: make(map[string]*group)}
}

func (g *grouper) Socket(s *sock.Socket) error {
	g.key = g.key[:0]
	for _, c := range g.o.Group {
		g.key = append(c.appendValue(g.view, g.key, s), 0) // no value holds a NUL
	}
	x := g.groups[string(g.key)]
	if x == nil {
		x = &group{sample: g.o.keep(s), sums: make([]sum, len(g.o.sums))}
		g.groups[string(g.key)] = x
		g.order = append(g.order, x)
	}
	x.count++
	for i, c := range g.o.sums {
		x.sums[i].add(c, s)
	}
	return nil
}

// Flush does nothing: the counts are known at the end only.
func (g *grouper) Flush() error { return nil }

func (g *grouper) Close(snap sock.Snapshot) error {
	slices.SortStableFunc(g.order, func(a, b *group) int {
		return cmp.Or(g.compareSorted(a, b), cmp.Compare(b.count, a.count), g.compareKeys(a, b))
	})
	if g.o.Limit > 0 && len(g.order) > g.o.Limit {
		g.order = g.order[:g.o.Limit]
	}
	switch g.o.Format {
	case JSON:
		return g.writeDocument(&snap)
	case NDJSON:
		return g.writeLines()
	case Count:
		_, err := g.out.w.Write(append(strconv.AppendInt(nil, int64(len(g.order)), 10), '\n'))
		return cmp.Or(err, g.out.Flush())
	case Quiet:
		return nil
	}
	return g.writeRows(snap)
}

func (g *grouper) compareKeys(a, b *group) int {
	for _, c := range g.o.Group {
		if n := c.Compare(a.sample, b.sample); n != 0 {
			return n
		}
	}
	return 0
}

// writeRows writes a table, CSV or TSV: a column COUNT, the sums, and the keys. A
// table for people has no sum that nobody asked for and no group has.
func (g *grouper) writeRows(snap sock.Snapshot) error {
	groups := make(map[*sock.Socket]*group, len(g.order))
	for _, x := range g.order {
		groups[x.sample] = x
	}
	count := *countColumn
	count.cell = func(dst []byte, s *sock.Socket) []byte { return strconv.AppendInt(dst, int64(groups[s].count), 10) }
	cols := []*Column{&count}
	people := g.o.Format == Table
	for i, c := range g.o.sums {
		if people && g.o.Columns == nil && !g.knows(i) {
			continue
		}
		summed := *c
		summed.cell = func(dst []byte, s *sock.Socket) []byte {
			if x := groups[s].sums[i]; x.known {
				dst = c.AppendSum(dst, x.value, people)
			}
			return dst
		}
		cols = append(cols, &summed)
	}
	for _, c := range g.o.Group {
		bare := *c
		bare.least, bare.rank, bare.style = 0, 0, nil
		bare.cell = func(dst []byte, s *sock.Socket) []byte { return c.appendValue(g.view, dst, s) }
		if people && c.Parts() != nil { // people want its name
			bare.cell = func(dst []byte, s *sock.Socket) []byte { return c.AppendShown(g.view, dst, s) }
		}
		cols = append(cols, &bare)
	}
	l := *g.o
	l.Columns, l.columns, l.Stay = nil, cols, true
	r := newWriter(g.out, &l, g.view)
	for _, x := range g.order {
		if err := r.Socket(x.sample); err != nil {
			return err
		}
	}
	return r.Close(snap)
}

func (g *grouper) writeDocument(snap *sock.Snapshot) error {
	buf := snapshot.AppendHead(nil, g.o.GeneratedAt, g.o.Host, "groups")
	for i, x := range g.order {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = g.appendGroup(append(buf, '\n'), x)
	}
	if len(g.order) > 0 {
		buf = append(buf, '\n')
	}
	buf = append(snapshot.AppendTail(buf, snap), '\n')
	_, err := g.out.w.Write(buf)
	return cmp.Or(err, g.out.Flush())
}

func (g *grouper) writeLines() error {
	for _, x := range g.order {
		g.key = append(g.appendGroup(g.key[:0], x), '\n')
		if _, err := g.out.w.Write(g.key); err != nil {
			return err
		}
	}
	return g.out.Flush()
}

// appendGroup appends one object: the count, and the sums and values that are known.
func (g *grouper) appendGroup(dst []byte, x *group) []byte {
	dst = strconv.AppendInt(append(dst, `{"count":`...), int64(x.count), 10)
	for i, c := range g.o.sums {
		if x.sums[i].known {
			dst = c.AppendSum(appendName(dst, c), x.sums[i].value, false)
		}
	}
	for _, c := range g.o.Group {
		if !c.Known(x.sample) {
			continue
		}
		dst = appendName(dst, c)
		if c.Joined() {
			dst = escape.AppendJSON(dst, string(c.AppendShown(g.view, nil, x.sample)))
		} else {
			dst = c.AppendJSON(dst, x.sample)
		}
	}
	return append(dst, '}')
}

// appendName appends a comma and the name of a member.
func appendName(dst []byte, c *Column) []byte {
	dst = append(append(dst, `,"`...), c.Name...)
	return append(dst, `":`...)
}

// knows reports whether a group has a sum.
func (g *grouper) knows(i int) bool {
	return slices.ContainsFunc(g.order, func(x *group) bool { return x.sums[i].known })
}
