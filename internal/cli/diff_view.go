package cli

import (
	"fmt"
	"strings"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/change"
)

// tell writes what differs, says what is not known, and sets the exit status.
func (c *comparison) tell(d change.Difference) error {
	if err := c.write(&d); err != nil {
		return err
	}
	after := answered{snap: c.after.snap}
	before := answered{snap: c.before.snap}
	for _, w := range c.before.snap.Warnings {
		c.say("%s: %s", fileName(c.before.file), w.Message)
	}
	for _, w := range c.after.snap.Warnings {
		if c.after.file != "" {
			c.say("%s: %s", fileName(c.after.file), w.Message)
			continue
		}
		c.say("%s", w.Message)
	}
	if c.o.debug {
		c.say("%s", debugText(c.after.snap))
	}
	complete := before.snap.Complete && after.snap.Complete
	switch {
	case after.unread(), before.unread(), c.o.strict && !complete:
		c.status = exitFailed
	case !d.None():
		c.status = exitNothing
	case c.unknown:
		c.say("whether what is expected holds the sockets is not known: their owners are hidden")
		c.status = exitFailed
	}
	if c.o.expect != "" && !d.None() && !c.o.terse() {
		c.say("this is not what %s expects: %s", fileName(c.o.expect), countText(&d))
	}
	return nil
}

// countText says how many differences there are.
func countText(d *change.Difference) string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{len(d.Opened), "opened"}, {len(d.Closed), "closed"}, {len(d.Changed), "changed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	return strings.Join(parts, ", ")
}

// write writes the differences in the format that was asked for.
func (c *comparison) write(d *change.Difference) error {
	snap := c.after.snap
	snap.Complete = snap.Complete && c.before.snap.Complete
	c.layout.Host, c.layout.GeneratedAt = snap.Host, snap.GeneratedAt
	switch c.layout.Format {
	case render.Quiet:
		return nil
	case render.Count:
		return c.print(fmt.Sprintln(len(d.Opened) + len(d.Closed) + len(d.Changed)))
	case render.JSON:
		all := render.Difference{Opened: d.Opened, Closed: d.Closed}
		for _, p := range d.Changed {
			all.Changed = append(all.Changed, [2]*sock.Socket{p.Before, p.After})
		}
		if err := render.WriteDifference(c.Out, c.layout, &all, snap); err != nil {
			return writeError{err}
		}
		return nil
	case render.NDJSON:
		if err := c.writeEvents(d); err != nil {
			return writeError{err}
		}
		return nil
	case render.CSV, render.TSV, render.Template:
		return c.writeAll(c.eventsOf(d), snap, c.layout)
	}
	return c.writeTable(d, snap)
}

// eventsOf returns a socket for each difference, as it is after it, with what happened
// to it: in the order of the table.
func (c *comparison) eventsOf(d *change.Difference) []*sock.Socket {
	var all []*sock.Socket
	add := func(s *sock.Socket, e sock.Event) {
		e.Source, e.Time, e.Duration, e.Lifetime = sock.SourcePoll, c.layout.GeneratedAt, -1, -1
		s.Event, s.Known = &e, s.Known|sock.FieldEvent
		all = append(all, s)
	}
	for _, s := range d.Closed {
		add(s, sock.Event{Kind: sock.EventClosed})
	}
	for _, p := range d.Changed {
		e := sock.Event{Kind: sock.EventChanged}
		if p.Before.State != p.After.State {
			e.OldState, e.NewState = p.Before.State, p.After.State
		}
		add(p.After, e)
	}
	for _, s := range d.Opened {
		add(s, sock.Event{Kind: sock.EventOpened})
	}
	return all
}

// writeEvents writes an event for each difference, as --watch does.
func (c *comparison) writeEvents(d *change.Difference) error {
	out := render.NewEvents(c.Out, c.layout, sock.SourcePoll.String())
	for _, s := range c.eventsOf(d) {
		if err := out.Event(eventOf(s)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeTable writes a table with a mark in front of each row; nothing, without a
// difference. What changed stands there as it was, and below as it is.
func (c *comparison) writeTable(d *change.Difference, snap sock.Snapshot) error {
	if d.None() {
		return nil
	}
	marked := map[*sock.Socket]byte{}
	var rows []*sock.Socket
	add := func(mark byte, s *sock.Socket) {
		marked[s] = mark
		rows = append(rows, s)
	}
	for _, s := range d.Closed {
		add(markOf[change.Closed], s)
	}
	for _, p := range d.Changed {
		add(markOf[change.Changed], p.Before)
		add(markOf[change.Changed], p.After)
	}
	for _, s := range d.Opened {
		add(markOf[change.Opened], s)
	}
	c.layout.Mark = (&marks{marked}).of
	layout, err := c.layout.Options.Layout() // with the column of marks
	if err != nil {
		return err
	}
	return c.writeAll(rows, snap, layout)
}
