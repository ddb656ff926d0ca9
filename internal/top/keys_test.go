package top

import (
	"fmt"
	"strings"
	"testing"

	"sockeye/render"
)

// TestEveryKey walks the table that the help is made of: each key of it does something
// that is seen, or asked of the program, and the help names it.
func TestEveryKey(t *testing.T) {
	tried := 0
	for _, section := range sections() {
		for _, b := range section.keys {
			for _, key := range b.keys {
				tried++
				d := many(t, 60, 24, 200)
				prepare(d, key)
				before, asked, listed := d.screen(), len(d.asked), d.listed
				d.keys(key)
				if d.screen() == before && len(d.asked) == asked && d.listed == listed {
					t.Errorf("%s (%s) does nothing", key, b.text)
				}
				if !strings.Contains(strings.Join(strings.Fields(strings.Join(d.helpLines(), " ")), " "), b.text) {
					t.Errorf("the help does not say that %s is: %s", key, b.text)
				}
			}
		}
	}
	if tried < 40 {
		t.Errorf("%d keys were tried", tried)
	}
}

// prepare brings the view into a state in which a key has something to do.
func prepare(d *driver, key string) {
	switch key {
	case "k", "up", "ctrl+p", "b", "pgup", "ctrl+b", "u", "ctrl+u", "g", "home":
		d.keys("G")
	case "h", "left":
		d.screen() // which finds out how wide rows are
		d.keys("l", "l")
	case "J", "K":
		d.do(sizeMessage{16, 16})
		d.keys("enter")
		if key == "K" {
			d.keys("J")
		}
	case "esc":
		d.keys("enter")
	}
}

// TestKeysAreTold: no key has two meanings, and no action one of a movement in less.
func TestKeysAreTold(t *testing.T) {
	seen := map[string]string{}
	for _, s := range sections() {
		for _, b := range s.keys {
			for _, key := range b.keys {
				if seen[key] != "" {
					t.Errorf("%s is %s and %s", key, seen[key], b.text)
				}
				seen[key] = b.text
				if s.title == "Actions" && strings.Contains("jkgGbfduhl ", key) {
					t.Errorf("the action %s has a key of a movement: %s", b.text, key)
				}
			}
		}
	}
}

// TestImpossibleActions are not offered: neither in the help nor in the last line, and
// their keys do nothing.
func TestImpossibleActions(t *testing.T) {
	d := start(t, 200, 24, people(), func(_ *Settings, m *Machine) { m.Close, m.Process, m.Export = nil, nil, nil })
	d.keys("j", "j")
	before := d.screen()
	for _, word := range []string{"close", "signal", "export"} {
		if strings.Contains(before, word) || strings.Contains(strings.Join(d.helpLines(), "\n"), word+" the") {
			t.Errorf("%s is offered", word)
		}
	}
	for _, key := range []string{"c", "x", "e"} {
		if d.keys(key); d.screen() != before {
			t.Errorf("%s does something", key)
		}
	}
}

// TestHelpScrolls to its end and back, on a screen that is too small for it.
func TestHelpScrolls(t *testing.T) {
	d := start(t, 60, 10, people(), nil)
	d.keys("?")
	first := d.screen()
	seen := first
	for range 20 {
		d.keys("space")
		seen += d.screen()
	}
	for _, s := range sections() {
		for _, b := range s.keys {
			if word, _, _ := strings.Cut(b.text, " "); !strings.Contains(seen, word) {
				t.Errorf("%q is not to be seen", b.text)
			}
		}
	}
	if d.keys("g"); d.screen() != first {
		t.Error("g does not go to the beginning")
	}
	if d.keys("j"); d.screen() == first {
		t.Error("j does not scroll")
	}
	if d.keys("q"); d.helping || len(d.asked) > 0 {
		t.Error("q does not leave the help alone")
	}
}

// TestMouse: a click chooses, and sorts by a heading; the wheel scrolls.
func TestMouse(t *testing.T) {
	d := many(t, 120, 20, 100)
	d.screen()
	d.do(mouseMessage{x: 30, y: 6})
	if d.cursor != 3 || d.chosen == 0 {
		t.Errorf("line %d is chosen", d.cursor)
	}
	chosen := d.chosen
	d.do(mouseMessage{x: 30, y: 10, wheel: wheelLines})
	if d.cursor != 6 {
		t.Errorf("the wheel went to %d", d.cursor)
	}
	heading := d.view().lines[2]
	at := render.Cells(heading[:strings.Index(heading, "PID")])
	d.do(mouseMessage{x: at, y: 2})
	if orderText(d.sort) != "pid" {
		t.Errorf("sorted by %s", orderText(d.sort))
	}
	d.do(mouseMessage{x: at, y: 2})
	if orderText(d.sort) != "-pid" || d.chosen == chosen {
		t.Errorf("sorted by %s, %d is chosen", orderText(d.sort), d.chosen)
	}
	before := fmt.Sprint(d.cursor, d.sort)
	d.do(mouseMessage{x: 3, y: 19}) // where there is nothing to choose
	d.do(mouseMessage{x: 3, y: 500})
	if fmt.Sprint(d.cursor, d.sort) != before {
		t.Error("a click beside the list does something")
	}
}
