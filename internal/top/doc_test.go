package top

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDoc: docs/top.md has the table of keys.
func TestDoc(t *testing.T) {
	text, err := os.ReadFile("../../docs/top.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections() {
		for _, b := range s.keys {
			row := fmt.Sprintf("| `%s` | %s |\n", strings.ReplaceAll(b.shown, ", ", "` `"), b.text)
			if !strings.Contains(string(text), row) {
				t.Errorf("docs/top.md does not have %s", row)
			}
		}
	}
}
