package procnet

import (
	"fmt"
	"hash/maphash"

	"sockeye/sock"
)

// maxUnixPath is UNIX_PATH_MAX of linux/un.h, in bytes.
const maxUnixPath = 108

// acceptsConnections is __SO_ACCEPTCON of linux/net.h in the Flags column.
const acceptsConnections = 1 << 16

// The St column: enum socket_state of linux/net.h. The kernel makes it of two
// facts (unix_seq_show in net/unix/af_unix.c): whether the socket is
// established, and whether a struct socket stands behind it. A connection that
// waits to be accepted has none and is "connecting".
const (
	unixUnconnected   = 1
	unixConnecting    = 2
	unixConnected     = 3
	unixDisconnecting = 4
)

// unixRow is a row of /proc/net/unix:
//
//	Num: RefCount Protocol Flags Type St Inode [Path]
type unixRow struct {
	num   uint64 // hashed address of the struct sock; 0 if the reader may not know it
	flags uint32
	kind  uint32
	st    uint32
	inode uint64
	named bool
	path  []byte // the rest of the line, of a named socket
}

// parseUnixRow parses one line. The path points into it.
func parseUnixRow(line []byte) (unixRow, bool) {
	c := cursor{rest: line}
	var r unixRow
	r.num = c.pointer()
	c.byte(':')
	c.byte(' ')
	c.hexWord(8) // RefCount
	c.byte(' ')
	c.hexWord(8) // Protocol, always 0
	c.byte(' ')
	r.flags = c.hexWord(8)
	c.byte(' ')
	r.kind = c.hexWord(4)
	c.byte(' ')
	r.st = c.hexWord(2)
	c.byte(' ')
	c.blanks() // the inode is padded to five
	r.inode = c.decimal()
	if c.failed {
		return unixRow{}, false
	}
	if len(c.rest) > 0 {
		c.byte(' ')
		r.named, r.path = true, c.rest
	}
	return r, !c.failed && len(r.path) <= maxUnixPath
}

func (r *unixRow) socketType() sock.SocketType { return sock.SocketTypeOf(uint64(r.kind)) }

// state gives a datagram socket without a peer its own name. A datagram socket
// to which another one connected counts as established, here as in sock_diag.
func (r *unixRow) state() sock.State {
	switch {
	case r.flags&acceptsConnections != 0:
		return sock.Listen
	case r.st == unixConnected || r.st == unixConnecting:
		return sock.Established
	case r.st != unixUnconnected && r.st != unixDisconnecting:
		return sock.StateUnknown
	case r.socketType() == sock.TypeDatagram || r.socketType() == sock.TypeRaw:
		return sock.Unconnected
	}
	return sock.Closed
}

// unixTable puts the lines of /proc/net/unix together to sockets.
//
// The kernel prints the path as it is. A newline in it splits the row, so a line
// that is no row belongs to the path of the row before it. A path that imitates
// a row behind its newline cannot be told from one; such a row can add a socket
// to the listing but not take one away, because two rows about one inode are
// both shown if they differ (and reported). A NUL is printed as '@', so '@' at
// the start is taken for the abstract namespace (a file of that name, bound by a
// relative path, looks the same), and inside a path it stays '@'.
type unixTable struct {
	row  unixRow
	path []byte // of row, over all its lines
	have bool
	seed maphash.Seed
	// rows holds what was said of each socket, by inode and num.
	rows map[unixKey]uint64
	// conflicts counts rows about a socket that another row says otherwise of.
	conflicts int
}

// unixKey names a socket: one without an inode only by its num.
type unixKey struct{ inode, num uint64 }

func newUnixTable() *unixTable {
	return &unixTable{seed: maphash.MakeSeed(), rows: make(map[unixKey]uint64)}
}

// begin takes a line that is a row.
func (t *unixTable) begin(r unixRow) {
	t.row, t.have = r, true
	t.path = append(t.path[:0], r.path...)
}

// extend takes a line that is no row. It reports whether the line can be a part
// of the path before it.
func (t *unixTable) extend(line []byte) bool {
	if !t.have || !t.row.named || len(t.path)+1+len(line) > maxUnixPath {
		return false
	}
	t.path = append(append(t.path, '\n'), line...)
	return true
}

// take returns whether there is a whole row that is no repetition, and forgets
// it.
func (t *unixTable) take() bool {
	if !t.have {
		return false
	}
	t.have = false
	key := unixKey{inode: t.row.inode}
	if key.inode == 0 {
		key.num = t.row.num
	}
	if key == (unixKey{}) {
		return true // nothing tells it from another
	}
	sum := t.sum()
	before, ok := t.rows[key]
	if !ok {
		t.rows[key] = sum
		return true
	}
	if before == sum {
		return false
	}
	t.conflicts++
	return true
}

// sum tells two rows about one socket apart. The reference count is not part of
// it, because it changes between two pages.
func (t *unixTable) sum() uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	maphash.WriteComparable(&h, [...]uint64{
		t.row.num, uint64(t.row.flags), uint64(t.row.kind), uint64(t.row.st), t.row.inode,
	})
	h.Write(t.path)
	return h.Sum64()
}

// fill sets the record from the row last taken.
func (t *unixTable) fill(s *sock.Socket, want sock.Field) {
	r := &t.row
	s.Protocol, s.Family, s.State, s.Type = sock.Unix, sock.FamilyUnix, r.state(), r.socketType()
	if s.Type != sock.TypeUnknown {
		s.Known |= sock.FieldType
	}
	if r.inode != 0 {
		s.Inode = r.inode
		s.Known |= sock.FieldInode
	}
	if r.named && len(t.path) > 0 && want.Has(sock.FieldPath) {
		if t.path[0] == '@' {
			t.path[0] = 0
		}
		s.Path = string(t.path)
		s.Known |= sock.FieldPath
	}
}

// unixRows streams the rows of /proc/net/unix. A row is yielded when the next
// one begins, because only then its path has ended.
func (r *reading) unixRows(format) error {
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
func (r *reading) unixRow(t *unixTable) error {
	if !t.take() {
		return nil
	}
	if !r.query.States.Has(t.row.state()) || !r.query.Types.Allow(sock.Unix, t.row.socketType()) {
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
func (r *reading) unixConflicts(t *unixTable) error {
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
