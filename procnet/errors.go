package procnet

import (
	"errors"
	"fmt"

	"sockeye/sock"
)

// TableError says that a table cannot be read at all: the kernel has no such
// file, or refuses it. It comes before the table's first row and wraps
// [sock.ErrUnavailable] and the cause.
type TableError struct {
	Table sock.Table
	Path  string // of the file; empty if the table has none
	Err   error
}

// Error names the table, the file and the cause.
func (e *TableError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%v: %v", e.Table, e.Err)
	}
	return fmt.Sprintf("%v: %s: %v", e.Table, e.Path, e.Err)
}

// Unwrap returns [sock.ErrUnavailable] and the cause.
func (e *TableError) Unwrap() []error { return []error{sock.ErrUnavailable, e.Err} }

// errNoTable is the cause for a protocol without a file in /proc/net.
var errNoTable = errors.New("not in /proc/net")

// malformed counts the lines of one file that could not be understood, so that
// one file makes one warning.
type malformed struct {
	path  string
	lines int
	first int // number of the first such line, from 1
}

func (m *malformed) add(line int) {
	if m.lines == 0 {
		m.first = line
	}
	m.lines++
}

// partial returns the warning, or nil if every line was understood.
func (m *malformed) partial() *sock.Partial {
	if m.lines == 0 {
		return nil
	}
	noun := "lines"
	if m.lines == 1 {
		noun = "line"
	}
	return &sock.Partial{
		Code:       sock.CodeMalformed,
		Message:    fmt.Sprintf("%s: %d %s not understood, the first is line %d", m.path, m.lines, noun, m.first),
		Incomplete: true,
	}
}
