// Package terminal makes terminals for programs that draw on one: for tests, and for
// the benchmark.
package terminal
