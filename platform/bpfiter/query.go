package bpfiter

import "sockeye/sock"

// Query says which holders of files are looked for.
type Query struct {
	// Want holds the inodes of the files; nil means every one.
	Want []uint64
	// Anonymous looks for files without a name in place of sockets: epoll, timers,
	// io_uring and others (anon_inode), which share an inode or have one each.
	Anonymous bool
	// Namespaces looks for what may hold a network namespace: the files of namespaces
	// (nsfs), of every kind, and the sockets of another network namespace than that of
	// their process. The inode is that of the namespace.
	Namespaces bool
}

// UnavailableError says why the kernel does not look for owners here. It wraps
// [sock.ErrUnavailable] and the cause.
type UnavailableError struct {
	// Reason is for people, and complete without the cause.
	Reason string
	// Err is the cause; nil if there is nothing to add.
	Err error
}

// Error returns the reason and the cause.
func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

// Unwrap returns [sock.ErrUnavailable] and the cause.
func (e *UnavailableError) Unwrap() []error {
	if e.Err == nil {
		return []error{sock.ErrUnavailable}
	}
	return []error{sock.ErrUnavailable, e.Err}
}
