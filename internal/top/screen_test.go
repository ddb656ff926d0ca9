package top

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestScreens compares what is to be seen at three widths with testdata. UPDATE_SCRIPTS=1
// writes that.
func TestScreens(t *testing.T) {
	for _, width := range []int{60, 100, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			file := fmt.Sprintf("testdata/screens-%d.txtar", width)
			var got txtar.Archive
			show := func(name string, d *driver) {
				got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(d.screen())})
			}
			d := start(t, width, 18, people(), nil)
			show("the first pass", d)
			d.next()
			show("the second pass", d)
			d.keys("j", "j")
			show("two lines down", d)
			d.keys("k", "k", "enter")
			show("details", d)
			d.keys("j", "j", "w")
			show("what it means", d)
			d.keys("k", "k", "esc", "l", "l")
			show("scrolled to the right", d)
			d.keys("h", "h", "B")
			show("by process", d)
			d.keys("B", "B", "B", "B", "enter")
			show("one state", d)
			d.keys("esc", "B", "/")
			d.text("state established and dprot = 3")
			show("a mistake", d)
			d.keys("esc", "/")
			d.text("dst 10.0.0.0/8")
			show("a filter that is typed", d)
			d.keys("enter", "j", "c")
			show("a question", d)
			d.keys("n", "x")
			show("a signal", d)
			d.keys("n", "e")
			show("a file", d)
			d.keys("esc", "/", "ctrl+u", "enter", "o", "ctrl+u")
			d.text("-recv_queue")
			d.keys("enter")
			show("an order, whose column is always seen", d)
			d.keys("o", "ctrl+u")
			d.text("-uid")
			d.keys("enter")
			show("an order by what is no column", d)
			d.keys("o", "ctrl+u", "enter", "?")
			show("help", d)
			compare(t, file, &got)
		})
	}
}

// compare holds screens against a file.
func compare(t *testing.T, file string, got *txtar.Archive) {
	t.Helper()
	if os.Getenv("UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Error(diff)
	}
}
