package fault

import (
	"path"
	"syscall"
)

// Call is a system call that the program is about to make.
type Call struct {
	Name string
	Args [6]uint64
	// Path is the file that the call names, or what its descriptor refers to, as
	// /proc/PID/fd shows it. It is empty for a call without either.
	Path string
}

// Fault lets system calls fail.
type Fault struct {
	// Call is the name of the system call, one of those in the list of this
	// package.
	Call string
	// When restricts the calls; nil means all of that name.
	When func(Call) bool
	// After is how many of these calls go on before the first that fails.
	After int
	// Errno is what the call returns.
	Errno syscall.Errno
}

// On returns a condition: the call's file is called as the pattern of path.Match
// says.
func On(pattern string) func(Call) bool {
	return func(c Call) bool {
		matched, err := path.Match(pattern, c.Path)
		if err != nil {
			panic(err) // a mistake in the test
		}
		return matched
	}
}

// Arg returns a condition: the argument with this index has the value.
func Arg(index int, value uint64) func(Call) bool {
	return func(c Call) bool { return c.Args[index] == value }
}

// Both returns a condition: both hold.
func Both(a, b func(Call) bool) func(Call) bool {
	return func(c Call) bool { return a(c) && b(c) }
}
