package filter

import (
	"regexp"
	"testing"
)

// glob reports whether a name matches a pattern.
func glob(pattern, name string) bool {
	re, err := regexp.Compile(globSource(pattern))
	return err == nil && re.MatchString(name)
}

// TestGlob compares with what fnmatch(3) of glibc answers with FNM_CASEFOLD. Two
// answers differ: [:upper:] takes either case too, and bytes that are not UTF-8
// are all the same.
func TestGlob(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b", true}, {"**", "a", true}, {"?", "", false},
		{"?", "a", true}, {"?", "ab", false}, {"?", "/", true}, {"a*c", "abc", true}, {"a*c", "abcd", false},
		{"A*C", "abc", true}, {"abc", "ABC", true}, {"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXcYb", false},
		{"[abc]", "B", true}, {"[a-c]", "b", true}, {"[A-C]", "b", true}, {"[!a-c]", "b", false}, {"[!a-c]", "d", true},
		{"[^a]", "b", true}, {"[]a]", "]", true}, {"[!]a]", "]", false}, {"[a", "[a", true}, {"[a", "a", false},
		{"[a-]", "-", true}, {"[[:]", ":", true}, {"[[:]", "[", true}, {"[[:]", "0", false}, {"[-a]", "-", true}, {"[[:digit:]]", "7", true}, {"[[:digit:]]", "x", false},
		{"[[:ALPHA:]]", "x", false}, {"[[:upper:]]", "x", true}, {"[[:upper:]]", "X", true}, {"[![:space:]]", " ", false}, {"[[:xdigit:]]", "F", true},
		{`\*`, "*", true}, {`\*`, "a", false}, {`[\]]`, "]", true}, {`a\b`, "ab", true},
		{"*.sock", ".sock", true}, {"*/x", "/run//x", true}, {".*", ".a", true}, {"*", ".a", true},
		{"@*", "\x00abc", true}, {"[@]*", "\x00abc", true}, {"[!@]*", "\x00abc", false}, {"[a&&~^]", "&", true}, {"a.c", "abc", false}, {"[a", "[a", true}, {"@a@b", "\x00a\x00b", true}, {"*é", "CAFÉ", true}, {"\xff", "\xff", true}, {"\xff", "\xfe", true}, {"\xff", "a", false},
		{"?", "\xff", true}, {"caf?", "café", true}, {"*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := glob(c.pattern, c.name); got != c.want {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}
