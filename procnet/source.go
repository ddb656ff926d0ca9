package procnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"iter"
	"os"
	"path/filepath"

	"sockeye/sock"
)

var _ sock.Source = FS{}

// Sockets streams the rows of the tables that the query asks, as [sock.Source]
// says. The error of a table that cannot be read is a [*TableError]; it ends the
// stream of a query for one table and is wrapped in a [*sock.Partial] among
// several.
func (fs FS) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		tables := 0
		for range q.Tables {
			tables++
		}
		s := stream{ctx: ctx, fs: fs, query: q, yield: yield, alone: tables == 1}
		for t := range q.Tables {
			if !s.table(t) {
				return
			}
		}
	}
}

// stream is one listing. Its methods return false where the stream has ended.
type stream struct {
	ctx   context.Context
	fs    FS
	query sock.Query
	yield func(*sock.Socket, error) bool
	alone bool // the query asks for one table

	rec  sock.Socket
	seen seen
}

// table streams one table. Every error that comes before its first row says that
// the table is not available; one that comes later is partial.
func (s *stream) table(t sock.Table) bool {
	if err := s.ctx.Err(); err != nil {
		s.yield(nil, err)
		return false
	}
	f, ok := formats[t.Protocol]
	if !ok {
		return s.unavailable(&TableError{Table: t, Err: errNoTable})
	}
	dir, err := s.fs.netDir()
	path := filepath.Join(dir, f.file)
	if t.Family == sock.IPv6 {
		path += "6"
	}
	if err != nil {
		return s.unavailable(&TableError{Table: t, Path: path, Err: cause(err)})
	}
	file, err := os.Open(path)
	if f.optional && errors.Is(err, iofs.ErrNotExist) {
		return true
	}
	if err != nil {
		return s.unavailable(&TableError{Table: t, Path: path, Err: cause(err)})
	}
	defer file.Close()
	s.seen.reset()
	r := tableReader{stream: s, table: t, malformed: malformed{path: path}}
	return r.read(file, f)
}

// cause returns the error without the path that os puts before it.
func cause(err error) error {
	var pathErr *iofs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

func (s *stream) unavailable(err *TableError) bool {
	if s.alone {
		s.yield(nil, err)
		return false
	}
	return s.yield(nil, &sock.Partial{
		Code: sock.CodeUnavailable, Message: "a table could not be read", Err: err, Incomplete: true,
	})
}

// tableReader reads the file of one table.
type tableReader struct {
	*stream
	table     sock.Table
	malformed malformed
	lines     lineReader
	// past says that the first piece of the file has been read.
	past bool
}

// read streams the file, and what a second reading finds beyond it where that
// helps.
func (r *tableReader) read(file io.ReadSeeker, f format) bool {
	r.lines.open(file)
	defer r.lines.close()
	rows := r.inetRows
	if f.parser == nil {
		rows = r.unixRows
	}
	err := rows(f)
	if err == nil && f.twice && r.lines.src.pieces > 1 {
		if _, err = file.Seek(0, io.SeekStart); err == nil {
			first := r.malformed // says it all: the second reading has the same rows
			r.lines.restart(file)
			err = rows(f)
			r.malformed = first
		}
	}
	return r.finish(err)
}

// errStopped says that the consumer wants no more.
var errStopped = errors.New("stopped")

// finish reports how the table ended.
func (r *tableReader) finish(err error) bool {
	switch {
	case errors.Is(err, errStopped):
		return false
	case err != nil && errors.Is(err, r.ctx.Err()):
		r.yield(nil, err)
		return false
	case err != nil && !r.past:
		return r.unavailable(&TableError{Table: r.table, Path: r.malformed.path, Err: cause(err)})
	case err != nil:
		if !r.yield(nil, &sock.Partial{
			Code: sock.CodeUnavailable, Message: fmt.Sprintf("%s: not read to its end", r.malformed.path),
			Err: cause(err), Incomplete: true,
		}) {
			return false
		}
	}
	if p := r.malformed.partial(); p != nil {
		return r.yield(nil, p)
	}
	return true
}

// checkEvery is the number of lines between two looks at the context.
const checkEvery = 256

// eachLine calls row for every line behind the header. It returns nil at the end
// of the file, or the error that ended it before.
func (r *tableReader) eachLine(row func(line []byte) error) error {
	for {
		line, err := r.lines.next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errLongLine):
			r.malformed.add(r.lines.number)
			continue
		case err != nil:
			return err
		}
		r.past = true
		if r.lines.number == 1 && isHeader(line) {
			continue
		}
		if r.lines.number%checkEvery == 0 {
			if err := r.ctx.Err(); err != nil {
				return err
			}
		}
		if err := row(line); err != nil {
			return err
		}
	}
}

// inetRows streams the rows of a table over IP.
func (r *tableReader) inetRows(f format) error {
	parser := f.parser(inetParser{
		protocol: r.table.Protocol, family: r.table.Family, little: r.fs.little, states: r.query.States,
	})
	return r.eachLine(func(line []byte) error {
		r.rec.Reset()
		switch parser.parse(line, &r.rec) {
		case rowBad:
			r.malformed.add(r.lines.number)
			return nil
		case rowSkipped:
			return nil
		}
		if !r.seen.again(&r.rec) && !r.yield(&r.rec, nil) {
			return errStopped
		}
		return nil
	})
}
