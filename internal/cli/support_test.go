package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestDocRefusals: the documentation says of every option that is refused
// somewhere where that is.
func TestDocRefusals(t *testing.T) {
	text, err := os.ReadFile("../../docs/platforms.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## Options that are not for every system\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("the section is missing")
	}
	all := &options{}
	names := []string{"bound-inactive", "threads", "dump", "kill", "owners", "source"}
	names = append(names, "pids")
	for _, o := range slices.Concat(all.portOptions(), all.otherTableOptions(), all.factOptions()) {
		if o.only != "" || o.name == "extended" {
			names = append(names, o.name)
		}
	}
	for _, name := range names {
		if !strings.Contains(section, "`--"+name+"`") && !strings.Contains(section, "`--"+name+" ") {
			t.Errorf("--%s is not in the section", name)
		}
	}
}

// TestLostToFilter: a path is looked at beside an address where either may be
// meant, and then does not count.
func TestLostToFilter(t *testing.T) {
	const windows = sock.FieldLocal | sock.FieldRemote | sock.FieldOwners
	for _, c := range []struct{ needs, want sock.Field }{
		{0, 0},
		{sock.FieldLocal | sock.FieldOwners, 0},
		{sock.FieldLocal | sock.FieldPath, 0},
		{sock.FieldPath, sock.FieldPath},
		{sock.FieldCgroup, sock.FieldCgroup},
		{sock.FieldCgroupID | sock.FieldCgroup, sock.FieldCgroupID},
		{sock.FieldLocal | sock.FieldInode, sock.FieldInode},
	} {
		if got := lostToFilter(c.needs, windows); got != c.want {
			t.Errorf("%b: %b, want %b", c.needs, got, c.want)
		}
	}
}
