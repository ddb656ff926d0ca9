package cli

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"
)

// TestClosedPipe: what Windows says of a pipe that nobody reads, by winerror.h.
func TestClosedPipe(t *testing.T) {
	for code, closed := range map[syscall.Errno]bool{109: true, 232: true, 233: true, 112: false, 6: false} {
		failed := &fs.PathError{Op: "write", Path: "stdout", Err: code}
		if got := isClosedPipe(fmt.Errorf("the output: %w", failed)); got != closed {
			t.Errorf("%d, %v: closed %v", code, code, got)
		}
		if failed.Op = "read"; isClosedPipe(failed) {
			t.Errorf("%d, %v: an input that cannot be read is quiet", code, code)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	if _, err := w.Write([]byte("x")); !isClosedPipe(err) {
		t.Errorf("a pipe of this system: %v", err)
	}
}

// TestConsoleMode: colour is for a console that can be made to show it, which
// is then as it was before.
func TestConsoleMode(t *testing.T) {
	const processed, virtual = windows.ENABLE_PROCESSED_OUTPUT, windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	for _, c := range []struct {
		name           string
		mode, during   uint32
		getErr, setErr error
		understood     bool
	}{
		{name: "set", mode: processed | 8, during: processed | virtual | 8, understood: true},
		{name: "set before", mode: processed | virtual, during: processed | virtual, understood: true},
		{name: "an old console", mode: processed, during: processed, setErr: syscall.EINVAL},
		{name: "no console", mode: 0, during: 0, getErr: syscall.EINVAL},
	} {
		mode := c.mode
		understood, restore := consoleMode{
			get: func(_ windows.Handle, m *uint32) error { *m = mode; return c.getErr },
			set: func(_ windows.Handle, m uint32) error {
				if c.setErr == nil {
					mode = m
				}
				return c.setErr
			},
		}.escapeSequences(1)
		if understood != c.understood || mode != c.during {
			t.Errorf("%s: understood %v, mode %b, want %v, %b", c.name, understood, mode, c.understood, c.during)
		}
		if restore(); mode != c.mode {
			t.Errorf("%s: mode %b afterwards, was %b", c.name, mode, c.mode)
		}
	}
}
