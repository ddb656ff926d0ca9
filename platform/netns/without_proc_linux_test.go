package netns

import (
	"path/filepath"
	"testing"
)

// TestListWithoutProc: where nothing is mounted on the place of the proc file system, or
// it shows no processes, namespaces are missing, and List says so.
func TestListWithoutProc(t *testing.T) {
	empty := t.TempDir()
	for name, proc := range map[string]string{"no directory": filepath.Join(empty, "none"), "empty": empty} {
		if _, err := List(proc, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := List("/proc", nil); err != nil {
		t.Errorf("/proc: %v", err)
	}
}
