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
// and port.
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

// noSpace is the number of a network namespace that is not known.
const noSpace = math.MaxUint16

// peerEnd is a socket that may be the other end of a connection. 128 bits of a hash with
// a secret seed stand for where it is: that two sockets have the same is less likely
// than that the memory fails, and an entry takes half a cache line.
type peerEnd struct {
	where digest
	inode uint64 // 0: it has none
	next  uint32 // of the ends in the same bucket; 0 ends them
	space uint16 // index of peerIndex.spaces
	state uint8  // a sock.State
}

type digest [2]uint64

// endsPiece is how many ends a piece of the index holds: a slice that grows would
// hold them twice while it does.
const endsPiece = 1024

// peerIndex holds the sockets that may be the other end of a connection: 32 bytes for
// each, and for its bucket at most 16.
type peerIndex struct {
	seeds   [2]maphash.Seed
	spaces  []uint64          // inodes of the network namespaces
	numbers map[uint64]uint16 // of the namespaces in spaces
	pieces  [][]peerEnd
	count   int
	buckets []uint32 // the first of each, counted from 1
}

func newPeerIndex() *peerIndex {
	return &peerIndex{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, numbers: map[uint64]uint16{}}
}

func (x *peerIndex) digest(k *endKey) digest {
	return digest{maphash.Bytes(x.seeds[0], k[:]), maphash.Bytes(x.seeds[1], k[:])}
}

// space returns the number of a network namespace.
func (x *peerIndex) space(inode uint64) uint16 {
	number, known := x.numbers[inode]
	if !known && len(x.spaces) < noSpace { // of as many the kernel has no room
		number = uint16(len(x.spaces))
		x.spaces, x.numbers[inode] = append(x.spaces, inode), number
	}
	return number
}

// add adds a socket. [peerIndex.order] comes before the first question.
func (x *peerIndex) add(k endKey, s *sock.Socket, space uint16) {
	last := len(x.pieces) - 1
	if last < 0 || len(x.pieces[last]) == endsPiece {
		x.pieces = append(x.pieces, make([]peerEnd, 0, endsPiece))
		last++
	}
	x.pieces[last] = append(x.pieces[last], peerEnd{where: x.digest(&k), state: uint8(s.State), space: space, inode: s.Inode})
	x.count++
}

func (x *peerIndex) at(number uint32) *peerEnd {
	return &x.pieces[(number-1)/endsPiece][(number-1)%endsPiece]
}

// order puts the sockets into buckets.
func (x *peerIndex) order() {
	x.buckets = make([]uint32, 2<<bits.Len(uint(x.count)))
	for number := uint32(1); int(number) <= x.count; number++ {
		e := x.at(number)
		bucket := x.bucket(e.where)
		e.next, *bucket = *bucket, number
	}
}

func (x *peerIndex) bucket(d digest) *uint32 { return &x.buckets[d[0]&uint64(len(x.buckets)-1)] }

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
	where := x.digest(k)
	for number := *x.bucket(where); number != 0; {
		e := x.at(number)
		if number = e.next; e.where != where {
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
