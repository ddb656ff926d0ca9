package livetest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sockeye/internal/test/population"
)

// outcome is what a run of sockeye left.
type outcome struct {
	stdout, stderr string
	status         int
}

// sockeye returns the command, not yet started. It is killed when it hangs.
func sockeye(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(binaryEnv), args...)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// run runs a command whose output is wanted whole.
func run(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	cmd.Stderr = &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, errs.String())
	}
	return outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// list runs sockeye as root, where it has nothing to complain about but what
// allowed says, and returns what it printed.
func list(t *testing.T, args ...string) string {
	t.Helper()
	got := run(t, sockeye(t, args...))
	if got.status != 0 {
		t.Fatalf("sockeye %v: exit status %d\n%s", args, got.status, got.stderr)
	}
	checkMessages(t, got.stderr)
	return got.stdout
}

// checkMessages holds standard error against the rules: lines that name the
// program, and never a trace.
func checkMessages(t *testing.T, stderr string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "sockeye: ") || !strings.HasSuffix(line, "\n") || strings.TrimSpace(line) == "sockeye:" {
			t.Errorf("line on standard error: %q", line)
		}
		if strings.Contains(line, "goroutine ") || strings.Contains(line, "panic") {
			t.Errorf("a trace on standard error:\n%s", stderr)
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines
}

// asNobody makes the command run as a user without rights.
func asNobody(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = population.AsNobody()
	cmd.Dir = "/"
	return cmd
}
