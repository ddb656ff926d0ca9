package cli

import (
	"syscall"
	"testing"

	"golang.org/x/sys/windows"
)

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
