package filter

import (
	"errors"
	"strings"
	"testing"
)

// TestMistakes compares the messages, and what the carets stand under.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, under, want string }{
		{"dprot = 443", "dprot", "unknown word in the filter, did you mean dport?"},
		{"sport 1 and xyzzyq = 1", "xyzzyq", "unknown word in the filter"},
		{"stat established", "stat", "unknown word in the filter, did you mean state?"},
		{"state establishd", "establishd", "establishd is not a state, did you mean established?"},
		{"state estab listen", "listen", "a state needs the word state before it, did you mean state listen?"},
		{"protocol tpc", "tpc", "tpc is not a protocol, did you mean tcp?"},
		{"family ipv5", "ipv5", "ipv5 is not an address family, did you mean ipv4?"},
		{"type strem", "strem", "strem is not a value of type, did you mean stream?"},
		{"shutdown = sideways", "sideways", "sideways is not a value of shutdown, which is one of none receive send both"},
		{"v6only = maybe", "maybe", "maybe is not true or false"},
		{"udp", "udp", "a protocol needs the word protocol before it, did you mean protocol udp?"},
		{"1.2.3.4:80", "1.2.3.4:80", "an address needs a word such as src or dst before it, did you mean addr 1.2.3.4:80?"},
		{":22", ":22", "a number needs the name of a field before it, did you mean port 22?"},
		{"unit = x", "unit", "unit is not something that a filter can compare"},

		{"dport", "", "dport needs a port to be compared with"},
		{"dport =", "", "dport needs a port to be compared with"},
		{"dport and sport 1", "and", "dport needs a port to be compared with"},
		{"(dport)", ")", "dport needs a port to be compared with"},
		{"dport = = 1", "=", "dport needs a port to be compared with"},
		{"dport !22", "!", "dport needs a port to be compared with"},
		{"state", "", "state needs a state to be compared with"},
		{"exclude or sport 1", "or", "exclude needs a state to be compared with"},
		{"process ~", "", "process needs a regular expression to be matched with"},
		{"sport in", "", "sport needs a port to be compared with"},
		{"sport in ()", ")", "sport needs a port to be compared with"},
		{"sport in (1,)", ")", "sport needs a port to be compared with"},
		{"sport in 1,", "", "sport needs a port to be compared with"},
		{"sport in (1", "(", "the parenthesis is not closed"},
		{"sport in (1 2)", "2", "a comma or a closing parenthesis is expected here"},
		{"sport 1,2", ",", "a list needs the operator in before it, as in: sport in 22,80"},

		{"sport 1 and", "", "the filter ends where a condition is expected"},
		{"sport 1 or", "", "the filter ends where a condition is expected"},
		{"not", "", "the filter ends where a condition is expected"},
		{"or sport 1", "or", "a condition is expected before or"},
		{"sport 1 and and sport 2", "and", "a condition is expected before and"},
		{"(sport 1", "(", "the parenthesis is not closed"},
		{"sport 1)", ")", "a parenthesis is closed that was not opened"},
		{"()", "()", "the parentheses are empty"},
		{"= 1", "=", "a condition is expected here"},
		{`"dport" 1`, `"`, "a quoted word stands where a condition is expected"},
		{`process = "x`, `"`, "the quote is not closed"},
		{`process = "x"y`, "y", "a blank is missing behind the quote"},

		{"process > 1", ">", "process cannot be compared with >, it takes = != in ~ !~"},
		{"uid ~ 1", "~", "uid cannot be compared with ~, it takes = != in < <= > >="},
		{"dst ge 1.2.3.4", "ge", "dst cannot be compared with ge, it takes = != in"},
		{"sport > 1-2", "1-2", "1-2 is more than one port, and has no order"},
		{"sport > login", "login", "login is more than one port, and has no order"},
		{"sport > *", "*", "* is more than one port, and has no order"},
		{"uid > 1-2", "1-2", "a range has no order; it can be compared with = != and in"},
		{"uid in 5-2", "5-2", "the range 5-2 ends before it starts"},
		{"sport in 5-2", "5-2", "the range 5-2 ends before it starts"},

		{"sport -1", "-1", "-1 is not a port"},
		{"sport 1.5", "1.5", "1.5 is not a port"},
		{"sport nosuch", "nosuch", "nosuch is neither a port nor a known service"},
		{"sport 99999999999", "99999999999", "99999999999 is out of range"},
		{"uid 99999999999999999999", "99999999999999999999", "99999999999999999999 is out of range"},
		{"uid root", "root", "root is not a number"},
		{"sk xyz", "xyz", "xyz is not a hexadecimal number"},
		{"rtt > 5 ms", "ms", "a unit stands right behind its number, as in 50ms or 4MiB"},
		{"rtt > 5parsec", "5parsec", "5parsec has an unknown unit; the units are ns us ms s m h d w"},
		{"rtt > soon", "soon", "soon is not a time span"},
		{"age > 1h30", "1h30", "1h30 has a number without a unit"},
		{"recvq > 5x", "5x", "5x has an unknown unit; the units are k M G T (1000) and Ki Mi Gi Ti (1024)"},
		{"recvq > 99999999E", "99999999E", "99999999E is out of range"},
		{"recvq > 5i", "5i", "5i has an unknown unit; the units are k M G T (1000) and Ki Mi Gi Ti (1024)"},
		{"recvq > .", ".", ". is not a number of bytes"},
		{"started > tomorrow", "tomorrow", "tomorrow is not a point in time such as 2026-11-20 or 2026-11-20T14:03:10Z"},
		{"started > 1960-01-01", "1960-01-01", "1960-01-01 is out of range"},
		{"fwmark green", "green", "green is not a mark such as 0x10 or 0x10/0xff"},
		{"fwmark 1/2/3", "1/2/3", "1/2/3 is not a mark such as 0x10 or 0x10/0xff"},
		{"fwmark 0x100000000", "0x100000000", "0x100000000 is not a mark such as 0x10 or 0x10/0xff"},
		{"dev eth9", "eth9", "there is no interface eth9: no such device"},
		{"cgroup /missing", "/missing", "there is no cgroup /missing: no such directory"},

		{"dst 10.0.0.0/33", "10.0.0.0/33", "33 is not a prefix length of 10.0.0.0"},
		{"dst ::1/129", "::1/129", "129 is not a prefix length of ::1"},
		{"dst 10.0.0.0/255.0.255.0", "10.0.0.0/255.0.255.0", "255.0.255.0 is not a prefix length of 10.0.0.0"},
		{"dst 10.0.0.0/", "10.0.0.0/", "10.0.0.0/ is not an address such as 10.0.0.0/8, [::1]:22 or :ssh"},
		{"dst 10.0.0.256", "10.0.0.256", "10.0.0.256 is not an address"},
		{"dst 010.0.0.1", "010.0.0.1", "010.0.0.1 is not an address"},
		{"dst 1.2.3.4.5", "1.2.3.4.5", "1.2.3.4.5 is not an address"},
		{"dst [::1", "[::1", "[::1 is not an address such as 10.0.0.0/8, [::1]:22 or :ssh"},
		{"dst [::1/64]/64", "[::1/64]/64", "[::1/64]/64 is not an address such as 10.0.0.0/8, [::1]:22 or :ssh"},
		{"dst any/8", "any/8", "a prefix length needs an address before it"},
		{"dst db/8", "db/8", "db is not an address"},
		{"dst nosuch", "nosuch", "the name nosuch has no address: no such host"},
		{"dst inet6:www.x.org", "inet6:www.x.org", "the name www.x.org has no address of that family"},
		{"dst inet6:1.2.3.4", "inet6:1.2.3.4", "1.2.3.4 is not of the family before it"},
		{"dst netlink:nosuch", "netlink:nosuch", "nosuch is not known behind netlink:"},
		{"dst vsock:1:x", "vsock:1:x", "x is not a port of vsock:"},

		{"process ~ /(/", "/(/", "the regular expression is wrong: missing closing ): ("},
		{"process ~ /abc", "/", "the regular expression has no slash at its end"},
		{"process ~ /a{1001}/", "/a{1001}/", "the regular expression is wrong: invalid repeat count: {1001}"},
		{`process ~ /\pL{150}/ or process ~ /\PL{150}/`, `/\PL{150}/`, "the regular expression is wrong: it is too large"},
		{"process ~ /" + strings.Repeat("a", 4097) + "/", "/" + strings.Repeat("a", 4097) + "/", "the regular expression is wrong: it is too long"},
		{"process ~ /((a{90}){90}){90}/", "/((a{90}){90}){90}/", "the regular expression is wrong: invalid repeat count: {90}"},
		{"process ~ /(a{30}){30}{30}/", "/(a{30}){30}{30}/", "the regular expression is wrong: invalid nested repetition operator: {30}{30}"},
	} {
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

// TestRender compares what people see.
func TestRender(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("sport 1 or ", 1000)
	for _, c := range []struct{ name, text, want string }{
		{"first word", "dprot = 443",
			"unknown word in the filter, did you mean dport?\n    dprot = 443\n    ^^^^^"},
		{"end", "dport =",
			"dport needs a port to be compared with\n    dport =\n           ^"},
		{"wide characters", "process 世界 dprot 1",
			"unknown word in the filter, did you mean dport?\n    process 世界 dprot 1\n                 ^^^^^"},
		{"combining character", "process e\u0301 dprot 1",
			"unknown word in the filter, did you mean dport?\n    process e\u0301 dprot 1\n              ^^^^^"},
		{"second line", "sport 1\n  dprot = 443\nsport 2",
			"line 2: unknown word in the filter, did you mean dport?\n      dprot = 443\n      ^^^^^"},
		{"control characters", "process \x1b[31m dprot",
			"unknown word in the filter, did you mean dport?\n    process \\x1b[31m dprot\n                     ^^^^^"},
		{"bidirectional override", "process a\u202eb dprot",
			"unknown word in the filter, did you mean dport?\n    process a\\u202eb dprot\n                     ^^^^^"},
		{"broken UTF-8", "process \xff dprot",
			"unknown word in the filter, did you mean dport?\n    process \\xff dprot\n                 ^^^^^"},
		{"in a message", "state \x1b[31m",
			"\\x1b[31m is not a state\n    state \\x1b[31m\n          ^^^^^^^^"},
		{"long line", long + "dprot 1 or " + long,
			"unknown word in the filter, did you mean dport?\n    ..." + long[len(long)-caretWindow:] + "dprot 1 or " +
				long[:2*caretWindow-len("dprot 1 or ")] + "...\n       " + strings.Repeat(" ", caretWindow) + "^^^^^"},
	} {
		_, err := ParseText(c.text, testEnv())
		var wrong *SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		if got := wrong.Render(); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	if got := (&SyntaxError{Text: "x", Offset: 99, Length: -3, Message: "m"}).Render(); got != "m\n    x\n     ^" {
		t.Errorf("offsets outside of the text: %q", got)
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
