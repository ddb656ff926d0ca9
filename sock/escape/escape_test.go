package escape

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// evil are names that try to command a terminal or to forge a row.
var evil = []string{
	"\x1b[31mred\x1b]0;title\x07", "a\nb\rc\td\x00e\x7f", "\u202egnp.exe", "\u2066x\u2069\u200b", "c1\u009b31m\u0085",
	"\u2028\u2029", "bad\xff\xc3", `back\slash\x41\\`, "\U000e0041", "comma,quote\"", " blanks ", "日本語 e\u0301", "-",
}

// checkSafe fails if an output holds what a terminal may obey.
func checkSafe(t testing.TB, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("not valid UTF-8: %q", out)
	}
	for _, r := range out {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029 {
			t.Fatalf("raw %U in %q", r, out)
		}
	}
}

// unescape reads back what AppendText wrote.
func unescape(t testing.TB, s string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		digits := 0
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case '\\':
				b.WriteByte('\\')
				i++
				continue
			case 'x':
				digits = 2
			case 'u':
				digits = 4
			case 'U':
				digits = 8
			}
		}
		if digits == 0 || !hexAhead(s[i+2:], digits) {
			b.WriteByte(s[i])
			continue
		}
		v, err := strconv.ParseUint(s[i+2:i+2+digits], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if digits == 2 {
			b.WriteByte(byte(v))
		} else {
			b.WriteRune(rune(v))
		}
		i += 1 + digits
	}
	return b.String()
}

func TestAppendText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":             "plain",
		"\x1b[0m\n":         `\x1b[0m\x0a`,
		"\u202e\u00ad":      `\u202e\u00ad`,
		"\u0085":            `\u0085`,
		"\xff\xc3":          `\xff\xc3`,
		"\U000e0041":        `\U000e0041`,
		"é日本":               "é日本",
		`C:\Users\x`:        `C:\Users\x`,
		`\x41`:              `\\x41`,
		`\\server\share`:    `\\\server\share`,
		"\\\x1b":            `\\\x1b`,
		`\u20`:              `\u20`,
		`\u202e \U0000202e`: `\\u202e \\U0000202e`,
		`end\`:              `end\`,
		"\uFFFD":            "\uFFFD",
	} {
		if got := string(AppendText(nil, in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func FuzzAppendText(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := string(AppendText(nil, s))
		if strings.ContainsAny(out, "\n\t") {
			t.Fatalf("a line break or tab in %q", out)
		}
		checkSafe(t, out)
		if back := unescape(t, out); back != s {
			t.Fatalf("%q is written %q, which reads %q", s, out, back)
		}
	})
}

// TestMarshal: what encoding/json leaves as it is goes out escaped, and comes back.
func TestMarshal(t *testing.T) {
	value := map[string][]string{"names\u202e": append([]string{"plain", "wide\u6f22", "\U000e0001 tag"}, evil...)}
	for name, v := range map[string]any{"evil": value, "plain": []string{"a<b"}, "raw": json.RawMessage(`{"a": "\u0085b"}`)} {
		text, err := Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		checkSafe(t, string(text))
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var is, should any
		if json.Unmarshal(text, &is) != nil || json.Unmarshal(want, &should) != nil || !reflect.DeepEqual(is, should) {
			t.Errorf("%s: %s comes back as %q, want %q", name, text, is, should)
		}
	}
	if text, err := Marshal(func() {}); err == nil {
		t.Errorf("of a function: %s", text)
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	f.Add("\xff\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, s string) {
		out := AppendJSON(nil, s)
		checkSafe(t, string(out))
		var back string
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}
