// Package top is the full-screen view of sockets: a table that is listed again and
// again, with a selection, a filter that is typed, groups, details and actions.
//
// Three parts know nothing of each other's ways. A [pass] is one listing, compared with the
// one before, made beside the screen. The [model] is what is shown: messages change
// it, and it answers with effects, that are work to be done elsewhere. program.go
// connects both to a terminal through bubbletea, which nothing else here knows.
package top
