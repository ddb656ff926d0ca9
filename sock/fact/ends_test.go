package fact

import (
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestUnnamed: unix sockets without a name are told apart by their inodes, and stand
// behind those that have one.
func TestUnnamed(t *testing.T) {
	unix := func(path string, inode uint64) *sock.Socket {
		return &sock.Socket{Known: sock.FieldPath | sock.FieldInode, Protocol: sock.Unix, Family: sock.FamilyUnix, Path: path, Inode: inode}
	}
	tcp := &sock.Socket{Known: sock.FieldInode, Protocol: sock.TCP, Family: sock.IPv4, Inode: 7}
	accepted := unix("", 0) // has no inode yet
	all := []*sock.Socket{unix("", 12), unix("/run/a", 3), unix("", 9), unix("\x00b", 4)}
	slices.SortFunc(all, compareLocal)
	var texts []string
	for _, s := range all {
		texts = append(texts, LocalText(s))
	}
	if got := strings.Join(texts, " "); got != "@b /run/a #9 #12" {
		t.Error(got)
	}
	if got := LocalText(tcp) + LocalText(accepted); got != "" || hasLocal(accepted) {
		t.Errorf("%q for sockets without a name and an inode", got)
	}
}
