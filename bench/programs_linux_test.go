package main

import (
	"os"
	"strings"
	"testing"
)

// TestBuiltAsDocumented: what is measured is what README.md tells to build.
func TestBuiltAsDocumented(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := releaseEnv + " go build -trimpath -tags " + releaseTags + " -o sockeye ."
	if !strings.Contains(string(readme), command) {
		t.Errorf("README.md does not say %q", command)
	}
}
