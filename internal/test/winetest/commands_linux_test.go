package winetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// testFree: a port that is used, and one that is not.
func testFree(t *testing.T, p program) {
	used := p.find(t, "ipv4", "LISTEN").Local.Port()
	for _, c := range []struct {
		args   string
		want   string
		status int
	}{
		{"1", "1\n", 0},
		{fmt.Sprint(used, " 1"), "1\n", 0},
		{fmt.Sprint(used), "", 1},
		{fmt.Sprint(used, " -q"), "", 1},
	} {
		if got := p.run(t, append([]string{"port", "--free"}, strings.Fields(c.args)...)...); got.stdout != c.want || got.status != c.status {
			t.Errorf("port --free %s: %+v", c.args, got)
		}
	}
}

// testWait: for what is there, for what is not, and for what comes.
func testWait(t *testing.T, p program) {
	used := strconv.Itoa(int(p.find(t, "ipv4", "LISTEN").Local.Port()))
	for _, c := range []struct {
		args   string
		status int
		said   string
	}{
		{"-l sport " + used + " --timeout 60", 0, ""},
		{"--gone -l sport 1 --timeout 60", 0, ""},
		{"-l sport 1 --timeout 0.1", 1, "sockeye: nothing matched within 100ms\n"},
		{"--gone -l sport " + used + " --timeout 0.1", 1, "sockeye: after 100ms a socket matches still\n"},
	} {
		if got := p.run(t, append([]string{"wait"}, strings.Fields(c.args)...)...); got.status != c.status || got.stdout != "" || got.stderr != c.said {
			t.Errorf("wait %s: %+v", c.args, got)
		}
	}
	// What comes while it waits.
	listen := func(at string) (l net.Listener) {
		err := p.rig.Do(func() (err error) {
			l, err = net.Listen("tcp4", at)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := listen("127.0.0.1:0")
	at := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	cmd := p.rig.Command(ctx, p.path, "wait", "-l", "src", at, "--json")
	var out strings.Builder
	cmd.Stdout = &out
	if err := p.rig.Start(cmd); err != nil {
		t.Fatal(err)
	}
	defer listen(at).Close()
	var doc document
	if err := cmd.Wait(); err != nil || json.Unmarshal([]byte(out.String()), &doc) != nil || len(doc.Sockets) != 1 || doc.Sockets[0].State != "LISTEN" {
		t.Errorf("%v: %s", err, out.String())
	}
}

// testEnd ends the holder, by the connection of which Wine 8 tells the process, and so
// is the last: its handle takes the place of a pidfd.
func testEnd(t *testing.T, p program) {
	four, l := p.find(t, "ipv4", "ESTABLISHED"), p.find(t, "ipv4", "LISTEN")
	words := []string{"kill", "-t", "-a", "sport", "=", strconv.Itoa(int(four.Local.Port()))}
	if got := p.run(t, words...); got.status != 2 || !strings.Contains(got.stderr, "--yes ends processes without a question") {
		t.Errorf("without consent: %+v", got)
	}
	if got := p.run(t, "kill", strconv.Itoa(int(l.Local.Port())), "--yes"); got.status != 1 || !strings.Contains(got.stderr, "no process holds tcp "+l.Local.String()) {
		t.Errorf("a listener whose process Wine 8 does not tell: %+v", got)
	}
	if got := p.run(t, "kill", "1", "--yes"); got.status != 1 || got.stderr != "sockeye: nothing that listens matches; with -a connections count too\n" {
		t.Errorf("a free port: %+v", got)
	}
	name := fmt.Sprintf("%s[%d]", HolderName, four.PID)
	if got := p.run(t, append(words, "--dry-run")...); got.status != 0 || got.stdout != "would end  "+name+"  tcp "+four.Local.String()+"\n" {
		t.Errorf("--dry-run: %+v", got)
	}
	got := p.run(t, append(words, "--yes", "--json")...)
	var answer struct {
		Processes []struct {
			PID     int
			Process string
			Result  string
			Sockets []listed
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || got.status != 0 || got.stderr != "" || len(answer.Processes) != 1 {
		t.Fatalf("%v: %+v", err, got)
	}
	one := answer.Processes[0]
	if one.PID != four.PID || one.Process != HolderName || one.Result != "killed" || len(one.Sockets) != 1 ||
		netip.AddrPortFrom(one.Sockets[0].LocalAddress, one.Sockets[0].LocalPort) != four.Local {
		t.Errorf("%+v", one)
	}
	if got := p.run(t, "wait", "--gone", "-l", "sport", strconv.Itoa(int(l.Local.Port())), "--timeout", "60"); got.status != 0 {
		t.Errorf("what the process held is there still: %+v", got)
	}
	if got := p.run(t, "process", strconv.Itoa(four.PID)); got.status != 1 {
		t.Errorf("the process is there still: %+v", got)
	}
}
