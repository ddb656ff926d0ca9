package top

import (
	"strings"
	"testing"
)

// TestClose asks first, and closes what was chosen then.
func TestClose(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.keys("j", "j")
	chosen := d.chosenCookie()
	d.keys("c")
	d.do(tickMessage{})
	if !strings.Contains(d.screen(), "close tcp 10.0.0.5:8080 to 10.0.0.9:51514 of node[4244]?") {
		t.Error(d.screen())
	}
	for _, key := range []string{"n", "enter", "esc", "Y", "space"} {
		if d.keys(key, "c"); len(d.closed) > 0 {
			t.Fatalf("%s closes", key)
		}
	}
	d.keys("y")
	if len(d.closed) != 1 || d.closed[0].Cookie != chosen {
		t.Fatalf("%v", d.closed)
	}
	if screen := d.screen(); !strings.Contains(screen, "closed tcp 10.0.0.5:8080 to 10.0.0.9:51514") {
		t.Error(screen)
	}
	d.keys("c")
	if d.question != nil || !strings.Contains(d.screen(), "it is closed already") {
		t.Error("what is closed can be closed")
	}
}

// TestSignal takes hold of the process before it asks, says what else it holds, and
// lets go of it in any case.
func TestSignal(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.keys("j", "j", "x")
	if screen := d.screen(); !strings.Contains(screen, "signal node[4244], which holds tcp 10.0.0.5:8080 to 10.0.0.9:51514 and 2 other sockets here?") ||
		!strings.Contains(screen, "t TERM  k KILL") {
		t.Error(screen)
	}
	d.keys("n")
	d.keys("x", "t")
	if got := strings.Join(d.signals, ", "); got != "released 4244, TERM 4244, released 4244" {
		t.Error(got)
	}
	if !strings.Contains(d.screen(), "TERM was sent to node[4244]") {
		t.Error(d.screen())
	}
}

// TestSignalOfAnother: if the process does not hold the socket any more, its PID may be
// another's, and nothing is sent.
func TestSignalOfAnother(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.keys("j", "j")
	d.sockets[2] = people()[6].Clone()
	d.sockets[2].Cookie = 3
	d.keys("x")
	if d.question != nil || strings.Join(d.signals, ", ") != "released 4244" {
		t.Errorf("%+v, %v", d.question, d.signals)
	}
	if !strings.Contains(d.screen(), "node[4244] does not hold the socket any more") {
		t.Error(d.screen())
	}
}

// TestHostileNames: a name that steers terminals is escaped wherever it stands: in a
// question, a note, a group and what is copied.
func TestHostileNames(t *testing.T) {
	d := start(t, 100, 24, people(), nil)
	d.keys("G", "x")
	if screen := d.screen(); !strings.Contains(screen, `signal ev\x1b[31mil\u202e[666]`) {
		t.Error(screen)
	}
	d.keys("t")
	if screen := d.screen(); !strings.Contains(screen, `TERM was sent to ev\x1b[31mil\u202e[666]`) {
		t.Error(screen)
	}
	for _, keys := range [][]string{{"c"}, {"n", "enter"}, {"esc", "y"}, {"B", "G", "enter"}} {
		d.keys(keys...)
		d.screen()
	}
	for _, msg := range d.asked {
		if text, is := msg.(copyMessage); is && strings.ContainsAny(string(text), "\x1b\u202e") {
			t.Errorf("%q is copied", text)
		}
	}
}

// TestSignalForbidden is said, and not asked.
func TestSignalForbidden(t *testing.T) {
	list := people()[:1]
	list[0].Owners[0].Process.PID = 1
	d := start(t, 100, 20, list, nil)
	if d.keys("x"); d.question != nil || !strings.Contains(d.screen(), "node[1] cannot be signalled: operation not permitted") {
		t.Error(d.screen())
	}
}

// TestCopyAndExport.
func TestCopyAndExport(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.keys("j", "j", "y")
	if len(d.asked) != 1 || d.asked[0] != copyMessage("tcp 10.0.0.5:8080 to 10.0.0.9:51514 ESTABLISHED node[4244]") {
		t.Errorf("%q", d.asked)
	}
	d.keys("e", "ctrl+u", "enter")
	if d.prompt == nil {
		t.Error("no name is a file")
	}
	d.text("x.json")
	d.keys("enter")
	if strings.Join(d.files, " ") != "x.json" || !strings.Contains(d.screen(), "8 sockets written to x.json") {
		t.Errorf("%q", d.files)
	}
}

// TestFreeze: nothing moves while the screen is frozen, a pass that comes meanwhile is
// shown when it goes on, and what is chosen can be looked at.
func TestFreeze(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	under := d.update(tickMessage{}) // a pass is being made
	d.keys("p")
	d.sockets = d.sockets[:3]
	before := d.screen()
	d.run(under)
	for range 3 {
		d.tick()
	}
	if d.screen() != before || !strings.Contains(before, "paused") {
		t.Error("it moves")
	}
	if d.waiting == nil || d.waiting.totals.closed != 5 {
		t.Errorf("%+v waits", d.waiting)
	}
	if d.keys("p"); d.pass.number != 3 || d.waiting != nil || d.pass.totals.sockets != 3 {
		t.Errorf("pass %d, %+v", d.pass.number, d.pass.totals)
	}
}

// TestQuit and the other things that the program is asked for.
func TestQuit(t *testing.T) {
	for key, want := range map[string]message{"q": quitMessage{}, "ctrl+c": quitMessage{}, "ctrl+z": suspendMessage{}, "ctrl+l": redrawMessage{}} {
		d := start(t, 100, 20, people(), nil)
		if d.keys(key); len(d.asked) != 1 || d.asked[0] != want {
			t.Errorf("%s: %v", key, d.asked)
		}
	}
	d := start(t, 100, 20, people(), nil)
	d.keys("/", "q", "ctrl+l", "ctrl+c")
	if len(d.asked) != 2 || d.asked[0] != (redrawMessage{}) || d.asked[1] != (quitMessage{}) {
		t.Errorf("ctrl+l and ctrl+c in a prompt: %v", d.asked)
	}
}

// TestSmallScreens: whatever the size, what is drawn fits, and nothing panics.
func TestSmallScreens(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.next()
	for width := 1; width < 70; width += 3 {
		for height := 1; height < 14; height++ {
			d.do(sizeMessage{width, height})
			for _, keys := range [][]string{{}, {"enter"}, {"/", "x"}, {"esc", "c"}, {"n", "B"}, {"?"}, {"q", "B", "B", "B", "B", "B", "esc"}} {
				d.keys(keys...)
				d.screen()
			}
		}
	}
}
