package fault

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	RunHelper()
	os.Exit(m.Run())
}

// TestFaults runs cat(1) over three files of which some cannot be opened.
func TestFaults(t *testing.T) {
	if os.Getenv("SOCKEYE_TEST_EMULATED") != "" {
		t.Skip("an emulated program cannot start itself again")
	}
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"a", "b", "c"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	in := func(names string) func(Call) bool { return On(filepath.Join(dir, names)) }
	for _, c := range []struct {
		name   string
		faults []Fault
		out    string
		status int
		hits   []int
		says   string
	}{
		{"none", nil, "abc", 0, nil, ""},
		{"not met", []Fault{{Call: "bpf", Errno: syscall.EPERM}}, "abc", 0, []int{0}, ""},
		{"one", []Fault{{Call: "openat", When: in("b"), Errno: syscall.EIO}}, "ac", 1, []int{1}, "b: Input/output error"},
		{"all but the first", []Fault{{Call: "openat", When: in("*"), After: 1, Errno: syscall.EMFILE}}, "a", 1, []int{2}, "c: Too many open files"},
		{"two", []Fault{
			{Call: "openat", When: in("a"), Errno: syscall.ENOMEM},
			{Call: "read", When: in("b"), Errno: syscall.EIO},
		}, "c", 1, []int{1, 1}, "a: Cannot allocate memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "cat", files...)
			cmd.Env = append(os.Environ(), "LC_ALL=C")
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			run, err := Start(cmd, c.faults...)
			if err != nil {
				t.Fatal(err)
			}
			hits, _, err := run.Wait()
			if err != nil {
				t.Error(err)
			}
			if out.String() != c.out || cmd.ProcessState.ExitCode() != c.status || !slices.Equal(hits, c.hits) || !strings.Contains(errs.String(), c.says) {
				t.Errorf("%q, exit status %d, %d calls failed, %q", out.String(), cmd.ProcessState.ExitCode(), hits, errs.String())
			}
		})
	}
}

func TestUnknownCall(t *testing.T) {
	if _, err := Start(exec.Command("cat"), Fault{Call: "execve"}); err == nil || !strings.Contains(err.Error(), "execve") {
		t.Error(err)
	}
}
