package livetest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

var allFormats = [][]string{{}, {"--json"}, {"--ndjson"}, {"--csv"}, {"--tsv"}, {"--template", "{{.inode}}"}, {"--sort", "inode"}}

// manySockets makes a listing that no buffer on its way can hold.
func manySockets(t *testing.T) {
	t.Helper()
	set, err := population.Mass(5000, false)
	keep(t, set, err)
}

// TestClosedPipe reads one line and closes the pipe, as head does.
func TestClosedPipe(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	manySockets(t)
	for _, format := range allFormats {
		t.Run(strings.Join(format, " "), func(t *testing.T) {
			cmd := sockeye(t, append([]string{"-t", "-a"}, format...)...)
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReaderSize(out, 16).ReadByte(); err != nil {
				t.Error(err)
			}
			out.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v, want exit status 0", err)
			}
			if errs.String() != "" {
				t.Errorf("standard error: %q", errs.String())
			}
		})
	}
}

// TestFullDisk writes to a device that has no room.
func TestFullDisk(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	manySockets(t)
	for _, format := range append(allFormats, []string{"--count"}, []string{"--group-by", "state"}, []string{"--help"}) {
		t.Run(strings.Join(format, " "), func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer full.Close()
			cmd := sockeye(t, append([]string{"-t", "-a"}, format...)...)
			cmd.Stdout = full
			got := run(t, cmd)
			if got.status != 3 {
				t.Errorf("exit status %d, want 3", got.status)
			}
			if lines := checkMessages(t, got.stderr); len(lines) != 1 || !strings.Contains(lines[0], "no space left") {
				t.Errorf("standard error: %q, want one line with the cause", got.stderr)
			}
		})
	}
}

// TestClosedOutput starts sockeye without a standard output, as >&- of a shell
// does. The runtime of Go opens /dev/null in its place before any of our code
// runs (runtime.checkfds), so the program cannot tell the two apart: the answer
// goes nowhere, and above all into no socket or file that got the free number.
func TestClosedOutput(t *testing.T) {
	if !population.Alone(t, "sh") {
		return
	}
	manySockets(t)
	for _, redirect := range []string{">&-", "<&- >&-", "<&- >&- 2>&-"} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `exec "$0" -t -a --json `+redirect, os.Getenv(binaryEnv))
		got := run(t, cmd)
		lines := checkMessages(t, got.stderr)
		if !(got.status == 0 && len(lines) == 0 || got.status == 3 && len(lines) == 1) {
			t.Errorf("%s: exit status %d, standard error %q", redirect, got.status, got.stderr)
		}
	}
}

// TestReadOnlyOutput gives a standard output that cannot be written.
func TestReadOnlyOutput(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	manySockets(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd := sockeye(t, "-t", "-a")
	cmd.Stdout = null
	got := run(t, cmd)
	if lines := checkMessages(t, got.stderr); got.status != 3 || len(lines) != 1 {
		t.Errorf("exit status %d, standard error %q, want 3 and one line", got.status, got.stderr)
	}
}
