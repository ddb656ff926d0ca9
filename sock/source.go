package sock

import (
	"context"
	"errors"
	"iter"
)

// Source is a backend that lists sockets.
type Source interface {
	// Name is the backend's name in --source and in JSON, such as "sock_diag".
	Name() string

	// Fields says what the source can give for a protocol. A socket of that
	// protocol never knows more.
	Fields(Protocol) Field

	// Sockets streams the sockets that the query asks, table by table in the
	// order of [Query.Tables], over one reused record: a consumer that keeps a
	// socket clones it. It may yield sockets that the query does not ask.
	//
	// An early break is allowed and frees what the stream holds. The record is
	// nil if the error is not. The one error after which the stream goes on is
	// a [*Partial]; any other ends it. A canceled context ends it with the
	// context's error.
	Sockets(ctx context.Context, q Query) iter.Seq2[*Socket, error]
}

// Starter is a source that can begin to read before its rows are asked for, so
// that it works on one table while the reader is at another.
type Starter interface {
	Source

	// Start begins a stream as [Source].Sockets does. Its rows may be asked for
	// once. stop frees what the stream holds; it must be called, asked or not.
	Start(ctx context.Context, q Query) (rows iter.Seq2[*Socket, error], stop func())
}

// ErrUnavailable is wrapped by the error of a table that a source cannot read
// at all here: no kernel module, no such file, a refused system call. It comes
// before the table's first row, so that another source may be asked instead.
var ErrUnavailable = errors.New("not available")

// Code names a kind of warning in JSON.
type Code string

// The codes of warnings.
const (
	// CodeFallback: another, less exact source was read instead.
	CodeFallback Code = "fallback"
	// CodeUnavailable: a table could not be read by any source.
	CodeUnavailable Code = "unavailable"
	// CodeInterrupted: the kernel's table kept changing; rows may be missing or doubled.
	CodeInterrupted Code = "interrupted"
	// CodeMalformed: something that was read could not be understood.
	CodeMalformed Code = "malformed"
	// CodePermission: the reader may not see everything.
	CodePermission Code = "permission"
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
