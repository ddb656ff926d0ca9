// Package escape writes names that may hold anything, such as those of processes
// and unix sockets, so that they can neither command a terminal nor break a line:
// as a JSON string, and as text for people.
package escape
