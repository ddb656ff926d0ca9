package livetest

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// facts are what two listings say of a socket, in words that both have: each
// fact is a text, "-" where it is not told. They are compared as lines.
type facts struct {
	protocol, family, state string
	local, remote           string
	device, v6only, mark    string
	recv, send, backlog     string
	inode, uid, cookie      string
	path, peer, kind        string
	owners                  string
}

// line writes the facts in an order that puts the two views of one socket side
// by side when lines are sorted.
func (f facts) line() string {
	parts := []string{f.protocol, f.family, "ino=" + f.inode, f.local + "%" + f.device, f.remote, f.state,
		"recv=" + f.recv, "send=" + f.send, "backlog=" + f.backlog, "uid=" + f.uid, "owners=" + f.owners}
	if f.protocol == "unix" {
		parts = append(parts, "type="+f.kind, "peer="+f.peer, fmt.Sprintf("path=%q", f.path))
	} else {
		parts = append(parts, "v6only="+f.v6only, "mark="+f.mark, "cookie="+f.cookie)
	}
	return strings.Join(parts, " ")
}

func endText(addr netip.AddrPort) string {
	if !addr.IsValid() {
		return "-"
	}
	return addr.String()
}

// remoteText is endText where 0.0.0.0 and :: with no port are no peer.
func remoteText(addr netip.AddrPort) string {
	if addr.Addr().IsUnspecified() && addr.Port() == 0 {
		return "-"
	}
	return endText(addr)
}

func holder(pid, fd int, comm string) string { return fmt.Sprintf("%d/%d/%s", pid, fd, comm) }

func holders(texts []string) string {
	if len(texts) == 0 {
		return "-"
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

func number[T ~uint64 | ~uint32](p *T) string {
	if p == nil {
		return "-"
	}
	return strconv.FormatUint(uint64(*p), 10)
}

// orNone is the text, or "-" where there is none.
func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// plainPath returns a path that every listing writes in the same way, and a mark
// for others: what is shown of them is another test's matter.
func plainPath(path string) string {
	if path == "" || path == "*" {
		return "-"
	}
	for _, r := range path {
		if r < ' ' || r > '~' {
			return "(not plain)"
		}
	}
	return path
}
