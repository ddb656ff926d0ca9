package sockdiag

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"sockeye/sock"
)

var (
	errStopped   = errors.New("stopped by the reader")
	errSilent    = errors.New("the kernel does not answer")
	errForeign   = errors.New("nothing but messages for others arrives")
	errNotListed = fmt.Errorf("%w: no kernel lists this protocol", sock.ErrUnavailable)
)

// NoHandlerError is why the kernel does not list a protocol: the module that would is
// not there, and cannot be loaded. It is [sock.ErrUnavailable].
type NoHandlerError struct {
	Module string // such as vsock_diag
	Err    error  // of the kernel
}

// Error returns what an administrator can look for.
func (e *NoHandlerError) Error() string { return "this kernel has no " + e.Module }

// Unwrap returns [sock.ErrUnavailable] and the error of the kernel.
func (e *NoHandlerError) Unwrap() []error { return []error{sock.ErrUnavailable, e.Err} }

// opError is a failure of one step, before it is known which table it hits.
type opError struct {
	op  string
	err error
}

func (e *opError) Error() string { return e.op + ": " + e.err.Error() }
func (e *opError) Unwrap() error { return e.err }

// refusals are the errors by which a kernel says that it has no such table, or
// that this process may not see it:
//
//	ENOENT                   no handler for the family or the protocol (sock_diag.c, inet_diag.c)
//	EOPNOTSUPP EPROTONOSUPPORT EAFNOSUPPORT  no netlink, no sock_diag, no such family
//	EINVAL                   a request that this kernel does not understand
//	EPERM EACCES ENOSYS      a security module or seccomp
//	ECONNREFUSED             no sock_diag in this network namespace
//	EMFILE ENFILE            no further file; that of /proc may be had later
//
// fs.ErrClosed is that of a network namespace which was left meanwhile, since nothing is
// in it any more.
var refusals = []error{
	syscall.ENOENT, syscall.EOPNOTSUPP, syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT,
	syscall.EINVAL, syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.ECONNREFUSED, syscall.EMFILE, syscall.ENFILE,
	fs.ErrClosed,
}

// tableError makes the error of a table; begun tells that it has given rows,
// after which it cannot be said to be unavailable.
func tableError(t sock.Table, err error, begun bool) *sock.TableError {
	op := "dump"
	if step, ok := errors.AsType[*opError](err); ok {
		op, err = step.op, step.err
	}
	refused := func(target error) bool { return errors.Is(err, target) }
	switch {
	case begun || errors.Is(err, sock.ErrUnavailable):
	case op == "dump" && refused(syscall.ENOENT):
		err = &NoHandlerError{module(t.Protocol), err}
	case slices.ContainsFunc(refusals, refused):
		err = sock.Unavailable(err)
	}
	return &sock.TableError{Source: name, Table: t, Op: op, Err: err}
}

// partOf makes of a table's failure a part that failed, so that the table behind
// it is still read.
func partOf(e *sock.TableError) *sock.Partial {
	p := &sock.Partial{
		Code:       sock.CodeUnavailable,
		Message:    fmt.Sprintf("%s cannot be listed", e.Table),
		Err:        e,
		Incomplete: true,
	}
	if !errors.Is(e, sock.ErrUnavailable) {
		p.Code = sock.CodeInterrupted
		p.Message = fmt.Sprintf("the listing of %s failed", e.Table)
	}
	return p
}
