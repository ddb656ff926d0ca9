// Package sock holds the words of the project: the normalised record of a
// socket and its parts, what a query asks, and what a backend that answers it
// must do. It imports the standard library only, so that every other package
// can speak these words.
//
// The idea that holds the project together is the [Field] bitmask: it says
// what a column needs, what a [Query] wants, what a [Source] can give and what
// a [Socket] knows. What nobody wants is never looked up; what is not known is
// never shown as zero.
package sock
