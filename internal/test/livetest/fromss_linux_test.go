package livetest

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"sockeye/internal/test/livetest/sstext"
)

// stateOf has our words for ss's. UNCONN stands for three of ours.
var stateOf = map[string]string{
	"LISTEN": "LISTEN", "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECEIVED", "ESTAB": "ESTABLISHED",
	"FIN-WAIT-1": "FIN_WAIT_1", "FIN-WAIT-2": "FIN_WAIT_2", "CLOSE-WAIT": "CLOSE_WAIT", "CLOSING": "CLOSING",
	"LAST-ACK": "LAST_ACK", "TIME-WAIT": "TIME_WAIT", "UNCONN": "UNCONN",
}

var kindOf = map[string]string{"u_str": "stream", "u_dgr": "dgram", "u_seq": "seqpacket"}

// ssTables are the tables that ss and sockeye have in common, by the words of
// -A. A table that is added to the program joins here, and its sockets join
// [population.Parity].
var ssTables = []struct {
	protocol string
	table    sstext.Table
	// diagnosed reports whether sock_diag lists the table here; nil if every
	// kernel's does.
	diagnosed func(*testing.T) bool
}{
	{protocol: "tcp", table: sstext.TCP},
	{protocol: "udp", table: sstext.UDP},
	{protocol: "raw", table: sstext.Raw, diagnosed: diagnosesRaw},
	{protocol: "unix", table: sstext.Unix},
}

// askSS lists every socket of the tables with ss.
func askSS(t *testing.T) []facts {
	t.Helper()
	var all []facts
	for _, entry := range ssTables {
		all = append(all, askTable(t, entry.protocol, entry.table)...)
	}
	return all
}

// askTable lists every socket of a table with ss.
func askTable(t *testing.T, protocol string, table sstext.Table) []facts {
	t.Helper()
	out, err := exec.Command("ss", "-Hnaep", "-O", "-"+string(table)).Output()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sstext.Parse(strings.NewReader(string(out)), table)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]facts, len(rows))
	for i, row := range rows {
		all[i] = factsOfSS(row, protocol)
	}
	return all
}

func factsOfSS(r sstext.Row, protocol string) facts {
	f := facts{protocol: protocol, state: stateOf[r.State], device: orNone(r.Interface),
		local: endText(r.Local), remote: remoteText(r.Remote), mark: "-", cookie: orNone(r.Cookie),
		recv: strconv.FormatUint(r.RecvQ, 10), send: strconv.FormatUint(r.SendQ, 10),
		backlog: "-", inode: "-", uid: "-", v6only: orNone(r.V6Only), family: "ipv4"}
	if r.V6 {
		f.family = "ipv6"
	}
	if r.State == "LISTEN" {
		f.send, f.backlog = "-", f.send
	}
	if r.Inode != 0 {
		f.inode = strconv.FormatUint(r.Inode, 10)
		f.uid = strconv.FormatUint(uint64(r.UID), 10)
	}
	if r.Mark != 0 {
		f.mark = strconv.FormatUint(uint64(r.Mark), 10)
	}
	if r.Table == sstext.Unix {
		f.family, f.local, f.remote, f.uid = "unix", "-", "-", "-"
		f.kind, f.path, f.peer = kindOf[r.Netid], plainPath(r.Path), "-"
		if r.PeerInode != 0 {
			f.peer = strconv.FormatUint(r.PeerInode, 10)
		}
	}
	var texts []string
	for _, o := range r.Owners {
		texts = append(texts, holder(o.PID, o.FD, o.Comm))
	}
	f.owners = holders(texts)
	return f
}
