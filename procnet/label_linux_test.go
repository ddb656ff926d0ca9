package procnet

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// TestSocketLabel: the attribute of what the descriptor leads to. A file stands for a
// socket that a security module labels; one that may not be labelled here has none.
func TestSocketLabel(t *testing.T) {
	root := t.TempDir()
	at, ofThread := filepath.Join(root, "812", "fd"), filepath.Join(root, "812", "task", "814", "fd")
	file, other := filepath.Join(root, "file"), filepath.Join(root, "other")
	if err := errors.Join(
		os.MkdirAll(at, 0o755), os.WriteFile(file, nil, 0o644), os.Symlink(file, filepath.Join(at, "3")),
		os.MkdirAll(ofThread, 0o755), os.WriteFile(other, nil, 0o644), os.Symlink(other, filepath.Join(ofThread, "3")),
	); err != nil {
		t.Fatal(err)
	}
	owner := sock.Owner{Process: &sock.Process{PID: 812}, FD: 3}
	if got := At(root).SocketLabel(owner); got != "" {
		t.Errorf("without a label: %q", got)
	}
	if err := unix.Setxattr(file, "security.selinux", []byte("system_u:object_r:http_t:s0\x00"), 0); err != nil {
		t.Logf("the label cannot be set here: %v", err)
		return
	}
	if got := At(root).SocketLabel(owner); got != "system_u:object_r:http_t:s0" {
		t.Errorf("with a label: %q", got)
	}
	owner.TID = 814 // whose table is its own
	if got := At(root).SocketLabel(owner); got != "" {
		t.Errorf("in the table of a thread, without a label: %q", got)
	}
}
