package sock

import (
	"runtime"
	"strings"
)

// SocketType is the type given to socket(2). It is told where the protocol does
// not imply it: for unix, packet, netlink, VSOCK and TIPC sockets.
type SocketType uint8

// The types.
const (
	TypeUnknown SocketType = iota
	TypeStream
	TypeDatagram
	TypeSeqpacket
	TypeRaw
	TypeRDM
	typeEnd
)

var typeNames = [...]string{
	TypeUnknown:   "unknown",
	TypeStream:    "stream",
	TypeDatagram:  "dgram",
	TypeSeqpacket: "seqpacket",
	TypeRaw:       "raw",
	TypeRDM:       "rdm",
}

var kernelTypes = numberedTypes(runtime.GOARCH)

// numberedTypes returns the types by SOCK_* of linux/net.h. On MIPS the first two are
// the other way round (arch/mips/include/asm/socket.h). SOCK_RDM has none here: TIPC
// alone knows it.
func numberedTypes(arch string) [6]SocketType {
	types := [6]SocketType{1: TypeStream, 2: TypeDatagram, 3: TypeRaw, 5: TypeSeqpacket}
	if strings.HasPrefix(arch, "mips") {
		types[1], types[2] = types[2], types[1]
	}
	return types
}

// SocketTypeOf returns the type of the kernel's number.
func SocketTypeOf(kernel uint64) SocketType {
	if kernel >= uint64(len(kernelTypes)) {
		return TypeUnknown
	}
	return kernelTypes[kernel]
}

// String returns the name used in every format, such as "seqpacket".
func (t SocketType) String() string {
	if t >= typeEnd {
		return "unknown"
	}
	return typeNames[t]
}

// SocketTypeNames returns the names by number, the unknown one too. The slice is
// shared and must not be changed.
func SocketTypeNames() []string { return typeNames[:] }

// TypeSet is a set of socket types.
type TypeSet uint8

// AllTypes holds every type, the unknown one too.
const AllTypes TypeSet = 1<<typeEnd - 1

// Types returns the set of the given types.
func Types(ts ...SocketType) TypeSet {
	var set TypeSet
	for _, t := range ts {
		set |= 1 << t
	}
	return set
}

// TypesOf says of each protocol which types of sockets are meant; 0 is all of them.
type TypesOf [protocolEnd]TypeSet

// Allow reports whether a socket of a protocol and type is meant.
func (t *TypesOf) Allow(p Protocol, of SocketType) bool {
	return t[p] == 0 || t[p].Has(of)
}

// Has reports whether t is in the set.
func (s TypeSet) Has(t SocketType) bool { return s&(1<<t) != 0 }
