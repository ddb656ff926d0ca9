package winetest

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sockeye/internal/test/population"
)

// program is sockeye.exe in a rig with a population.
type program struct {
	rig  *Rig
	path string
	made []Held
}

// outcome is what a run of sockeye.exe left.
type outcome struct {
	stdout, stderr string
	status         int
}

// listed is a socket of the JSON.
type listed struct {
	Protocol, Family, State string
	LocalAddress            netip.Addr `json:"local_address"`
	LocalPort               uint16     `json:"local_port"`
	RemoteAddress           netip.Addr `json:"remote_address"`
	RemotePort              uint16     `json:"remote_port"`
	PID                     int
	Process                 string
	OwnerStatus             string `json:"owner_status"`
	Result                  string
	Owners                  []struct {
		Exe, Cmdline, User string
		StartedAt          string `json:"started_at"`
		UID                *uint32
	}
}

type document struct {
	Source      string
	OwnerSource string `json:"owner_source"`
	Complete    bool
	Warnings    []any
	Sockets     []listed
}

// TestProgram runs the real windows/amd64 program beside a program with
// listeners and connections.
func TestProgram(t *testing.T) {
	if !population.Long() {
		t.Skip("a Wine prefix takes some 20 seconds: SOCKEYE_TEST_REQUIRE=all runs it")
	}
	rig := New(t)
	p := program{rig: rig, path: Build(t, "sockeye"), made: rig.Hold(t)}
	for _, c := range []struct {
		name string
		test func(*testing.T, program)
	}{
		{"document", testDocument}, {"portable", testPortable}, {"order", testOrder}, {"table", testTable}, {"color", testColor},
		{"formats", testFormats}, {"port", testPort}, {"filters", testFilters}, {"process", testProcess},
		{"refusals", testRefusals}, {"kill", testKill}, {"snapshot", testSnapshot}, {"closed pipe", testClosedPipe}, {"tests of packages", testPackages},
		{"time wait", testTimeWait}, {"free", testFree}, {"wait", testWait}, {"end", testEnd},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, p) })
	}
}

func (p program) run(t *testing.T, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	stdout, err := p.rig.Output(p.rig.Command(ctx, p.path, args...))
	var exit *exec.ExitError
	out := outcome{stdout: string(stdout)}
	switch {
	case errors.As(err, &exit):
		out.status = exit.ExitCode()
		_, out.stderr, _ = strings.Cut(err.Error(), "\n")
	case err != nil:
		t.Fatal(err)
	}
	return out
}

func (p program) document(t *testing.T, args ...string) document {
	t.Helper()
	got := p.run(t, append(args, "--json")...)
	var doc document
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil || got.status != 0 {
		t.Fatalf("%v: %v, exit status %d\n%s%s", args, err, got.status, got.stdout, got.stderr)
	}
	return doc
}

func testDocument(t *testing.T, p program) {
	doc := p.document(t, "-a")
	if doc.Source != "iphlpapi" || doc.OwnerSource != "iphlpapi" || !doc.Complete || len(doc.Warnings) != 0 {
		t.Errorf("%+v", doc)
	}
	checkSockets(t, p, doc)
	text := p.run(t, "-a", "--json").stdout
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(schemaFile); err != nil {
		t.Fatal(err)
	}
	if err := jsonschema.NewCompiler().MustCompile(schemaFile).Validate(value); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

const schemaFile = "../../../docs/json-schema.json"

// checkSockets looks for what was made, and for nothing else, among what is
// listed.
func checkSockets(t *testing.T, p program, doc document) {
	t.Helper()
	if len(doc.Sockets) != len(p.made) {
		t.Errorf("%d sockets listed, %d made", len(doc.Sockets), len(p.made))
	}
	owned := 0
	for _, m := range p.made {
		found := false
		for _, s := range doc.Sockets {
			if s.Protocol != m.Protocol || s.Family != m.Family || netip.AddrPortFrom(s.LocalAddress, s.LocalPort) != m.Local ||
				netip.AddrPortFrom(s.RemoteAddress, s.RemotePort) != m.Remote {
				continue
			}
			found = true
			owned += checkOwner(t, m, s, doc.Source)
			if s.State != m.State {
				t.Errorf("%+v is %s", m, s.State)
			}
		}
		if !found {
			t.Errorf("not listed: %+v", m)
		}
	}
	// Wine 8 tells the process of a connected IPv4 socket that was never
	// listening, and PID 0 of all others.
	if owned < 4 {
		t.Errorf("%d owners are told", owned)
	}
}

// checkOwner returns 1 if the owner is told.
func checkOwner(t *testing.T, m Held, s listed, source string) int {
	t.Helper()
	switch {
	case s.PID == 0:
		// Wine 8 says PID 0 of most sockets, and what follows from it is said.
		want := "no_descriptor"
		if m.State == "FIN_WAIT_2" {
			want = "orphaned"
		}
		if source == "iphlpapi" && s.OwnerStatus != want || len(s.Owners) != 0 {
			t.Errorf("%+v: %s without an owner", m, s.OwnerStatus)
		}
	default:
		if s.PID != m.PID || s.Process != HolderName || s.OwnerStatus != "known" || len(s.Owners) != 1 {
			t.Fatalf("%+v: %s[%d] %s", m, s.Process, s.PID, s.OwnerStatus)
		}
		if o := s.Owners[0]; !strings.HasSuffix(o.Exe, `\`+HolderName) || !strings.Contains(o.Cmdline, HolderName) ||
			!strings.Contains(o.User, `\`) || o.StartedAt == "" || o.UID != nil {
			t.Errorf("%+v: facts %+v", m, o)
		}
		return 1
	}
	return 0
}

// testPortable lists the same through the other source.
func testPortable(t *testing.T, p program) {
	doc := p.document(t, "-a", "--source", "portable")
	if doc.Source != "portable" || doc.OwnerSource != "portable" {
		t.Errorf("source %q, owners %q", doc.Source, doc.OwnerSource)
	}
	checkSockets(t, p, doc)
}

// testOrder: protocol by protocol, what listens before the rest.
func testOrder(t *testing.T, p program) {
	rank := func(s listed) int {
		n := 0
		if s.Protocol == "udp" {
			n = 2
		}
		if s.State != "LISTEN" && s.State != "UNCONNECTED" {
			n++
		}
		return n
	}
	last := 0
	for _, s := range p.document(t, "-a").Sockets {
		if r := rank(s); r < last {
			t.Errorf("%+v stands too late", s)
		} else {
			last = r
		}
	}
}

func (p program) find(t *testing.T, family, state string) Held {
	t.Helper()
	for _, m := range p.made {
		if m.Protocol == "tcp" && m.Family == family && m.State == state {
			return m
		}
	}
	t.Fatalf("no %s %s was made", family, state)
	return Held{}
}

func (p program) count(wanted func(Held) bool) (n int) {
	for _, m := range p.made {
		if wanted(m) {
			n++
		}
	}
	return n
}
