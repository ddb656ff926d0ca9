package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// TestNoWordReachesTheTerminal: whatever a word, a name in a file or a path
// holds, the error about it has no byte of it that is not escaped, and names it
// once.
func TestNoWordReachesTheTerminal(t *testing.T) {
	const evil = "q\x1b[31mz\u202e\x9b"
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	snap := filepath.Join("testdata", "snapshot", "web.json")
	var commands [][]string
	for _, filter := range []string{"dev " + evil, "cgroup /" + evil, "dst fe80::1%" + evil, "src link:ip:" + evil,
		"state " + evil, "process ~ /(" + evil + "/", "sport " + evil, "dst " + evil, evil, "uid " + evil,
		"user = " + evil + " x", `process "` + evil} {
		commands = append(commands, []string{"-t", filter}, []string{"-t", "-F", file("filter", "sport 1 or\n"+filter+"\n")})
	}
	for _, option := range []string{"--from", "-F", "-D", "-C", "--sort", "--group-by", "-A", "-f", "--limit",
		"--color", "--template"} {
		value := evil
		switch option {
		case "--template":
			value = "{{." + evil
		case "-D":
			value = filepath.Join(dir, evil, "x")
		}
		commands = append(commands, []string{"-t", "--from", snap, option, value})
	}
	commands = append(commands, []string{"port", evil}, []string{"--source", evil}, []string{"--owners", evil}, []string{"-" + evil}, []string{"--" + evil},
		[]string{"--sort", "state:" + evil}, []string{"--csv=" + evil}, []string{"--from", file(evil, "{")},
		[]string{"--from", file("bad.ndjson", `{"protocol":"`+evil+`"}`+"\n")},
		[]string{"--from", file("bad.json", `{"schema_version":1,"sockets":[{"protocol":"tcp","state":"`+evil+`"}]}`)})
	for _, words := range commands {
		var out, messages bytes.Buffer
		status := Main(t.Context(), words, IO{In: strings.NewReader(""), Out: &out, Err: &messages,
			Getenv: func(string) string { return "" }, Now: time.Now})
		text := messages.String()
		if status < 2 || text == "" {
			t.Errorf("%q: status %d, message %q", words, status, text)
		}
		steers := func(r rune) bool { return r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)) }
		if !utf8.ValidString(text) || strings.ContainsFunc(text, steers) || out.Len() > 0 {
			t.Errorf("%q: raw bytes in %q, %q", words, text, &out)
		}
		if line, _, _ := strings.Cut(text, "\n"); strings.Count(line, "[31m") > 1 {
			t.Errorf("%q: the word twice in %q", words, line)
		}
	}
}
