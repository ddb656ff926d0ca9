package winetest

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// testTable: people see the same words as elsewhere, and no column that this
// system cannot fill.
func testTable(t *testing.T, p program) {
	got := p.run(t, "-t")
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	if header := strings.Fields(lines[0]); strings.Join(header, " ") != "PROTO STATE LOCAL REMOTE PID PROCESS" {
		t.Errorf("header %q", header)
	}
	m := p.find(t, "ipv4", "ESTABLISHED")
	want := fmt.Sprintf("tcp ESTABLISHED %v %v %d %s", m.Local, m.Remote, m.PID, HolderName)
	found := false
	for _, line := range lines {
		found = found || strings.Join(strings.Fields(line), " ") == want
	}
	if !found || strings.Contains(got.stdout, "\r") || strings.Contains(got.stdout, "\x1b") || got.status != 0 {
		t.Errorf("no line %q, or what belongs to a terminal, exit status %d\n%s", want, got.status, got.stdout)
	}
}

// testColor: a pipe gets colour only if it is told to.
func testColor(t *testing.T, p program) {
	for when, want := range map[string]bool{"always": true, "auto": false, "never": false} {
		if got := p.run(t, "-a", "--color", when); strings.Contains(got.stdout, "\x1b[") != want || got.status != 0 {
			t.Errorf("--color %s: %q", when, got.stdout)
		}
	}
}

func testFormats(t *testing.T, p program) {
	got := p.run(t, "-tl", "--csv", "-C", "protocol,local_address,local_port,state")
	rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][2] != "local_port" {
		t.Errorf("%v, %v", rows, err)
	}
	listeners := p.count(func(m Held) bool { return m.State == "LISTEN" })
	if got := p.run(t, "-t", "-l", "--count"); got.stdout != strconv.Itoa(listeners)+"\n" {
		t.Errorf("%d listeners, counted %q", listeners, got.stdout)
	}
	if got := p.run(t, "-a", "--ndjson"); strings.Count(got.stdout, "\n{")+1 != len(p.made) {
		t.Errorf("%d sockets in lines:\n%s", len(p.made), got.stdout)
	}
	pid := strconv.Itoa(p.find(t, "ipv4", "ESTABLISHED").PID)
	if got := p.run(t, "--pids"); got.stdout != pid+"\n" {
		t.Errorf("PIDs %q, want %s", got.stdout, pid)
	}
	if got := p.run(t, "-t", "-e"); got.status != 0 || strings.Contains(got.stdout, "INODE") {
		t.Errorf("-e: exit status %d\n%s", got.status, got.stdout)
	}
}

func testPort(t *testing.T, p program) {
	l := p.find(t, "ipv4", "LISTEN")
	port := strconv.Itoa(int(l.Local.Port()))
	if got := p.run(t, "port", port); !strings.HasPrefix(got.stdout, port+"/tcp ") || got.status != 0 {
		t.Errorf("port %s: exit status %d\n%s%s", port, got.status, got.stdout, got.stderr)
	}
	want := p.count(func(m Held) bool { return m.Local.Port() == l.Local.Port() })
	if doc := p.document(t, "port", port); len(doc.Sockets) != want {
		t.Errorf("%d sockets on port %s, want %d", len(doc.Sockets), port, want)
	}
	if got := p.run(t, "port", "1"); got.status != 1 || got.stdout != "" || got.stderr != "sockeye: nothing uses port 1\n" {
		t.Errorf("a port without sockets: %+v", got)
	}
}

func testFilters(t *testing.T, p program) {
	m := p.find(t, "ipv4", "ESTABLISHED")
	for _, c := range []struct {
		filter string
		wanted func(Held) bool
	}{
		{"state established", func(h Held) bool { return h.State == "ESTABLISHED" }},
		{"sport = " + strconv.Itoa(int(m.Local.Port())), func(h Held) bool { return h.Local.Port() == m.Local.Port() }},
		{"family = ipv6 and not state listen", func(h Held) bool { return h.Protocol == "tcp" && h.Family == "ipv6" && h.State != "LISTEN" }},
		{"pid = " + strconv.Itoa(m.PID) + " and state fin-wait-2", func(h Held) bool { return h.Family == "ipv4" && h.State == "FIN_WAIT_2" }},
	} {
		want := p.count(c.wanted)
		if got := p.run(t, append([]string{"-t", "-a", "--count"}, strings.Fields(c.filter)...)...); got.stdout != strconv.Itoa(want)+"\n" || want == 0 {
			t.Errorf("%s: %q, want %d\n%s", c.filter, got.stdout, want, got.stderr)
		}
	}
	if got := p.run(t, "dprot", "=", "443"); got.status != 2 || !strings.Contains(got.stderr, "dport") {
		t.Errorf("a mistake: %+v", got)
	}
	if got := p.run(t, "-q", "sport", "=", "1"); got.status != 1 || got.stdout != "" {
		t.Errorf("nothing: %+v", got)
	}
}

func testProcess(t *testing.T, p program) {
	for _, words := range [][]string{
		{"process", HolderName}, {"process", "holder"}, {"process", "HOLDER"}, {"process", "Holder.EXE"}, {"process", "h*DER"}, {"-a", "process", "=", "Holder"},
	} {
		if doc := p.document(t, words...); len(doc.Sockets) != 4 || doc.Sockets[0].Process != HolderName {
			t.Errorf("%v: %d sockets", words, len(doc.Sockets))
		}
	}
	for word, want := range map[string]string{
		"nosuch": "sockeye: no process is called nosuch\n", "999999": "sockeye: there is no process 999999\n",
	} {
		if got := p.run(t, "process", word); got.status != 1 || got.stderr != want {
			t.Errorf("process %s: %+v", word, got)
		}
	}
	// Wine may have started it twice on a busy machine.
	idle := `^sockeye: (services\.exe\[\d+\] holds no socket|none of the 2 processes SERVICES holds a socket)\n$`
	if got := p.run(t, "process", "SERVICES"); got.status != 1 || !regexp.MustCompile(idle).MatchString(got.stderr) {
		t.Errorf("a process of Wine's without sockets: %+v", got)
	}
	if got := p.run(t, "process", "hold", "--count"); got.status != 1 || got.stdout != "0\n" {
		t.Errorf("a part of a name: %+v", got)
	}
	doc := p.document(t, "--no-processes", "-a")
	for _, s := range doc.Sockets {
		if s.PID != 0 || s.OwnerStatus != "not_searched" && s.OwnerStatus != "time_wait" {
			t.Errorf("owners are not wanted: %+v", s)
		}
	}
	if doc.OwnerSource != "none" || len(doc.Sockets) != len(p.made) {
		t.Errorf("%d sockets, owners from %q", len(doc.Sockets), doc.OwnerSource)
	}
}

// testRefusals: what has no meaning is an error that names the system.
func testRefusals(t *testing.T, p program) {
	for _, args := range []string{
		"-x", "-w", "-U", "--icmp", "-f unix", "-A raw", "-B", "state bound", "-T", "-o", "-m", "-i", "--tos",
		"-C inode", "--sort recv_queue", "--group-by user", "inode = 5", "rtt > 5ms", "fwmark = 1", "protocol = unix",
		"--owners proc", "--owners bpf", "--source sock_diag", "--dump x", "process 1 -x",
		"-u --connected", "-u state established", "-u dst 10.0.0.1",
	} {
		got := p.run(t, strings.Fields(args)...)
		if got.status != 2 || got.stdout != "" || !strings.HasPrefix(got.stderr, "sockeye: ") ||
			!strings.Contains(got.stderr, "on Windows") || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if got := p.run(t, "-u", "port", ">", "1", "--count"); got.stdout != "2\n" {
		t.Errorf("either port of datagram sockets: %+v", got)
	}
	if doc := p.document(t, "-A", "all", "-a"); len(doc.Sockets) != len(p.made) {
		t.Errorf("-A all: %d sockets, %d made", len(doc.Sockets), len(p.made))
	}
	if got := p.run(t, "cgroup", "=", "/x"); got.status != 2 || got.stdout != "" {
		t.Errorf("a control group: %+v", got)
	}
}

// testKill: SetTcpEntry of Wine 8 says that it closed a connection and does
// not, so what is seen is what is asked of it.
func testKill(t *testing.T, p program) {
	four, six, l := p.find(t, "ipv4", "ESTABLISHED"), p.find(t, "ipv6", "ESTABLISHED"), p.find(t, "ipv4", "LISTEN")
	for _, c := range []struct {
		port   uint16
		states string
		result string
		status int
		said   string
	}{
		{four.Local.Port(), "-a", "closed", 0, ""},
		// Wine 8 says PID 0 of these: who holds them is not known.
		{six.Local.Port(), "-a", "failed", 3, "the kernel itself may hold it"},
		{l.Local.Port(), "-l", "failed", 3, "the kernel itself may hold it"},
	} {
		got := p.run(t, "-K", "--yes", "--json", "-t", c.states, "sport", "=", strconv.Itoa(int(c.port)))
		var doc document
		if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
			t.Fatalf("%v\n%+v", err, got)
		}
		if got.status != c.status || len(doc.Sockets) != 1 || doc.Sockets[0].Result != c.result || !strings.Contains(got.stderr, c.said) {
			t.Errorf("port %d, want %s: %+v", c.port, c.result, got)
		}
	}
	if got := p.run(t, "-K", "--yes", "sport", "=", "1"); got.status != 1 {
		t.Errorf("nothing to close: %+v", got)
	}
	for _, args := range []string{"-K", "-K sport = 1", "-K --yes sport = 1 --no-processes", "-K --yes sport = 1 --limit 1", "-K --yes sport = 1 --group-by state"} {
		if got := p.run(t, strings.Fields(args)...); got.status != 2 || got.stdout != "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// testSnapshot reads a snapshot of Linux, with what this system does not have.
func testSnapshot(t *testing.T, p program) {
	name := "../../cli/testdata/snapshot/web.json"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	cmd := p.rig.Command(ctx, p.path, "--from", "-", "-x", "--count")
	cmd.Stdin = strings.NewReader(string(text))
	if out, err := p.rig.Output(cmd); err != nil || string(out) == "0\n" {
		t.Errorf("%q, %v", out, err)
	}
}
