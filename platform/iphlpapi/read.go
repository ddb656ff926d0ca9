package iphlpapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sockeye/sock"
)

const (
	// maxTries bounds how often one table is asked for.
	maxTries = 16
	// maxTable bounds what is allocated because a call says so: two million of
	// the largest rows.
	maxTable = 400 << 20
	// minTable holds a quiet machine's table, and is room to grow for a small one.
	minTable = 4 << 10
	// firstPause and maxPause are the waits after codeUnsuccessful, doubled each time.
	firstPause = time.Millisecond
	maxPause   = 64 * time.Millisecond
)

// reader reads tables into one buffer, which the next table reuses.
type reader struct {
	sys *system
	buf []byte
}

// read returns the bytes of a table. The buffer may be larger than the table.
// The error is a [*CallError], an errMalformed or the context's.
func (r *reader) read(ctx context.Context, t sock.Table, class uint32) ([]byte, error) {
	if len(r.buf) == 0 {
		r.buf = make([]byte, minTable)
	}
	wait := firstPause
	code := uint32(codeInsufficientBuffer)
	for range maxTries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(r.buf[:4]) // no rows, if the call writes nothing
		var needed uint32
		needed, code = r.sys.table(t, class, r.buf)
		switch code {
		case codeSuccess:
			return r.buf, nil
		case codeInsufficientBuffer:
			if err := r.grow(needed); err != nil {
				return nil, err
			}
		case codeUnsuccessful:
			if err := r.sys.pause(ctx, wait); err != nil {
				return nil, err
			}
			wait = min(2*wait, maxPause)
		default:
			return nil, &CallError{Call: callOf(t), Code: code}
		}
	}
	return nil, &CallError{Call: callOf(t), Code: code}
}

// grow makes the buffer larger than it is said to need: sockets are made
// between two calls. Its content is not kept.
func (r *reader) grow(needed uint32) error {
	size := largerThan(len(r.buf), needed)
	if size > maxTable {
		return fmt.Errorf("%w: it is said to need %d bytes", errMalformed, needed)
	}
	r.buf = nil // free the old one before, not after
	r.buf = make([]byte, size)
	return nil
}

// largerThan returns the size of a buffer for what is said to need more than it had.
func largerThan(had int, needed uint32) uint64 {
	if needed <= uint32(had) {
		return 2*uint64(had) + minTable // it needs more than it says
	}
	return uint64(needed) + max(uint64(needed)/4, minTable)
}

// callOf names the call that reads a table.
func callOf(t sock.Table) string {
	if t.Protocol == sock.UDP {
		return "GetExtendedUdpTable"
	}
	return "GetExtendedTcpTable"
}

// open reads a table with as much detail as is wanted, or the most that the
// system has. The error is as for read.
func (r *reader) open(ctx context.Context, t sock.Table, want detail, listeners bool) (rows, detail, error) {
	var refused error
	for d := want; ; d-- {
		l, ok := layoutOf(t, d)
		if !ok {
			return rows{}, d, errNoTable
		}
		b, err := r.read(ctx, t, d.class(t.Protocol, listeners))
		if err == nil {
			opened, err := openTable(b, t, l)
			return opened, d, err
		}
		if refused == nil {
			refused = err
		}
		if d == basic || !unknownClass(err) {
			return rows{}, d, refused
		}
	}
}

// unknownClass reports whether the system does not have the class, so that one
// with less detail may do.
func unknownClass(err error) bool {
	var call *CallError
	return errors.As(err, &call) && (call.Code == codeInvalidParameter || call.Code == codeNotSupported)
}
