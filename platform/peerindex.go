package platform

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"

	"sockeye/sock"
)

// endKey says where a socket is: its protocol, and the addresses and ports of both
// ends, its own first. A unix socket is at its inode, a netlink socket at its protocol
// and port, one of VSOCK at the ports of both ends.
type endKey [1 + 2*(16+2)]byte

// endOf returns the key of a socket whose packets are addressed as those of the flow.
func endOf(f sock.Flow) (k endKey) {
	k[0] = byte(f.Protocol)
	from, to := f.From.Addr().As16(), f.To.Addr().As16()
	copy(k[1:], from[:])
	binary.BigEndian.PutUint16(k[17:], f.From.Port())
	copy(k[19:], to[:])
	binary.BigEndian.PutUint16(k[35:], f.To.Port())
	return k
}

func unixEndOf(inode uint64) (k endKey) {
	k[0] = byte(sock.Unix)
	binary.BigEndian.PutUint64(k[1:], inode)
	return k
}

func netlinkEndOf(protocol, port uint64) (k endKey) {
	k[0] = byte(sock.Netlink)
	binary.BigEndian.PutUint64(k[1:], protocol)
	binary.BigEndian.PutUint64(k[9:], port)
	return k
}

// vsockEndOf is for a connection through the loopback of VSOCK. An end that is bound to
// any context is told without one.
func vsockEndOf(port, peerPort uint64) (k endKey) {
	k[0] = byte(sock.VSOCK)
	binary.BigEndian.PutUint64(k[1:], port)
	binary.BigEndian.PutUint64(k[9:], peerPort)
	return k
}

// noSpace is the number of a network namespace that is not known.
const noSpace = math.MaxUint16

// peerEnd is a socket that may be the other end of a connection. A hash with a secret
// seed stands for where it is: among 100,000 sockets two have the same once in some
// thousand million listings, and four entries fill a cache line.
type peerEnd struct {
	where uint64
	inode uint32 // the kernel's have 32 bits (get_next_ino of fs/inode.c); 0: it has none
	space uint16 // index of peerIndex.spaces
	state uint8  // a sock.State
	taken bool   // in peerIndex.table
}

// endsPiece is how many ends are gathered in a piece: a slice that grows would hold them
// twice while it does.
const endsPiece = 1024

// peerIndex holds the sockets that may be the other end of a connection: 16 bytes for
// each while they are read, then 22, in a hash table with linear probing.
type peerIndex struct {
	seed    maphash.Seed
	spaces  []uint64          // inodes of the network namespaces
	numbers map[uint64]uint16 // of the namespaces in spaces
	last    uint16            // the number that was asked last
	pieces  [][]peerEnd
	count   int
	table   []peerEnd
}

func newPeerIndex() *peerIndex {
	return &peerIndex{seed: maphash.MakeSeed(), numbers: map[uint64]uint16{}}
}

// space returns the number of a network namespace.
func (x *peerIndex) space(inode uint64) uint16 {
	if int(x.last) < len(x.spaces) && x.spaces[x.last] == inode {
		return x.last // sockets come one namespace after the other
	}
	number, known := x.numbers[inode]
	if !known && len(x.spaces) < noSpace { // of as many the kernel has no room
		number = uint16(len(x.spaces))
		x.spaces, x.numbers[inode] = append(x.spaces, inode), number
	}
	x.last = number
	return number
}

// add adds a socket. [peerIndex.order] comes before the first question.
func (x *peerIndex) add(k endKey, s *sock.Socket, space uint16) {
	last := len(x.pieces) - 1
	if last < 0 || len(x.pieces[last]) == endsPiece {
		x.pieces = append(x.pieces, make([]peerEnd, 0, endsPiece))
		last++
	}
	x.pieces[last] = append(x.pieces[last], peerEnd{
		where: maphash.Bytes(x.seed, k[:]), inode: uint32(s.Inode), space: space, state: uint8(s.State), taken: true,
	})
	x.count++
}

// order puts the sockets into the table, which is three quarters full at most.
func (x *peerIndex) order() {
	x.table = make([]peerEnd, x.count+x.count/3+1)
	for i, piece := range x.pieces {
		for _, e := range piece {
			at := x.slot(e.where)
			for x.table[at].taken {
				at = x.after(at)
			}
			x.table[at] = e
		}
		x.pieces[i] = nil
	}
	x.pieces = nil
}

// slot returns where in the table a hash is looked for first: as far behind its start as
// the hash is among all.
func (x *peerIndex) slot(where uint64) uint64 {
	slot, _ := bits.Mul64(where, uint64(len(x.table)))
	return slot
}

func (x *peerIndex) after(slot uint64) uint64 {
	if slot++; slot < uint64(len(x.table)) {
		return slot
	}
	return 0
}

// matches are sockets at the same ends: how many, and one of them.
type matches struct {
	end *peerEnd
	n   int
}

// one returns the socket, if it is the only one.
func (m matches) one() (*peerEnd, sock.PeerStatus) {
	switch m.n {
	case 0:
		return nil, sock.PeerUnknown
	case 1:
		return m.end, sock.PeerKnown
	}
	return nil, sock.PeerAmbiguous
}

// find returns the sockets at some ends, those in a network namespace and those in
// others.
func (x *peerIndex) find(k *endKey, space uint16) (here, elsewhere matches) {
	if x.count == 0 {
		return here, elsewhere
	}
	where := maphash.Bytes(x.seed, k[:])
	for at := x.slot(where); x.table[at].taken; at = x.after(at) {
		e := &x.table[at]
		if e.where != where {
			continue
		}
		found := &elsewhere
		if e.space == space {
			found = &here
		}
		found.end, found.n = e, found.n+1
	}
	return here, elsewhere
}

// tracked reports whether there is a socket at the ends by which connection tracking
// knows it.
func (x *peerIndex) tracked(k endKey) bool {
	for _, k[0] = range [...]byte{k[0], byte(sock.MPTCP)} { // that is TCP there
		if here, elsewhere := x.find(&k, noSpace); here.n+elsewhere.n > 0 {
			return true
		}
	}
	return false
}
