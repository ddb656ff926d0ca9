package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/terminal"
)

// openTerminal makes a terminal of a size: the end of the one who looks at it, and
// that of the program.
func openTerminal(t *testing.T, width, height uint16) (ours, theirs *os.File) {
	t.Helper()
	ours, theirs, err := terminal.Open(width, height)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		t.Skipf("no terminal can be made: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	t.Cleanup(func() { theirs.Close() })
	return ours, theirs
}

// TestWatchOnATerminal: passes are drawn in place, no higher than the terminal, and
// ^C leaves it as it was, with the last pass on it.
func TestWatchOnATerminal(t *testing.T) {
	if os.Getenv("SOCKEYE_TEST_EMULATED") != "" {
		t.Skip("an emulated program cannot start itself again")
	}
	const width, height = 60, 6
	for range 6 { // more than there is room for
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
	}
	ours, theirs := openTerminal(t, width, height)
	before, err := unix.IoctlGetTermios(int(theirs.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "--watch=0.02", "-a")
	cmd.Args[0] = "sockeye" // the test binary then is the program: see TestMain
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=1")
	cmd.Stdin, cmd.Stdout = theirs, theirs
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	shown := readFrames(t, ours, 5)
	if _, err := ours.Write([]byte{3}); err != nil { // ^C
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, %s", err, errs.String())
	}
	after, err := unix.IoctlGetTermios(int(theirs.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal is another: %+v, was %+v, %v", after, before, err)
	}
	theirs.Close()
	rest, _ := io.ReadAll(ours) // it ends with EIO when the other end is closed
	shown += string(rest)
	if !strings.HasSuffix(shown, "\r\x1b[K") || strings.LastIndex(shown, "\x1b[?25h") < strings.LastIndex(shown, "\x1b[?25l") {
		t.Errorf("it ends with %q", shown[max(0, len(shown)-60):])
	}
	if !strings.Contains(shown, " more\x1b[K") {
		t.Errorf("nothing is said of what has no room: %q", shown)
	}
	for i, frame := range strings.Split(shown, "\x1b[?25l")[1:] {
		if lines := strings.Count(frame, "\n"); lines > height-1 {
			t.Errorf("frame %d has %d lines: %q", i, lines, frame)
		}
		if i > 0 && !strings.HasPrefix(frame, "\r\x1b[") {
			t.Errorf("frame %d is not in place: %q", i, frame)
		}
	}
	if strings.Contains(shown, "\x1b[?1049") || strings.Contains(shown, "\x1b[2J") {
		t.Errorf("the screen was cleared: %q", shown)
	}
}

// readFrames reads until some frames are whole.
func readFrames(t *testing.T, terminal io.Reader, frames int) string {
	t.Helper()
	var shown strings.Builder
	buf := make([]byte, 4096)
	for strings.Count(shown.String(), "\x1b[?25h") < frames {
		n, err := terminal.Read(buf)
		shown.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, shown.String())
		}
	}
	return shown.String()
}
