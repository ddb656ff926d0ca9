package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeNamesTheGoVersion that go.mod asks for.
func TestReadmeNamesTheGoVersion(t *testing.T) {
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	if version == nil {
		t.Fatal("go.mod names no version")
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if want := "Go " + string(version[1]) + " or newer"; !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %s", name, want)
		}
	}
}
