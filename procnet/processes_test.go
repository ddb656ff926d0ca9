package procnet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseParent(t *testing.T) {
	for _, name := range hostileComms {
		comm, parent, ok := parseParent([]byte(statLine(77, name, 123456)))
		if !ok || string(comm) != name || parent != 1 {
			t.Errorf("%q: got %q, %d, %v", name, comm, parent, ok)
		}
	}
	for _, bad := range []string{"", "77", "77 (cat", "77 cat) S 1 1", ")(", "77 (cat)", "77 (cat) S", "77 (cat) S 1", "77 (cat) S -1 2", "77 (cat) S 99999999999 2"} {
		if comm, parent, ok := parseParent([]byte(bad)); ok {
			t.Errorf("%q: got %q, %d", bad, comm, parent)
		}
	}
}

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

func FuzzParseParent(f *testing.F) {
	f.Add([]byte(statLine(77, "cat", 1)))
	f.Add([]byte(statLine(1, ") S 1 1 1", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		comm, parent, ok := parseParent(b)
		if ok && (len(comm) > len(b) || parent > 1<<31) {
			t.Errorf("%q: %q, %d", b, comm, parent)
		}
	})
}
