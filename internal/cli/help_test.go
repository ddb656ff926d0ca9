package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestHelpNamesEveryOption holds the help against the options that are read.
func TestHelpNamesEveryOption(t *testing.T) {
	for _, cmd := range commands(&options{}) {
		help := helpText(cmd, "linux")
		for _, o := range cmd.options {
			spelled := o.spelling()
			if o.short != "" {
				spelled = "-" + o.short + ", " + spelled
			}
			if !strings.Contains(help, spelled) {
				t.Errorf("the help of %s does not say %s", cmd.name, spelled)
			}
			if o.usage == "" {
				t.Errorf("--%s has no text", o.name)
			}
		}
		for i, line := range strings.Split(help, "\n") {
			if len(line) > 79 {
				t.Errorf("line %d of the help of %s is %d bytes wide: %s", i+1, cmd.name, len(line), line)
			}
		}
	}
}

// TestHelpOfStatuses: a command that does not list sockets says itself what its exit
// status means.
func TestHelpOfStatuses(t *testing.T) {
	for _, cmd := range commands(&options{}) {
		lists := slices.Contains([]string{listName, "process", "help"}, cmd.name)
		if lists != (cmd.status == "") {
			t.Errorf("%s: %q", cmd.name, cmd.status)
		}
	}
}

// TestDocOwnerStatus: the documentation and the help explain every value.
func TestDocOwnerStatus(t *testing.T) {
	doc, err := os.ReadFile("../../docs/platforms.md")
	if err != nil {
		t.Fatal(err)
	}
	help := ownerStatusHelp()
	for status := range sock.OwnerStatuses {
		if status.Meaning() == "" {
			t.Errorf("%s has no meaning", status)
		}
		if line := fmt.Sprintf("| `%s` | %s |\n", status, status.Meaning()); !strings.Contains(string(doc), line) {
			t.Errorf("docs/platforms.md has no line %s", line)
		}
		if !strings.Contains(help, "  "+status.String()+" ") {
			t.Errorf("the help does not say %s", status)
		}
	}
}

// TestHelpOfOtherSystems: what a system lacks stands at the end, and not among its
// options.
func TestHelpOfOtherSystems(t *testing.T) {
	cmd := commands(&options{})[0]
	for system, want := range map[string]bool{"linux": true, "windows": false, "darwin": false} {
		help := helpText(cmd, system)
		if listed := strings.Contains(help, "  -x, --unix "); listed != want {
			t.Errorf("%s: -x is listed: %t", system, listed)
		}
		if named := strings.Contains(help, "Not on this system:"); named == want {
			t.Errorf("%s: options are said to be missing: %t", system, named)
		}
		if strings.Contains(help, "(Linux)") || strings.Contains(help, "(HOW)") {
			t.Errorf("%s: a mark is left in the help", system)
		}
	}
	help := helpText(cmd, "windows")
	for _, o := range cmd.options {
		if o.only == "linux" && !strings.Contains(help[strings.Index(help, "Not on this system:"):], o.spelling()) {
			t.Errorf("windows: %s is not named as missing", o.spelling())
		}
	}
}

// TestHelpOfFilters: each line of the help about filters that can be typed is taken, and
// none is wider than a terminal.
func TestHelpOfFilters(t *testing.T) {
	typed := 0
	for line := range strings.Lines(filterHelp()) {
		if len(line) > 80 {
			t.Errorf("%d bytes wide: %s", len(line), line)
		}
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "sockeye ")
		if !ok {
			continue
		}
		typed++
		text = strings.ReplaceAll(text, "'", "") // quotes are the shell's
		if status, _, stderr := ask(t, strings.Fields(text)...); status == exitUsage || stderr != "" {
			t.Errorf("%s: %s", line, stderr)
		}
	}
	if typed != 6 {
		t.Errorf("%d lines were typed", typed)
	}
}

// TestGroupsOfOptionsStandTogether: no heading comes twice in the help of a command.
func TestGroupsOfOptionsStandTogether(t *testing.T) {
	for _, cmd := range commands(&options{}) {
		seen, last := map[string]bool{}, ""
		for _, o := range cmd.options {
			if o.group != last && seen[o.group] {
				t.Errorf("%s: %s comes twice, with %s", cmd.name, o.group, o.spelling())
			}
			seen[o.group], last = true, o.group
		}
	}
}
