package livetest

import (
	"testing"
)

// unconnected are our words for ss's UNCONN.
var unconnected = map[string]bool{"UNCONNECTED": true, "CLOSED": true, "BOUND": true}

// factsOf reads a socket of the JSON in the words that ss has for it.
func factsOf(t *testing.T, r record) facts {
	t.Helper()
	local, err := endOf(r.LocalAddress, r.LocalPort)
	if err != nil {
		t.Error(err)
	}
	remote, err := endOf(r.RemoteAddress, r.RemotePort)
	if err != nil {
		t.Error(err)
	}
	f := facts{protocol: r.Protocol, family: r.Family, state: r.State,
		local: endText(local), remote: endText(remote), device: orNone(deref(r.Interface)),
		recv: number(r.RecvQueue), send: number(r.SendQueue), backlog: number(r.Backlog),
		inode: number(r.Inode), uid: number(r.UID), v6only: "-", mark: "-", cookie: orNone(deref(r.Cookie))}
	if unconnected[r.State] {
		f.state = "UNCONN"
	}
	// ss tells it of sockets that wait for others only.
	if r.V6Only != nil && (f.state == "UNCONN" || f.state == "LISTEN") {
		f.v6only = map[bool]string{true: "1", false: "0"}[*r.V6Only]
	}
	if deref(r.Mark) != 0 {
		f.mark = number(r.Mark)
	}
	if r.Protocol == "unix" {
		f.kind, f.path, f.peer, f.uid = deref(r.Type), plainPath(deref(r.LocalPath)), number(r.PeerInode), "-"
	}
	var texts []string
	for _, o := range r.Owners {
		texts = append(texts, holder(o.PID, o.FD, o.Process))
	}
	f.owners = holders(texts)
	checkOwnerMembers(t, r)
	return f
}

// checkOwnerMembers holds the members about owners against each other.
func checkOwnerMembers(t *testing.T, r record) {
	t.Helper()
	if len(r.Owners) == 0 {
		if r.PID != nil || r.Process != nil || deref(r.OwnerStatus) == "known" {
			t.Errorf("a socket without owners has pid %v, status %v: %s", deref(r.PID), deref(r.OwnerStatus), nameOf(r))
		}
		return
	}
	first := r.Owners[0]
	if deref(r.PID) != first.PID || deref(r.Process) != first.Process || deref(r.OwnerStatus) != "known" {
		t.Errorf("pid %d, process %q, status %q, first owner %v: %s",
			deref(r.PID), deref(r.Process), deref(r.OwnerStatus), first, nameOf(r))
	}
	for i, o := range r.Owners[1:] {
		if p := r.Owners[i]; o.PID < p.PID || o.PID == p.PID && o.FD < p.FD {
			t.Errorf("owners are not sorted: %v: %s", r.Owners, nameOf(r))
		}
	}
}

// nameOf names a socket in a message.
func nameOf(r record) string {
	return r.Protocol + " " + deref(r.LocalAddress) + deref(r.LocalPath) + " " + r.State + " inode " + number(r.Inode)
}
