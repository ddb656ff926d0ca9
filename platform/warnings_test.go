package platform

import (
	"fmt"
	"testing"

	"sockeye/sock"
)

// TestWarningsAreBounded: of a kind so many warnings are told, and how many more
// there are, however many that is.
func TestWarningsAreBounded(t *testing.T) {
	var w warnings
	for i := range 200_000 {
		w.add(sock.Warning{Code: sock.CodeInput, Message: fmt.Sprintf("line %d", i)})
		w.add(sock.Warning{Code: sock.CodeUnavailable, Message: "the same"})
	}
	w.add(sock.Warning{Code: sock.CodeFallback, Message: "one"})
	all := w.all()
	if len(all) != mostOfAKind+3 {
		t.Fatalf("%d warnings", len(all))
	}
	var texts []string
	for _, x := range all {
		texts = append(texts, x.Message)
	}
	for i, want := range map[int]string{0: "line 0", 1: "the same", 20: "line 19", 21: "199980 more of this kind", 22: "one"} {
		if texts[i] != want {
			t.Errorf("warning %d is %q, want %q", i, texts[i], want)
		}
	}
}
