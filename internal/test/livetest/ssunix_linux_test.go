package livetest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// unixPopulation makes unix sockets with what ss -xme can show of them: files,
// connections that wait, queues, memory, directions that were shut down.
func unixPopulation(t *testing.T) {
	t.Helper()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	open := func(kind int) int {
		fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
		must("socket", err)
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	listener := open(unix.SOCK_STREAM)
	at := &unix.SockaddrUnix{Name: filepath.Join(t.TempDir(), "listener")}
	must("bind", unix.Bind(listener, at))
	must("listen", unix.Listen(listener, 7))
	for range 2 {
		must("connect", unix.Connect(open(unix.SOCK_STREAM), at))
	}
	gone, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must("socket", err)
	must("connect", unix.Connect(gone, at))
	must("close", unix.Close(gone))
	abstract := open(unix.SOCK_SEQPACKET)
	must("bind", unix.Bind(abstract, &unix.SockaddrUnix{Name: "@words"}))
	must("listen", unix.Listen(abstract, 3))
	lone := open(unix.SOCK_DGRAM)
	there := &unix.SockaddrUnix{Name: filepath.Join(t.TempDir(), "datagrams")}
	must("bind", unix.Bind(lone, there))
	must("sendto", unix.Sendto(open(unix.SOCK_DGRAM), make([]byte, 200), 0, there))
	for _, how := range []int{-1, unix.SHUT_RD, unix.SHUT_WR, unix.SHUT_RDWR} {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must("socketpair", err)
		t.Cleanup(func() { unix.Close(pair[0]); unix.Close(pair[1]) })
		must("write", writeAll(pair[0], 1000))
		if how >= 0 {
			must("shutdown", unix.Shutdown(pair[0], how))
		}
	}
}

// ssUnixRow is what ss -xme prints of a socket, or would: the columns, and the
// words behind them by their names.
func ssUnixRow(line string) (inode string, words map[string]string, err error) {
	fields := strings.Fields(line)
	if len(fields) < 8 {
		return "", nil, fmt.Errorf("ss: %q has %d columns", line, len(fields))
	}
	words = map[string]string{}
	for i, name := range []string{"Netid", "State", "Recv-Q", "Send-Q", "path", "inode", "*", "peer"} {
		words[name] = fields[i]
	}
	for i := 8; i < len(fields); i++ {
		name, value, named := strings.Cut(fields[i], ":")
		if name == "peers" {
			var peers []string
			for _, peer := range fields[i+1:] {
				if peer != "0" { // one that was closed
					peers = append(peers, peer)
				}
			}
			words[name] = strings.Join(peers, " ")
			break
		}
		if !named {
			name, value = "arrows", fields[i]
		}
		words[name] = value
	}
	return fields[5], words, nil
}

// ourUnixRow is the same from the JSON.
func ourUnixRow(socket map[string]any) map[string]string {
	w := ssWriter{socket: socket}
	text := func(path string) string { return strconv.FormatFloat(w.n(path), 'f', 0, 64) }
	state := map[string]string{"ESTABLISHED": "ESTAB", "LISTEN": "LISTEN", "CLOSED": "UNCONN", "UNCONNECTED": "UNCONN"}
	words := map[string]string{
		"Netid": map[string]string{"stream": "u_str", "dgram": "u_dgr", "seqpacket": "u_seq"}[textMember(socket, "type")],
		"State": state[textMember(socket, "state")], "Recv-Q": text("recv_queue"), "Send-Q": text("send_queue"),
		"path": orStar(textMember(socket, "local_path")), "inode": text("inode"), "*": "*", "peer": text("peer_inode"),
		"arrows": ssArrows[textMember(socket, "shutdown")],
	}
	if socket["state"] == "LISTEN" {
		words["Send-Q"] = text("backlog")
	}
	w.memory()
	words["skmem"] = w.words[0].value
	if device := textMember(socket, "file.device"); device != "" {
		var major, minor uint32
		if _, err := fmt.Sscanf(device, "%d:%d", &major, &minor); err != nil {
			return nil
		}
		// ss prints the kernel's dev_t as if it were that of stat(2).
		dev := uint64(major<<20 | minor)
		words["ino"], words["dev"] = text("file.inode"), fmt.Sprintf("%d/%d", unix.Major(dev), unix.Minor(dev))
	}
	if pending, ok := socket["pending"].([]any); ok {
		var peers []string
		for _, p := range pending {
			peers = append(peers, fmt.Sprint(p))
		}
		words["peers"] = strings.Join(peers, " ")
	}
	return words
}

func orStar(path string) string {
	if path == "" {
		return "*"
	}
	return path
}

// TestUnixTokensOfSS: every word that ss -xme prints has its member in the JSON.
func TestUnixTokensOfSS(t *testing.T) {
	if !population.Alone(t, "ss") {
		return
	}
	unixPopulation(t)
	out, err := exec.Command("ss", "-H", "-O", "-n", "-a", "-x", "-m", "-e").Output()
	if err != nil {
		t.Fatalf("ss: %v", err)
	}
	ours := map[string]map[string]string{}
	for _, socket := range decodeAny(t, list(t, "--ndjson", "-axme", "--no-processes")) {
		words := ourUnixRow(socket)
		ours[words["inode"]] = words
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		inode, words, err := ssUnixRow(line)
		if err != nil {
			t.Fatal(err)
		}
		for name := range ours[inode] {
			seen[name+" "+words["arrows"]] = true
			if words[name] != ours[inode][name] {
				t.Errorf("inode %s, %s: %q, ss says %q\n%s", inode, name, ours[inode][name], words[name], line)
			}
		}
		if len(words) != len(ours[inode]) {
			t.Errorf("inode %s: %v, ss says %v", inode, ours[inode], words)
		}
		delete(ours, inode)
	}
	if len(ours) > 0 {
		t.Errorf("ss lists none of %v", ours)
	}
	for _, want := range []string{"ino <->", "dev <->", "peers <->", "skmem <->", "arrows ---", "arrows -->", "arrows <--"} {
		if !seen[want] {
			t.Errorf("no socket had %s", want)
		}
	}
}
