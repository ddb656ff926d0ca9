package procnet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProcesses leaves out what is no process and what has ended. Without process
// 1 others may be hidden as well.
func TestProcesses(t *testing.T) {
	fs := At(t.TempDir())
	for name, text := range map[string]string{"77": statLine(77, "a) (b", 42), "9": statLine(9, "init", 1), "self": "", "80": ""} {
		if err := os.Mkdir(filepath.Join(fs.root, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(fs.root, name, "stat"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, complete, err := fs.Processes()
	want := []Process{{77, 1, "a) (b"}, {9, 1, "init"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || complete {
		t.Errorf("complete %t, %v (-want +got):\n%s", complete, err, diff)
	}
	if err := os.Mkdir(filepath.Join(fs.root, "1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, complete, err := fs.Processes(); err != nil || !complete {
		t.Errorf("with process 1: complete %t, %v", complete, err)
	}
	if err := os.WriteFile(filepath.Join(fs.root, "80", "stat"), []byte("80 (cat"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fs.Processes(); err == nil {
		t.Error("a cut line is no error")
	}
}
