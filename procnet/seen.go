package procnet

import "sockeye/sock"

// seen remembers the rows of one table, because the kernel repeats some when the
// table changes between two pages.
type seen struct {
	inodes map[uint64]struct{}
	pairs  map[addressPair]struct{}
}

// addressPair is the key of a row without an inode. Within a table the protocol
// is the same.
type addressPair struct {
	local, remote         [16]byte
	localPort, remotePort uint16
}

func newSeen() seen {
	return seen{inodes: map[uint64]struct{}{}, pairs: map[addressPair]struct{}{}}
}

// again reports whether the row was there before, and remembers it.
func (d *seen) again(s *sock.Socket) bool {
	if s.Inode != 0 {
		before := len(d.inodes)
		d.inodes[s.Inode] = struct{}{}
		return len(d.inodes) == before
	}
	key := addressPair{local: s.Local.Addr().As16(), localPort: s.Local.Port()}
	if s.Knows(sock.FieldRemote) {
		key.remote, key.remotePort = s.Remote.Addr().As16(), s.Remote.Port()
	}
	before := len(d.pairs)
	d.pairs[key] = struct{}{}
	return len(d.pairs) == before
}
