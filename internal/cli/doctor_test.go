package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestDoctorPage: what docs/doctor.md shows is what the program says of the files of
// testdata/script/doctor.txtar.
func TestDoctorPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("testdata/script/doctor.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, shown, found := strings.Cut(string(page), "\n$ sockeye ")
	shown, _, closed := strings.Cut(shown, "```\n")
	line, screen, _ := strings.Cut(shown, "\n")
	if !found || !closed {
		t.Fatal("the page shows nothing")
	}
	words := strings.Fields(line)
	for i, w := range words {
		if strings.HasSuffix(w, ".json") {
			words[i] = filepath.Join(dir, w)
		}
	}
	var out, said bytes.Buffer
	status := Main(t.Context(), words, IO{Out: &out, Err: &said, Width: 88, Getenv: func(string) string { return "" }, Now: time.Now})
	if status != exitNothing || said.Len() > 0 {
		t.Errorf("status %d: %s", status, said.String())
	}
	findings := func(text string) string {
		text, _, _ = strings.Cut(text, "skipped ") // what a new rule may lengthen
		return text
	}
	if diff := cmp.Diff(findings(out.String()), findings(screen)); diff != "" {
		t.Errorf("docs/doctor.md shows something else:\n%s", diff)
	}
}
