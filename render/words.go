package render

import "sockeye/sock"

// The functions here are for text that is no listing of sockets, such as a
// message or the answer of a command: the same words in the same spelling.

// Sanitize returns text with nothing in it that could command a terminal; see
// [AppendText].
func Sanitize(text string) string { return string(AppendText(nil, text)) }

var numeric = &texts{}

// LocalText returns where a socket is, as the column LOCAL shows it, in numbers.
func LocalText(s *sock.Socket) string { return string(numeric.appendLocal(nil, s)) }

// RemoteText returns the peer of a socket, as the column REMOTE shows it, in
// numbers. It is empty for a socket without a peer.
func RemoteText(s *sock.Socket) string { return string(numeric.appendRemote(nil, s)) }

// ReasonText says in parentheses why a socket has no owner, as the column
// PROCESS does. It is empty if the owner was not searched.
func ReasonText(s *sock.Socket) string { return string(appendReason(nil, s)) }
