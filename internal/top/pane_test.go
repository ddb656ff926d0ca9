package top

import (
	"strings"
	"testing"

	"sockeye/sock"
)

// shownPane is the title and what is to be seen of the pane below the list.
func (d *driver) shownPane() string {
	var b strings.Builder
	for _, line := range d.detailView(d.detailHeight()) {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// TestMeaning: the state of the chosen line is explained, whichever that is, and the
// reason for a missing owner; the same key closes it, Enter shows the facts instead.
func TestMeaning(t *testing.T) {
	d := start(t, 100, 40, people(), func(s *Settings, _ *Machine) { s.Facts &^= sock.FieldRates }) // in the order of the table
	d.keys("w")
	if pane := d.shownPane(); !strings.Contains(pane, "─ what it means") || !strings.Contains(pane, "LISTEN (state): waits for connections") {
		t.Errorf("%s", pane)
	}
	states := map[string]bool{}
	for range d.sockets {
		r := d.current()
		all := strings.Join(d.detailLines(), "\n")
		states[r.state.String()] = true
		if !strings.HasPrefix(all, " "+r.state.String()+" (state): ") {
			t.Errorf("%v is explained as %s", r.state, all)
		}
		if reason := strings.Contains(all, r.status.String()+" (owner_status): "); reason != (r.status != sock.OwnerKnown) {
			t.Errorf("%v is explained: %v", r.status, reason)
		}
		d.keys("j")
	}
	if len(states) < 4 {
		t.Errorf("the states were %v", states)
	}
	if d.keys("w"); d.details {
		t.Error("w does not close it")
	}
	if d.keys("w", "enter"); !d.details || !strings.Contains(d.shownPane(), "─ details") {
		t.Errorf("Enter shows %s", d.shownPane())
	}
	if d.keys("enter"); d.details {
		t.Error("Enter does not close the details")
	}
}

// TestMeaningScrolls to its end, and begins anew with another line.
func TestMeaningScrolls(t *testing.T) {
	d := start(t, 60, 20, people(), func(s *Settings, _ *Machine) { s.Facts &^= sock.FieldRates })
	d.keys("w")
	seen := ""
	for range 40 {
		seen += d.shownPane()
		d.keys("J")
	}
	for _, line := range d.detailLines() {
		if !strings.Contains(seen, line) {
			t.Errorf("%q is not to be seen", line)
		}
	}
	if last := d.shownPane(); !strings.Contains(last, "Source: ") {
		t.Errorf("the end is %s", last)
	}
	if d.keys("j"); d.detailTop != 0 {
		t.Error("another line begins in the middle")
	}
}

// TestMeaningOfGroups: of groups of one state that is explained, of others nothing is.
func TestMeaningOfGroups(t *testing.T) {
	d := start(t, 100, 40, people(), nil)
	d.keys("B", "w")
	if d.details || d.note == "" {
		t.Errorf("a process is explained as %s, %q", d.shownPane(), d.note)
	}
	d.keys("B", "B", "B", "B", "w")
	for range d.groups {
		if all := strings.Join(d.detailLines(), "\n"); !strings.HasPrefix(all, " "+d.groups[d.cursor].text+" (state): ") {
			t.Errorf("%s is explained as %s", d.groups[d.cursor].text, all)
		}
		d.keys("j")
	}
	if d.keys("w"); d.details {
		t.Error("w does not close it")
	}
	d.keys("B")
	d.sockets = nil
	for range 10 { // until what is closed is gone, too
		d.tick()
	}
	if d.keys("w"); d.details || d.note == "" {
		t.Error("nothing is explained")
	}
}
