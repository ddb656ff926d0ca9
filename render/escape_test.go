package render

import (
	"encoding/csv"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sockeye/sock"
)

// checkSafe fails if an output holds what a terminal may obey.
func checkSafe(t testing.TB, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("not valid UTF-8: %q", out)
	}
	for _, r := range out {
		if r != '\n' && r != '\t' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029) {
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

// FuzzHostileNames puts a name everywhere and looks at every format.
func FuzzHostileNames(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p := process(1, name, name)
		p.Exe, p.Cmdline = name, name
		s := full()
		s.Owners = []sock.Owner{{Process: p}}
		s.Interface, s.User, s.Netns.Name, s.Congestion, s.Cgroup = name, name, name, name, name
		u := unixes()[2]
		u.Path, u.PeerPath, u.Owners, u.Listener, u.OwnerStatus = name, name, nil, p, sock.OwnerAcceptQueue
		rows := []*sock.Socket{s, u}
		names := mustColumns(t, strings.Join(ColumnNames(), ","))
		for _, o := range []Options{
			{Extended: true, Memory: true, Info: true}, {Extended: true, Oneline: true}, {Width: 40, Extended: true},
			{Columns: names, Header: true}, {Format: CSV, Columns: names}, {Format: TSV, Columns: names}, {Format: JSON},
			{Format: NDJSON}, {Format: JSON, Group: names}, {Group: names},
		} {
			out := rendered(t, o, rows)
			checkSafe(t, out)
			if o.Format == TSV && strings.Count(out, "\t") != 2*(len(names)-1) {
				t.Fatalf("a name broke the columns of %q", out)
			}
			if o.Format == CSV {
				if cells, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || len(cells) != 2 || len(cells[0]) != len(names) {
					t.Fatalf("%v in %q", err, out)
				}
			}
		}
	})
}
