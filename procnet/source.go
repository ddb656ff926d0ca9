package procnet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"iter"
	"os"
	"path/filepath"

	"sockeye/sock"
)

// Source reads the tables below the root of an environment's proc file system.
type Source struct{}

var _ sock.Source = Source{}

// name is that of the source, in --source and in errors.
const name = "proc"

// Name returns "proc".
func (Source) Name() string { return name }

// Fields says what the tables give for a protocol; nothing for one that has no
// table here.
func (Source) Fields(p sock.Protocol) sock.Field { return formats[p].fields }

// States says that the tables hold all but sockets that are bound and neither
// listen nor connect.
func (s Source) States(p sock.Protocol) sock.StateSet {
	if s.Fields(p) == 0 {
		return 0
	}
	return p.Descriptor().States &^ sock.States(sock.Bound)
}

// Open begins a session; see [sock.Source]. The tables are those of the
// environment's network namespace. [sock.TableError.Op] is the path of the file;
// the cause is [sock.ErrAbsent] if the file is missing where the others are.
func (Source) Open(env *sock.Environment) sock.Session { return session{env} }

// format is what the kernel prints for a protocol.
type format struct {
	file   string // see fileOf
	parser func(inetParser) rowParser
	fields sock.Field
	// twice: a page starts counting rows from the first one, so a table that
	// changes while it is read loses rows. With 2,500 UDP sockets and a process
	// that opened and closed others without pause, one reading missed 3.4 % of
	// them and two missed 0.5 %; a reading takes 8 ms.
	twice bool
	// optional: kernels without this protocol are expected.
	optional bool
	// connections, if not empty, is the file of connections beside that of listeners,
	// and both hold either family.
	connections string
}

// filesOf returns the names of the files for a family and states.
func (f format) filesOf(family sock.Family, states sock.StateSet) []string {
	switch {
	case f.connections == "" && family == sock.IPv6:
		return []string{f.file + "6"}
	case f.connections == "" || states&^sock.ListeningStates == 0:
		return []string{f.file}
	case states&sock.ListeningStates == 0:
		return []string{f.connections}
	}
	return []string{f.file, f.connections}
}

const inetFields = sock.FieldLocal | sock.FieldRemote | sock.FieldRecvQueue | sock.FieldSendQueue |
	sock.FieldInode | sock.FieldUID

var formats = map[sock.Protocol]format{
	sock.TCP:     {file: "tcp", parser: newTCP, fields: inetFields | sock.FieldTimer},
	sock.UDP:     {file: "udp", parser: newDatagram, fields: inetFields, twice: true},
	sock.UDPLite: {file: "udplite", parser: newDatagram, fields: inetFields, twice: true, optional: true},
	sock.Raw:     {file: "raw", parser: newDatagram, fields: inetFields, twice: true},
	sock.ICMP:    {file: "icmp", parser: newDatagram, fields: inetFields, twice: true},
	sock.SCTP:    {file: "sctp/eps", connections: "sctp/assocs", parser: newSCTP, fields: inetFields | sock.FieldSCTPInfo},
	sock.Packet: {file: "packet", parser: newPacket, twice: true, fields: sock.FieldPacket | sock.FieldInterface |
		sock.FieldType | sock.FieldRecvQueue | sock.FieldInode | sock.FieldUID},
	sock.Netlink: {file: "netlink", parser: newNetlink, twice: true, fields: sock.FieldNetlink | sock.FieldRecvQueue |
		sock.FieldSendQueue | sock.FieldInode},
	sock.Unix: {file: "unix", fields: sock.FieldPath | sock.FieldType | sock.FieldInode},
}

// session is a listing; it holds nothing.
type session struct{ env *sock.Environment }

// Plan returns a reading for each table.
func (s session) Plan(q sock.Query) []sock.Reading {
	var plan []sock.Reading
	for t := range q.Tables {
		plan = append(plan, &reading{session: s, query: q, table: t})
	}
	return plan
}

func (session) Close() {}

// openTable opens a file of the namespace's net directory. /proc/net is a link to
// self/net, and self is the leader of the thread group: in a thread that is in
// another namespace it shows the leader's. Kernels before 3.17 and copies have no
// thread-self.
func (s session) openTable(name string) (file *os.File, path string, err error) {
	if s.env.Tables != "" { // which need not be entered
		path = filepath.Join(s.env.Tables, name)
		file, err = openFile(path)
		return file, path, err
	}
	err = s.env.Do(func() error {
		dir := filepath.Join(s.env.Proc, "thread-self", "net")
		if _, err := os.Stat(dir); err != nil {
			dir = filepath.Join(s.env.Proc, "net")
			if _, err := os.Stat(dir); err != nil {
				path = dir
				return causeOf(err)
			}
		}
		path = filepath.Join(dir, name)
		var err error
		file, err = openFile(path)
		return err
	})
	return file, path, err
}

// openFile opens a table, which may be absent.
func openFile(path string) (*os.File, error) {
	file, err := os.Open(path)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", sock.ErrAbsent, causeOf(err))
	}
	return file, causeOf(err)
}

// causeOf returns the error without the path that os puts before it.
func causeOf(err error) error {
	var pathErr *iofs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// reading reads the file of one table.
type reading struct {
	session
	query sock.Query
	table sock.Table

	ctx       context.Context
	yield     func(*sock.Socket, error) bool
	rec       sock.Socket
	seen      seen
	malformed malformed
	lines     lineReader
	// past says that the first piece of the file has been read.
	past bool
}

func (r *reading) Tables() []sock.Table { return []sock.Table{r.table} }

// Prefetch does nothing: the kernel makes a page when it is read.
func (r *reading) Prefetch() {}

// Rows streams the table. Every error that comes before its first row says that
// the table is not available; one that comes later is partial.
func (r *reading) Rows(ctx context.Context) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		r.ctx, r.yield = ctx, yield
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		f, ok := formats[r.table.Protocol]
		if !ok {
			r.unavailable(errNoTable)
			return
		}
		for _, name := range f.filesOf(r.table.Family, r.query.States) {
			if !r.file(name, f) {
				return
			}
		}
	}
}

// file reads one file of the table, and reports whether another is to be read.
func (r *reading) file(name string, f format) (more bool) {
	file, path, err := r.openTable(name)
	r.malformed = malformed{path: path}
	switch {
	case err == nil:
		defer file.Close()
		return r.read(file, f)
	case f.optional && errors.Is(err, sock.ErrAbsent):
		return false
	case r.past:
		return r.finish(err)
	}
	r.unavailable(err)
	return false
}

// errNoTable is the cause for a protocol without a file in /proc/net.
var errNoTable = errors.New("not in /proc/net")

// unavailable yields that the table cannot be read at all.
func (r *reading) unavailable(cause error) {
	r.yield(nil, &sock.TableError{Source: name, Table: r.table, Op: r.malformed.path, Err: sock.Unavailable(cause)})
}

// read streams the file, and what a second reading finds beyond it where that
// helps.
func (r *reading) read(file io.ReadSeeker, f format) (more bool) {
	r.seen = newSeen()
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

// finish reports how a file ended, and whether there may be more.
func (r *reading) finish(err error) (more bool) {
	switch {
	case errors.Is(err, errStopped):
		return false
	case err != nil && errors.Is(err, r.ctx.Err()):
		r.yield(nil, err)
		return false
	case err != nil && !r.past:
		r.unavailable(causeOf(err))
		return false
	case err != nil:
		if !r.yield(nil, &sock.Partial{
			Code: sock.CodeUnavailable, Message: fmt.Sprintf("%s: not read to its end", r.malformed.path),
			Err: causeOf(err), Incomplete: true,
		}) {
			return false
		}
	}
	p := r.malformed.partial()
	return p == nil || r.yield(nil, p)
}

// checkEvery is the number of lines between two looks at the context.
const checkEvery = 256

// eachLine calls row for every line behind the header. It returns nil at the end
// of the file, or the error that ended it before.
func (r *reading) eachLine(row func(line []byte) error) error {
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

// littleEndian reports whether the words of a table were written by a
// little-endian machine; no order is this machine's.
func littleEndian(order binary.ByteOrder) bool {
	if order == nil {
		order = binary.NativeEndian
	}
	return order.Uint16([]byte{1, 0}) == 1
}

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

// eachUnderstood calls read with every line of a file and its number, from 1, and returns
// those that it did not understand or that are too long.
func eachUnderstood(r io.Reader, path string, read func(number int, line []byte) bool) (unread malformed, err error) {
	var lines lineReader
	lines.open(r)
	defer lines.close()
	unread.path = path
	for {
		line, err := lines.next()
		switch {
		case err == io.EOF:
			return unread, nil
		case err != nil && !errors.Is(err, errLongLine):
			return unread, err
		}
		if err != nil || !read(lines.number, line) {
			unread.add(lines.number)
		}
	}
}

// err is the warning as an error, nil if every line was understood.
func (m *malformed) err() error {
	if p := m.partial(); p != nil {
		return p
	}
	return nil
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
