// Package population makes sockets for tests and benchmarks: one of every kind
// and state that can be held still, owners of every shape, processes with
// hostile names, and masses of connections. It makes them in this process and
// in helper processes, inside namespaces of its own, so that nothing of the
// host is seen or touched.
//
// A program that uses it calls [RunHelper] first in its main function or
// TestMain: the helper processes are the same binary, started again.
package population
