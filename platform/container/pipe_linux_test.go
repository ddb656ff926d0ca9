package container

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipe: what is no regular file is not opened, which would wait for a writer.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if data := read(path); data != nil {
		t.Errorf("read %q", data)
	}
}
