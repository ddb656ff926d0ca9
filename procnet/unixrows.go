package procnet

import (
	"fmt"

	"sockeye/sock"
)

// unixRows streams the rows of /proc/net/unix. A row is yielded when the next
// one begins, because only then its path has ended.
func (r *tableReader) unixRows(format) error {
	t := newUnixTable()
	err := r.eachLine(func(line []byte) error {
		row, ok := parseUnixRow(line)
		if !ok {
			if !t.extend(line) {
				r.malformed.add(r.lines.number)
			}
			return nil
		}
		// The row before was copied to t.path: line is free to be overwritten.
		if err := r.unixRow(t); err != nil {
			return err
		}
		t.begin(row)
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.unixRow(t); err != nil {
		return err
	}
	return r.unixConflicts(t)
}

// unixRow yields the row that has ended, if there is one and it was asked for.
func (r *tableReader) unixRow(t *unixTable) error {
	if !t.take() {
		return nil
	}
	if !r.query.States.Has(t.row.state()) || !r.query.UnixTypes.Has(t.row.socketType()) {
		return nil
	}
	r.rec.Reset()
	t.fill(&r.rec, r.query.Want)
	if !r.yield(&r.rec, nil) {
		return errStopped
	}
	return nil
}

// unixConflicts reports rows that contradict each other.
func (r *tableReader) unixConflicts(t *unixTable) error {
	if t.conflicts == 0 {
		return nil
	}
	if !r.yield(nil, &sock.Partial{
		Code: sock.CodeMalformed,
		Message: fmt.Sprintf("%s: %d rows contradict an earlier one about the same socket; "+
			"a path with a newline can imitate a row", r.malformed.path, t.conflicts),
	}) {
		return errStopped
	}
	return nil
}
