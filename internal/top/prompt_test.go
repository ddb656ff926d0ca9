package top

import (
	"strings"
	"testing"
)

// TestPromptEdits by the keys that shells have.
func TestPromptEdits(t *testing.T) {
	for _, test := range []struct{ keys, want string }{
		{"a b c", "abc|"},
		{"a b left x", "ax|b"},
		{"a b left left left x", "x|ab"},
		{"a b home x end y", "xaby|"},
		{"a b backspace", "a|"},
		{"backspace a", "a|"},
		{"a b left delete", "a|"},
		{"a space b space c ctrl+w", "a b |"},
		{"a space b ctrl+a ctrl+k", "|"},
		{"a space b left ctrl+u", "|b"},
		{"ä ö left left backspace", "|äö"},
		{"a ctrl+x f5 alt+a", "a|"},
	} {
		p := newPrompt("filter", "")
		for key := range strings.FieldsSeq(test.keys) {
			p.edit(key)
		}
		if got := string(p.text[:p.at]) + "|" + string(p.text[p.at:]); got != test.want {
			t.Errorf("%s: %s, want %s", test.keys, got, test.want)
		}
	}
}

// TestPaste: a text that is pasted stands in the line, is never a command, and steers
// no terminal.
func TestPaste(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	before := d.screen()
	d.do(textMessage("qqq"))
	if d.screen() != before || len(d.asked) > 0 {
		t.Error("what is pasted into the list is a command")
	}
	d.keys("/")
	d.do(textMessage("state established\nand\r\nport\t8080\x1b[31m\u202e"))
	if got := string(d.prompt.text); got != "state established and port 8080[31m" {
		t.Errorf("%q", got)
	}
	d.keys("backspace", "backspace", "backspace", "backspace")
	if d.screen(); d.prompt.wrong != nil || len(d.order) != 2 {
		t.Errorf("%+v, %d rows", d.prompt.wrong, len(d.order))
	}
	d.do(textMessage(strings.Repeat("x", 3*longestText)))
	if len(d.prompt.text) != longestText {
		t.Errorf("%d characters", len(d.prompt.text))
	}
	d.screen()
}

// TestFilterLine: a filter is applied while it is typed, a mistake is shown under its
// word and the filter before it stays; Esc takes back, Enter keeps, Up brings back.
func TestFilterLine(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	shown := func(want int) {
		t.Helper()
		if d.screen(); len(d.order) != want {
			t.Errorf("%q shows %d rows, want %d", d.filterText, len(d.order), want)
		}
	}
	shown(8)
	d.keys("/")
	d.text("state listen")
	shown(2)
	d.text("x")
	shown(2)
	lines := strings.Split(d.screen(), "\n")
	if lines[2] != "              ^^^^^^^" || !strings.Contains(lines[3], "is not a state") {
		t.Errorf("%q", lines[1:4])
	}
	if d.keys("enter"); d.prompt == nil {
		t.Error("a mistake is taken")
	}
	d.keys("esc")
	shown(8)
	for _, text := range []string{"state listen", "port 8080", "state listen"} {
		d.keys("/", "ctrl+u")
		d.text(text)
		d.keys("enter")
	}
	shown(2)
	if strings.Join(d.history, ";") != "port 8080;state listen" {
		t.Errorf("%q", d.history)
	}
	d.keys("/", "up", "up", "up")
	shown(5)
	d.keys("down", "down")
	shown(2)
	d.keys("ctrl+u", "enter")
	shown(8)
}

// TestFilterAsks: a filter that looks at what is not held asks for it at once.
func TestFilterAsks(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	listed := d.listed
	d.keys("/")
	d.text("snd_cwnd = 10")
	if d.listed == listed || len(d.order) != 4 {
		t.Errorf("%d passes, %d rows", d.listed-listed, len(d.order))
	}
	listed = d.listed
	d.text(" and state established")
	if d.listed != listed || len(d.order) != 3 {
		t.Errorf("%d passes more, %d rows", d.listed-listed, len(d.order))
	}
}

// TestFilterNames: a name of a host is looked up when the filter is finished, not with
// each letter.
func TestFilterNames(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.keys("/")
	d.text("dst host.example")
	if d.prompt.wrong == nil || len(d.order) != 8 {
		t.Errorf("%+v, %d rows", d.prompt.wrong, len(d.order))
	}
	if d.keys("enter"); d.prompt != nil || len(d.order) != 2 || d.filterText != "dst host.example" {
		t.Errorf("%+v, %d rows, %s", d.prompt, len(d.order), d.filterText)
	}
}

// TestOrderLine: an order is that of --sort.
func TestOrderLine(t *testing.T) {
	d := start(t, 100, 20, people(), nil)
	d.keys("o", "ctrl+u")
	d.text("-pid")
	first := d.rowAt(0)
	if first.owners[0].PID != 4244 || orderText(d.sort) != "-pid" {
		t.Errorf("%+v by %s", first, orderText(d.sort))
	}
	d.text("x, state")
	if lines := d.view().lines; lines[1] != " order -pidx, state" || lines[2] != "       ^^^^^" || !strings.Contains(lines[3], "did you mean") {
		t.Errorf("a mistake is not shown: %q", lines)
	}
	if d.keys("enter"); d.prompt == nil {
		t.Error("a mistake is taken")
	}
	d.keys("esc")
	if orderText(d.sort) != "-send_rate,-recv_rate" {
		t.Errorf("by %s", orderText(d.sort))
	}
	d.keys("o", "ctrl+u", "enter")
	if orderText(d.sort) != "" || !strings.Contains(d.screen(), "order none") {
		t.Errorf("by %s", orderText(d.sort))
	}
}
