// Package filter is the filter language: a superset of the one of ss(8), with
// the precedence that people expect (not, then and, then or).
//
// [Parse] reads the words of a command line and [ParseText] a text or a file.
// The [Filter] they return decides about a [sock.Socket] with [Filter.Match]
// and says beforehand what it needs: facts ([Filter.Needs]), states, protocols
// and families, so that a backend asks the kernel for no more than that.
// [Filter.Expr] is the expression as a tree of exported types, from which
// another package makes a program for the kernel.
//
// A fact that is not known makes a comparison false, and a negation is the
// negation of what it negates: with an unknown uid, `uid = 0` is false and both
// `uid != 0` and `not uid = 0` are true.
//
// The names of everything that can be compared stand in one registry, see
// [Fields]; docs/filter.md describes the language for its users.
package filter
