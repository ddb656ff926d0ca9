package filter

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

// TestMistakes compares the messages, and what the carets stand under.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range mistakeTable {
		_, err := ParseText(c.text, testEnv())
		var wrong *SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: error %v, want %s", c.text, err, c.want)
			continue
		}
		if err.Error() != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, err, c.want)
		}
		if under := wrong.Text[wrong.Offset : wrong.Offset+wrong.Length]; under != c.under {
			t.Errorf("%q: carets under %q, want under %q", c.text, under, c.under)
		}
	}
}

// TestLookUpFails: a look-up that failed is told apart from a name that is not
// there.
func TestLookUpFails(t *testing.T) {
	t.Parallel()
	env := testEnv()
	env.CgroupID = func(path string) (uint64, error) {
		return 0, &fs.PathError{Op: "stat", Path: "/sys/fs/cgroup" + path, Err: syscall.EMFILE}
	}
	for text, want := range map[string]string{
		"cgroup /a": "the cgroup /a cannot be looked up: too many open files",
		"dst nosuch or dst " + strings.Repeat("\u00e9", 40): "the name nosuch has no address: no such host",
	} {
		_, err := ParseText(text, env)
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || wrong.Err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, err := ParseText("dev eth9", env)
	var wrong *SyntaxError
	if !errors.As(err, &wrong) || wrong.Err != nil {
		t.Errorf("an interface that is not there: %#v", err)
	}
}

// TestMessagesOfFiles: a message names the line of a text that has several, and a
// long word is cut between characters.
func TestMessagesOfFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"sport 1\n  dprot = 443\nsport 2":       "line 2: unknown word in the filter, did you mean dport?",
		"state " + strings.Repeat("\u4e16", 40): strings.Repeat("\u4e16", 13) + "... is not a state",
	} {
		if _, err := ParseText(text, testEnv()); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestDepth: nesting is limited, repetition is not.
func TestDepth(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		return strings.Repeat("(", n) + "sport 1" + strings.Repeat(")", n)
	}
	if _, err := ParseText(nested(maxDepth), testEnv()); err != nil {
		t.Errorf("%d parentheses: %v", maxDepth, err)
	}
	for name, text := range map[string]string{
		"one too many": nested(maxDepth + 1), "a million": nested(1e6), "open": strings.Repeat("(", 1e6),
		"under not": strings.Repeat("!(", 1e6),
	} {
		if _, err := ParseText(text, testEnv()); err == nil || !strings.Contains(err.Error(), "nested too deep") {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := mustParse(t, strings.Repeat("not ", 1e5)+strings.Repeat("!", 1e5+1)+"sport 1")
	if f.String() != "not local_port = 1" {
		t.Errorf("many nots: %s", f)
	}
	f = mustParse(t, "sport 1"+strings.Repeat(" or sport 1 and uid 2", 1e4))
	if n := len(f.Expr().(*OrExpr).Exprs); n != 1e4+1 {
		t.Errorf("a long chain has %d arms", n)
	}
	f = mustParse(t, strings.Repeat("(sport 1 or ", 100)+"uid 1"+strings.Repeat(")", 100))
	if n := len(f.Expr().(*OrExpr).Exprs); n != 101 {
		t.Errorf("a nested chain has %d arms", n)
	}
}
