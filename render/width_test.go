package render

import "testing"

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		cells int
		want  string
	}{
		{"a line that fits", 16, "a line that fits"},
		{"a line that fits not", 16, "a line that fits\n  not"},
		{"  begins with blanks, which stay", 12, "  begins\n  with\n  blanks,\n  which stay"},
		{"no limit to the line", 0, "no limit to the line"},
		{"one averyveryverylongword more", 8, "one\n  averyveryverylongword\n  more"},
		{"two  blanks", 20, "two  blanks"},
		{"日本 日本 日本", 9, "日本 日本\n  日本"},
		{"", 5, ""},
	} {
		if got := Wrap(c.text, c.cells, "  "); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.cells, got, c.want)
		}
	}
}
