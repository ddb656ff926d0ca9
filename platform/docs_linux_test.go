package platform

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"sockeye/platform/iphlpapi"
	"sockeye/platform/portable"
	"sockeye/sock"
	"sockeye/sock/fact"
)

const platformsFile = "../docs/platforms.md"

// elsewhere is the portable source as it is on another system.
type elsewhere string

func (elsewhere) Name() string                        { return "portable" }
func (e elsewhere) Fields(p sock.Protocol) sock.Field { return portable.FieldsOn(string(e), p) }
func (elsewhere) States(sock.Protocol) sock.StateSet  { return 0 }
func (elsewhere) Open(*sock.Environment) sock.Session { return fakeSession{} }

// documented are the machines of the table in the documentation.
func documented(t *testing.T) (names []string, hosts []*Host) {
	t.Helper()
	add := func(name string, h *Host) { names, hosts = append(names, name), append(hosts, h) }
	for _, source := range []string{"sock_diag", "proc"} {
		h, err := Open(Options{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		h.chain.env.Namespace = namespace(1) // also where this test may not see its own
		add("Linux, "+source, h)
	}
	add("Windows", hostOf(iphlpapi.New()))
	add("macOS, FreeBSD", hostOf(elsewhere("darwin")))
	add("OpenBSD", hostOf(elsewhere("openbsd")))
	return names, hosts
}

// factTable is the table of facts as it must stand in the documentation.
func factTable(t *testing.T) string {
	names, hosts := documented(t)
	var b strings.Builder
	fmt.Fprintf(&b, "| member of the JSON | %s |\n|%s\n", strings.Join(names, " | "), strings.Repeat(" --- |", len(names)+1))
	row := func(name string, needs sock.Field) {
		fmt.Fprintf(&b, "| `%s` |", name)
		for _, h := range hosts {
			fmt.Fprintf(&b, " %s |", known(h, needs))
		}
		b.WriteString("\n")
	}
	for _, f := range fact.Members() {
		needs := f.Needs
		if strings.HasPrefix(f.Name, "listener_") {
			needs |= sock.FieldInode // by which it is searched
		}
		if needs != 0 && !f.Always {
			row(f.Name, needs)
		}
	}
	for _, f := range fact.Lookup("owners").Parts {
		if f.Needs != sock.FieldOwners && f.Words != "" {
			row("owners[]."+f.Member(), f.Needs)
		}
	}
	return b.String()
}

// known says of which protocols a machine knows a fact.
func known(h *Host, needs sock.Field) string {
	var have []string
	for p := range h.Protocols().All {
		if h.fieldsOf(p).Has(needs) {
			have = append(have, p.String())
		}
	}
	switch len(have) {
	case 0:
		return "-"
	case h.Protocols().Len():
		return "yes"
	}
	return strings.Join(have, " ")
}

// TestDocFacts: the documentation says of every fact where it exists, as the
// sources do. With SOCKEYE_TEST_UPDATE=1 the test writes the table anew.
func TestDocFacts(t *testing.T) {
	text, err := os.ReadFile(platformsFile)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- facts: from the sources -->\n", "<!-- end of facts -->\n"
	before, rest, ok1 := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the marks around the table are missing")
	}
	want := factTable(t)
	if table == want {
		return
	}
	if os.Getenv("SOCKEYE_TEST_UPDATE") == "" {
		t.Fatalf("the table of facts is not that of the sources; run this test with SOCKEYE_TEST_UPDATE=1. Want:\n%s", want)
	}
	if err := os.WriteFile(platformsFile, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
