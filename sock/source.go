package sock

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Source is a backend that lists sockets. It holds nothing itself and may be
// used by several goroutines.
type Source interface {
	// Name is the backend's name in --source and in JSON, such as "sock_diag".
	Name() string

	// Fields says what the source can give for a protocol. A socket of that
	// protocol never knows more.
	Fields(Protocol) Field

	// States says which states of a protocol's sockets the source is sure to tell.
	States(Protocol) StateSet

	// Open begins a session for one listing in an environment, which must stay
	// open until the session is closed. Nothing is read yet.
	Open(*Environment) Session
}

// Session is one listing of a source: plans are made, then carried out. It is
// used by one goroutine at a time.
type Session interface {
	// Plan returns the readings that answer the query, in the order of
	// [Query.Tables]. What the source makes of [Query.Where] is made here, once
	// for each reading. All plans of a session are made before the first
	// reading, so that readings may share what they find.
	Plan(Query) []Reading

	// Close frees what the session holds: readings too that were begun and not
	// carried out. It may be closed more than once.
	Close()
}

// Reading is one pass through a table, or through several that are read as
// one. It is carried out at most once.
type Reading interface {
	// Tables returns the tables that the reading covers, in their order.
	Tables() []Table

	// Prefetch begins to read before the rows are asked for, if the source can
	// do that: it works on this table while the reader is at another.
	Prefetch()

	// Rows streams the sockets of the tables, in their order, over one reused
	// record: a consumer that keeps a socket clones it. It may yield sockets
	// that the query does not ask. An early break is allowed and frees what the
	// reading holds.
	//
	// The record is nil if the error is not. The one error after which the
	// stream goes on is a [*Partial]; a [*TableError] or a canceled context's
	// error ends it. A [*TableError] that wraps [ErrUnavailable] comes first of
	// all, and says that another source may be asked, or if the reading covers
	// several tables, the same source for one after the other.
	Rows(context.Context) iter.Seq2[*Socket, error]
}

// Recording is sockets that were recorded, such as a snapshot in a file. It may
// be read once.
type Recording interface {
	// Sockets streams those that the query asks, under the rules of
	// [Reading.Rows].
	Sockets(context.Context, Query) iter.Seq2[*Socket, error]
}

// ErrUnavailable is wrapped by the error of a table that a source cannot read
// at all here: no kernel module, no such file, a refused system call. It comes
// before the table's first row, so that another source may be asked instead.
var ErrUnavailable = errors.New("not available")

// ErrAbsent is wrapped by the error of a table that this system does not have at
// all, so that no such socket can exist.
var ErrAbsent = fmt.Errorf("%w on this system", ErrUnavailable)

// TableError is the failure of one table.
type TableError struct {
	Source string // its name
	Table  Table
	// Op is what failed, such as "open", or the path of the file; empty if the
	// cause says it all.
	Op  string
	Err error
}

// Error returns for example "sock_diag: open tcp/ipv4: not available: operation
// not permitted".
func (e *TableError) Error() string {
	if e.Op == "" {
		return fmt.Sprintf("%s: %s: %v", e.Source, e.Table, e.Err)
	}
	return fmt.Sprintf("%s: %s: %s: %v", e.Source, e.Table, e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *TableError) Unwrap() error { return e.Err }

// Unavailable returns the cause as one that wraps [ErrUnavailable].
func Unavailable(cause error) error {
	if errors.Is(cause, ErrUnavailable) {
		return cause
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, cause)
}

// Code names a kind of warning in JSON.
type Code string

// The codes of warnings.
const (
	// CodeFallback: another, less exact source was read instead.
	CodeFallback Code = "fallback"
	// CodeUnavailable: a table could not be read by any source.
	CodeUnavailable Code = "unavailable"
	// CodeAbsent: the system has no sockets of a protocol that was asked for.
	CodeAbsent Code = "absent"
	// CodeInterrupted: the kernel's table kept changing; rows may be missing or doubled.
	CodeInterrupted Code = "interrupted"
	// CodeMalformed: something that was read could not be understood.
	CodeMalformed Code = "malformed"
	// CodePermission: the reader may not see everything.
	CodePermission Code = "permission"
	// CodeWithheld: the system tells a fact only to those who have a right.
	CodeWithheld Code = "withheld"
	// CodeInput: an entry of a snapshot was left out.
	CodeInput Code = "input"
)

// Warning is a part of an answer that is not what it should be.
type Warning struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Partial is the error of a part that failed while the rest of the answer goes
// on. It ends in the warnings of the listing.
type Partial struct {
	Code Code
	// Message says what failed, without the cause.
	Message string
	// Err is the cause; nil if the message says it all.
	Err error
	// Incomplete reports that sockets or their owners may be missing from the
	// answer, as opposed to being found in another way.
	Incomplete bool
}

// Error returns the message and the cause.
func (p *Partial) Error() string {
	if p.Err == nil {
		return p.Message
	}
	return p.Message + ": " + p.Err.Error()
}

// Unwrap returns the cause.
func (p *Partial) Unwrap() error { return p.Err }

// Warning returns what JSON says of it.
func (p *Partial) Warning() Warning { return Warning{p.Code, p.Error()} }
