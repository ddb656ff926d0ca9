// Package sstext reads the text that ss of iproute2 prints, for tests that
// compare listings. It reads the output of
//
//	ss -H -n -a -e -p -O, with one of -t -u -w -x -S -M -d, and -i
//
// of iproute2 6.1, whose layout the file misc/ss.c defines: columns of blanks,
// then extras in the form name:value.
package sstext

import (
	"net/netip"
	"strings"
)

// Table is a table of ss, by its option letter.
type Table byte

// The tables.
const (
	TCP  Table = 't'
	UDP  Table = 'u'
	Raw  Table = 'w'
	Unix Table = 'x'

	SCTP  Table = 'S'
	MPTCP Table = 'M'
	DCCP  Table = 'd'
)

// Row is one socket as ss prints it.
type Row struct {
	Table Table
	// Netid is u_str, u_dgr or u_seq of a unix socket, else empty.
	Netid string
	// State is ss's word, such as ESTAB.
	State string
	// RecvQ and SendQ are bytes; of a listener, connections that wait and
	// their limit. The kernel's raw table gives what it likes there.
	RecvQ, SendQ uint64

	// V6 reports that the local address is written as IPv6 is: in brackets, or
	// `*`, which is :: of a socket that is not IPv6-only.
	V6            bool
	Local, Remote netip.AddrPort // a port of 0 is ss's `*`
	Interface     string

	// Path and the inodes are of a unix socket; PeerInode 0 is none. The path
	// is as ss prints it: `*` for none, with `@` for each NUL.
	Path      string
	PeerInode uint64

	// Inode is 0 if ss prints none or 0. UID is 0 if ss prints none, as it
	// does for root.
	Inode  uint64
	UID    uint32
	Cookie string // hexadecimal, as printed
	Mark   uint32
	V6Only string // "0", "1" or, if not printed, empty
	Owners []Owner

	// Association says that the row is one of the SCTP socket above it, or with the
	// state (null) that socket again.
	Association bool
	// Extras are the words behind the columns.
	Extras []string
}

// Extra returns the value of a word "name:value" behind the columns, and whether
// there is one.
func (r *Row) Extra(name string) (string, bool) {
	for _, field := range r.Extras {
		if value, ok := strings.CutPrefix(field, name+":"); ok {
			return value, true
		}
	}
	return "", false
}

// Owner is one entry of users:((...)).
type Owner struct {
	Comm    string
	PID, FD int
}
