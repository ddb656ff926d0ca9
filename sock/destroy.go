package sock

import "errors"

// Why a socket could not be closed from outside of its process. Errors of closing
// wrap one of them, or something that went wrong on the way.
var (
	// ErrNotDestroyable: the system cannot close sockets of this kind.
	ErrNotDestroyable = errors.New("the system cannot close such a socket")
	// ErrNotFound: what the system finds at its ends is not the socket: it has
	// ended, or shares its address with another one.
	ErrNotFound = errors.New("the kernel finds another socket at its address, or none")
	// ErrEnded: it has ended, and another may have its address now.
	ErrEnded = errors.New("it has ended")
	// ErrNotPermitted: the reader may not.
	ErrNotPermitted = errors.New("not permitted")
)

// Result says what became of a socket that was to be closed.
type Result uint8

// The results.
const (
	ResultNone         Result = iota // nobody tried
	ResultClosed                     // it was closed
	ResultEnded                      // it ended by itself before
	ResultNotFound                   // see [ErrNotFound]
	ResultNotSupported               // see [ErrNotDestroyable]
	ResultNotPermitted               // see [ErrNotPermitted]
	ResultFailed                     // something else
)

var resultNames = []string{"", "closed", "ended", "not_found", "not_supported", "not_permitted", "failed"}

// ResultNames returns the names by number. The slice is shared and must not be
// changed.
func ResultNames() []string { return resultNames }

// ResultOf returns the result that an error of closing is.
func ResultOf(err error) Result {
	switch {
	case err == nil:
		return ResultClosed
	case errors.Is(err, ErrEnded):
		return ResultEnded
	case errors.Is(err, ErrNotFound):
		return ResultNotFound
	case errors.Is(err, ErrNotDestroyable):
		return ResultNotSupported
	case errors.Is(err, ErrNotPermitted):
		return ResultNotPermitted
	}
	return ResultFailed
}
