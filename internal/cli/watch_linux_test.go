package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWatchEndsBySignal: SIGINT is how a watch ends, with 0 and its last line whole;
// SIGTERM is not.
func TestWatchEndsBySignal(t *testing.T) {
	if os.Getenv("SOCKEYE_TEST_EMULATED") != "" {
		t.Skip("an emulated program cannot start itself again")
	}
	for _, test := range []struct {
		args   []string
		signal syscall.Signal
		status int
	}{
		{[]string{"--watch=0.02"}, syscall.SIGINT, 0},
		{[]string{"--watch=0.02"}, syscall.SIGTERM, 143},
		{[]string{"--watch=3600", "--ndjson"}, syscall.SIGINT, 0},
		{[]string{"-c0.001", "--json", "-x"}, syscall.SIGINT, 0},
	} {
		last, errs, status := watchUntil(t, test.args, test.signal)
		if status != test.status || strings.Contains(errs, "interrupt") {
			t.Errorf("%v, %v: exit status %d, %q", test.args, test.signal, status, errs)
		}
		if test.args[len(test.args)-1] != "--ndjson" {
			continue
		}
		var end struct {
			Event  string
			Time   time.Time
			Passes int
		}
		if err := json.Unmarshal([]byte(last), &end); err != nil || end.Event != "end" || end.Passes != 1 || end.Time.IsZero() {
			t.Errorf("%v ends with %s, %v", test.args, last, err)
		}
	}
}

// watchUntil starts the program, ends it when it has written a line, and returns the
// last one.
func watchUntil(t *testing.T, args []string, signal syscall.Signal) (last, errs string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// A listener of the test is there to be seen.
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(listener)
	if err := syscall.Listen(listener, 1); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append(args, "-a")...)
	cmd.Args[0] = "sockeye" // the test binary then is the program: see TestMain
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil {
		t.Errorf("no line: %v, %s", err, stderr.String())
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // the exit status is what is looked at
	lines := strings.Split(strings.TrimSpace(string(rest)), "\n")
	return lines[len(lines)-1], stderr.String(), cmd.ProcessState.ExitCode()
}
