package livetest

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// TestTIPCBesideSS writes each of our rows as ss does, and compares them.
func TestTIPCBesideSS(t *testing.T) {
	if !population.Alone(t, "ss", "ip") {
		return
	}
	set, err := population.Transports()
	keep(t, set, err)
	if !holds(set, population.TIPC) {
		absent(t, population.TIPC)
		return
	}
	out, err := exec.Command("ss", "-HnaeO", "--tipc", "--tipcinfo").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(out)) {
		want = append(want, strings.Join(strings.Fields(line), " "))
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(list(t, "--json", "-a", "--tipc")), &struct{ Sockets *[]map[string]any }{&rows}); err != nil {
		t.Fatal(err)
	}
	// Newer ones tell no inode and no cookie.
	details := strings.Contains(string(out), " ino:")
	for _, r := range rows {
		line := tipcLine(r)
		if !details {
			line = inodeAndCookie.ReplaceAllString(line, "")
		}
		got = append(got, line)
	}
	if diff := lineDiff(want, got); diff != "" || len(want) < 6 {
		t.Errorf("sockeye differs from ss (-ss +sockeye):\n%s", diff)
	}
}

var inodeAndCookie = regexp.MustCompile(` (uid:\d+ )?ino:\d+ sk:[0-9a-f]+`)

// tipcLine is a socket of ours as ss writes it.
func tipcLine(r map[string]any) string {
	part := func(name string) string { return detailOf(r, "tipc."+name) }
	state := map[string]string{"LISTEN": "LISTEN", "ESTABLISHED": "ESTAB", "UNCONNECTED": "UNCONN", "CLOSED": "UNCONN"}[fmt.Sprint(r["state"])]
	remote := "-"
	if part("peer_ref") != "-" {
		remote = part("peer_node") + ":" + part("peer_ref")
	}
	send, known := r["send_queue"]
	if !known {
		send = 0 // of a listener it is none
	}
	line := fmt.Sprintf("%s %v %v %s:%s %s ino:%.0f sk:%s", state, r["recv_queue"], send, part("local_node"), part("local_ref"), remote, r["inode"], r["cookie"])
	if uid := fmt.Sprint(r["uid"]); uid != "0" {
		line = strings.Replace(line, " ino:", " uid:"+uid+" ino:", 1)
	}
	congested := "none"
	switch {
	case part("link_congested") == "true":
		congested = "link"
	case part("connection_congested") == "true":
		congested = "conn"
	}
	line += fmt.Sprintf(" type:%s cong:%s drop:%s", strings.ToUpper(fmt.Sprint(r["type"])), congested, part("drops"))
	if part("published") == "true" {
		line += " publ"
	}
	if part("service_type") != "-" {
		line += fmt.Sprintf(" via {%s,%s}", part("service_type"), part("service_instance"))
	}
	return line
}

// TestSMCModes: a connection goes through TCP where there is no device for SMC, and
// says why; another says its buffers.
func TestSMCModes(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	set, err := population.Transports()
	keep(t, set, err)
	if !holds(set, population.SMC) {
		absent(t, population.SMC)
		return
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(list(t, "--json", "-i", "--smc", "state", "established")), &struct{ Sockets *[]map[string]any }{&rows}); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		switch mode := detailOf(r, "smc_info.mode"); mode {
		case "fallback_tcp":
			if reason := detailOf(r, "smc_info.fallback_reason"); reason == "0" || reason == "-" {
				t.Errorf("fell back for no reason: %v", r)
			}
		case "smc_d", "smc_r":
			if size := detailOf(r, "smc_info.sndbuf_size_bytes"); size == "0" || size == "-" {
				t.Errorf("no send buffer: %v", r)
			}
		default:
			t.Errorf("mode %s: %v", mode, r)
		}
		if detailOf(r, "smc_info.state") != "active" {
			t.Errorf("%v", r)
		}
	}
	if len(rows) != 4 {
		t.Errorf("%d connections", len(rows))
	}
}
