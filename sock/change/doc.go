// Package change compares two listings of the same machine: which sockets were
// opened, closed and changed between them, and how fast their counters moved.
//
// What makes a socket the same one in two listings is its [Identity].
package change
