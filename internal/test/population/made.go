package population

import (
	"net/netip"
)

// Made is one socket of a population, as the process that made it knows it:
// from getsockname(2), getpeername(2) and fstat(2), not from any listing.
type Made struct {
	// Label says what the socket is there for.
	Label    string
	Protocol Protocol
	Family   Family
	State    State
	// Local and Remote have no zone and are IPv4 where the socket's address is
	// v4-mapped. Remote is the zero value where there is no peer.
	Local, Remote netip.AddrPort
	// Interface is the bound device, or the scope of a link-local address.
	Interface string `json:",omitempty"`
	// Path is the name of a unix socket as bound; a first byte of NUL is the
	// abstract namespace.
	Path string `json:",omitempty"`
	// Inode, PID and FD are zero for what no descriptor stands for: a
	// handshake, a connection not accepted yet, an orphan, a remembered one.
	Inode   uint64
	PID, FD int
	// Ownerless is the schema's word for why nobody holds it; empty if this
	// process does.
	Ownerless string `json:",omitempty"`
	// ProcOnly marks what /proc/net lists and sock_diag leaves out: unix_diag
	// skips a socket without an inode.
	ProcOnly bool `json:",omitempty"`
}
