// Package platform decides which backend answers. It chains the sources of
// this system, falls back from one to the next for each table alone, adds what
// no table holds (interface names, users, owners, facts about processes), and
// gathers what went wrong on the way into the warnings of the listing.
//
// open_linux.go, open_windows.go and open_other.go choose the sources of a system,
// environment_linux.go makes the environment that they look in, system_*.go holds
// what is asked of the system beside them.
package platform
