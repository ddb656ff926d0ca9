package livetest

import "testing"

// TestLineDiff: the comparison that the other tests lean on sees what is
// missing, what is besides and what is doubled.
func TestLineDiff(t *testing.T) {
	for _, test := range []struct {
		want, got []string
		diff      string
	}{
		{[]string{"a", "b", "b"}, []string{"b", "a", "b"}, ""},
		{[]string{"a 1", "b"}, []string{"a 2", "b"}, "- a 1\n+ a 2\n"},
		{[]string{"a"}, []string{"a", "a"}, "+ a\n"},
		{[]string{"a", "a"}, nil, "- a\n- a\n"},
	} {
		if got := lineDiff(test.want, test.got); got != test.diff {
			t.Errorf("lineDiff(%q, %q) = %q, want %q", test.want, test.got, got, test.diff)
		}
	}
	changed := facts{state: "LISTEN", mark: "1"}
	if lineDiff(linesOf([]facts{{state: "LISTEN"}}), linesOf([]facts{changed})) == "" {
		t.Error("a mark makes no difference")
	}
}
