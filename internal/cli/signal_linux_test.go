package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// waiting is a place where the program waits for what never comes.
type waiting struct {
	name string
	args []string
	// until returns when the program is there.
	until func(*testing.T, *exec.Cmd)
}

// TestSignals ends the program wherever it waits.
func TestSignals(t *testing.T) {
	if os.Getenv("SOCKEYE_TEST_EMULATED") != "" {
		t.Skip("an emulated program cannot start itself again")
	}
	for _, w := range waitingPlaces(t) {
		for signal, status := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
			t.Run(fmt.Sprint(w.name, " ", signal), func(t *testing.T) { w.end(t, signal, status) })
		}
	}
}

// oneSocket is a snapshot in lines.
const oneSocket = `{"protocol":"tcp","family":"ipv4","state":"LISTEN","local_address":"127.0.0.1","local_port":80}` + "\n"

func waitingPlaces(t *testing.T) []waiting {
	t.Helper()
	dir := t.TempDir()
	many, fifo := filepath.Join(dir, "many"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(many, []byte(strings.Repeat(oneSocket, 10000)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	// The program has opened the FIFO when the writer has.
	write := func(t *testing.T, text string) {
		writer, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err == nil {
			_, err = io.WriteString(writer, text)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { writer.Close() })
	}
	silent := func(t *testing.T, _ *exec.Cmd) { write(t, "") }
	opening, reading, writing := blockedIn(unix.SYS_OPENAT), blockedIn(unix.SYS_READ), blockedIn(unix.SYS_WRITE)
	return []waiting{
		{"full pipe", []string{"--from", many}, writing},
		{"full pipe of JSON", []string{"--from", many, "--json"}, writing},
		{"snapshot in a FIFO without a writer", []string{"--from", fifo}, opening},
		{"snapshot in a silent FIFO", []string{"--from", fifo}, silent},
		{"snapshot from silent standard input", []string{"--from", "-"}, reading},
		{"filter in a FIFO without a writer", []string{"--from", many, "-F", fifo}, opening},
		{"filter in a silent FIFO", []string{"--from", many, "-F", fifo}, silent},
		{"filter from silent standard input", []string{"--from", many, "-F", "-"}, reading},
		{"template", []string{"--from", fifo, "--template", "{{range 99999999999}}{{end}}"}, func(t *testing.T, _ *exec.Cmd) {
			write(t, oneSocket)
			time.Sleep(50 * time.Millisecond) // for the template to begin
		}},
	}
}

// end starts the program, ends it where it waits and looks at its exit status.
func (w waiting) end(t *testing.T, signal syscall.Signal, status int) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", w.args...)
	cmd.Args[0] = "sockeye" // the test binary then is the program: see TestMain
	var errs bytes.Buffer
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe() // into which nobody writes
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, theirs, err := os.Pipe() // that nobody reads
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout = theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { cancel(); <-ended }()
	w.until(t, cmd)
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	err = <-ended
	ended <- err
	if got := cmd.ProcessState.ExitCode(); got != status || errs.Len() > 0 {
		t.Errorf("%v, %q, want exit status %d", err, errs.String(), status)
	}
}

// settleTime bounds how long the program takes to where it waits.
const settleTime = 30 * time.Second

// blockedIn waits until a thread of the program is blocked in a system call, and
// stays there: proc_pid_syscall(5).
func blockedIn(number int) func(*testing.T, *exec.Cmd) {
	want := fmt.Sprintf("%d ", number)
	return func(t *testing.T, cmd *exec.Cmd) {
		t.Helper()
		seen := 0
		for limit := time.Now().Add(settleTime); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
			threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", cmd.Process.Pid))
			if err != nil {
				t.Fatal(err)
			}
			blocked := slices.ContainsFunc(threads, func(file string) bool {
				text, err := os.ReadFile(file)
				return err == nil && strings.HasPrefix(string(text), want)
			})
			if seen++; !blocked {
				seen = 0
			} else if seen == 4 {
				return
			}
		}
		t.Fatal("the program does not wait there")
	}
}
