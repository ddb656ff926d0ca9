package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// code are the words between backquotes.
var code = regexp.MustCompile("`([^`]+)`")

// ask runs the program on the snapshot of the scripts.
func ask(t *testing.T, words ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, messages bytes.Buffer
	status = Main(t.Context(), append([]string{"--from", "testdata/snapshot/web.json"}, words...), IO{
		In: strings.NewReader(""), Out: &out, Err: &messages,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return status, out.String(), messages.String()
}

// needsMachine are options and commands about this machine, which a snapshot does not go with, or
// with a file that is not there.
var needsMachine = []string{
	"-K", "-D", "-E", "-F", "--kill", "--dump", "--diag", "--events", "--filter", "--filter-file",
	"-c", "--watch", "--continuous", "-N", "--net", "--netns", "--all-netns", "kill",
}

// typedHere runs words of another tool and says what became of them.
func typedHere(t *testing.T, words []string) (kind, message string) {
	t.Helper()
	if slices.ContainsFunc(words, func(w string) bool {
		name, _, _ := strings.Cut(w, "=")
		name = strings.TrimRight(name, "0123456789")
		return slices.Contains(needsMachine, name)
	}) {
		if _, _, err := readOptions(words...); err != nil {
			return "refused", err.Error()
		}
		return "same", ""
	}
	if status, _, stderr := ask(t, words...); status == exitUsage {
		return "refused", stderr
	}
	return "same", ""
}

// TestDocOtherTools: each line of the tables is true. What is said to be the same
// is taken as it is; what is refused is refused with the words of the line; and
// what stands for it here is taken.
func TestDocOtherTools(t *testing.T) {
	text, err := os.ReadFile("../../docs/from-other-tools.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 4 || cells[1] == "meaning" || cells[1] == "---" {
			continue
		}
		rows++
		here, want := cells[2], strings.TrimSuffix(cells[3], " |")
		for _, m := range code.FindAllStringSubmatch(cells[0], -1) {
			theirs := m[1]
			if want == "-" {
				continue
			}
			kind, message := typedHere(t, strings.Fields(theirs))
			if (kind == "refused") != (want == "refused") || !slices.Contains([]string{"same", "other", "refused"}, want) {
				t.Errorf("%s: it is %s, the table says %s: %s", theirs, kind, want, message)
			}
			if want == "refused" && !namesOne(message, here) {
				t.Errorf("%s: the message has none of %s: %s", theirs, here, message)
			}
		}
		theirs := cells[0]
		for _, m := range code.FindAllStringSubmatch(here, -1) {
			words, ours := strings.CutPrefix(m[1], "sockeye")
			if !ours {
				continue
			}
			if kind, message := typedHere(t, strings.Fields(words)); kind == "refused" {
				t.Errorf("%s: %s is refused: %s", theirs, m[1], message)
			}
		}
	}
	if rows < 120 {
		t.Errorf("%d lines in the tables", rows)
	}
}

// namesOne reports whether a message has one of the words between backquotes of a
// cell, with or without the name of the program, or its text if it has none.
func namesOne(message, cell string) bool {
	spans := code.FindAllStringSubmatch(cell, -1)
	for _, m := range spans {
		if strings.Contains(message, strings.TrimPrefix(m[1], "sockeye ")) {
			return true
		}
	}
	return len(spans) == 0 && strings.Contains(message, cell)
}

// TestForeignOptionsAreNone: an option that exists needs no word about what it is
// elsewhere.
func TestForeignOptionsAreNone(t *testing.T) {
	known := spellingsOf(commands(&options{}))
	for name, text := range foreignOptions {
		if known.long[name] != nil || len(name) == 1 && known.short[rune(name[0])] != nil {
			t.Errorf("%s is an option here", name)
		}
		if text == "" || strings.HasSuffix(text, ".") {
			t.Errorf("%s: the text is %q", name, text)
		}
	}
}

// TestDocMembers: each member that stands beside a word of another tool is one of the
// JSON.
func TestDocMembers(t *testing.T) {
	text, err := os.ReadFile("../../docs/from-other-tools.md")
	if err != nil {
		t.Fatal(err)
	}
	members := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 2 || !strings.HasPrefix(cells[0], "| ") {
			continue
		}
		for _, m := range code.FindAllStringSubmatch(cells[1], -1) {
			members++
			if f := fact.Lookup(m[1]); (f == nil || f.Name != m[1]) && !filterWord(m[1]) {
				t.Errorf("%s: %s is no member", cells[0], m[1])
			}
		}
	}
	if members < 200 {
		t.Errorf("only %d members", members)
	}
}

// filterWord reports whether a word is one of the filter language.
func filterWord(word string) bool {
	_, state := sock.ParseState(word)
	return state || word == "and" || word == "or"
}

// TestDocNamesEveryWord: every option, column and word of ss and netstat stands in
// the first column of a table about it. The lists are from their sources.
func TestDocNamesEveryWord(t *testing.T) {
	text, err := os.ReadFile("../../docs/from-other-tools.md")
	if err != nil {
		t.Fatal(err)
	}
	lists, err := filepath.Glob("testdata/words/*.txt")
	if err != nil || len(lists) < 7 {
		t.Fatalf("%d lists of words, %v", len(lists), err)
	}
	for _, list := range lists {
		tool, _, _ := strings.Cut(filepath.Base(list), "-")
		_, section, _ := strings.Cut(string(text), "\n## "+tool+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		named := wordsNamed(section)
		words, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for line := range strings.Lines(string(words)) {
			if strings.HasPrefix(line, "# ") {
				continue
			}
			for _, word := range strings.Fields(line) {
				count++
				if !slices.ContainsFunc(named, func(n string) bool { return isNamed(n, word) }) {
					t.Errorf("%s: %s stands in no table about %s", list, word, tool)
				}
			}
		}
		if count < 20 {
			t.Errorf("%s has %d words", list, count)
		}
	}
}

// wordsNamed returns the words between backquotes of the first cells of tables.
func wordsNamed(section string) []string {
	var named []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		first, _, _ := strings.Cut(line[2:], " | ")
		for _, m := range code.FindAllStringSubmatch(first, -1) {
			named = append(named, strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune(" (),[]", r) })...)
		}
	}
	return named
}

// isNamed reports whether a word of a table is a word of a list, or that with its
// value: `rtt:A/B`, `--net=NAME`.
func isNamed(named, word string) bool {
	if !strings.HasPrefix(named, word) {
		return false
	}
	rest := named[len(word):]
	return rest == "" || strings.ContainsAny(word[len(word)-1:], ":=-") || strings.ContainsAny(rest[:1], ":=/")
}

// TestFilterOfSS: what the page says of the words of a filter. Each is taken.
func TestFilterOfSS(t *testing.T) {
	words, err := os.ReadFile("testdata/words/ss-filter.txt")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, word := range strings.Fields(string(words[bytes.IndexByte(words, '\n'):])) {
		var filter string
		switch {
		case strings.HasSuffix(word, ":"):
			filter = "src " + word + map[string]string{
				"unix:": "/run/*", "link:": "ip:lo", "netlink:": "rtnl:kernel", "vsock:": "3:1024", "inet:": "10.0.0.5", "inet6:": "[::1]",
			}[word]
		case strings.ContainsAny(word[:1], "=!<>") && word != "!", slices.Contains(strings.Fields("eq ne neq gt lt ge geq le leq"), word):
			filter = "dport " + word + " 443"
		case slices.Contains(strings.Fields("& && and or"), word):
			filter = "dport = 443 " + word + " sport = 22"
		case word == "!", word == "not":
			filter = word + " dport = 443"
		case slices.Contains(strings.Fields("src dst"), word):
			filter = word + " 10.0.0.5"
		case slices.Contains(strings.Fields("sport dport fwmark"), word):
			filter = word + " = 1"
		case word == "dev", word == "cgroup":
			filter = word + " = lo"
		case word == "autobound":
			filter = word
		case slices.Contains(strings.Fields("state exclude excl"), word):
			filter = word + " established"
		default:
			filter = "state " + word
		}
		tried++
		if status, _, stderr := ask(t, "-a", "-A", "all", "--count", filter); status == exitUsage {
			t.Errorf("%s: %s", filter, stderr)
		}
	}
	if tried < 50 {
		t.Errorf("%d words were tried", tried)
	}
}
