package bpfiter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The kinds of BTF types: BTF_KIND_* of linux/btf.h.
const (
	kindStruct     = 4
	kindUnion      = 5
	kindFunc       = 12
	kindsKnown     = 20
	kindImpossible = 0
)

// extra says what follows the 12 bytes of a type, by its kind: a fixed number of
// bytes, and a number for each of its vlen members (linux/btf.h; 19 is ENUM64).
var extra = [kindsKnown]struct{ fixed, each uint8 }{
	1: {fixed: 4}, 3: {fixed: 12}, kindStruct: {each: 12}, kindUnion: {each: 12}, 6: {each: 8},
	13: {each: 8}, 14: {fixed: 4}, 15: {each: 12}, 17: {fixed: 4}, 19: {each: 12},
}

const (
	btfMagic      = 0xEB9F
	btfHeaderSize = 24 // struct btf_header
	typeSize      = 12 // struct btf_type
	memberSize    = 12 // struct btf_member
)

var errBTF = errors.New("BTF: not understood")

// btf is the type information of a kernel, in the byte order of that kernel.
type btf struct {
	types   []byte
	strings []byte
	swap    bool // the byte order is not this machine's
}

// parseBTF finds the sections of BTF data.
func parseBTF(data []byte) (btf, error) {
	var t btf
	if len(data) < btfHeaderSize {
		return t, fmt.Errorf("%w: %d bytes", errBTF, len(data))
	}
	switch magic := binary.NativeEndian.Uint16(data); magic {
	case btfMagic:
	case bits.ReverseBytes16(btfMagic):
		t.swap = true
	default:
		return t, fmt.Errorf("%w: magic number %#x", errBTF, magic)
	}
	header := uint64(t.u32(data, 4))
	if header < btfHeaderSize {
		return t, fmt.Errorf("%w: header of %d bytes", errBTF, header)
	}
	var ok [2]bool
	t.types, ok[0] = section(data, header+uint64(t.u32(data, 8)), t.u32(data, 12))
	t.strings, ok[1] = section(data, header+uint64(t.u32(data, 16)), t.u32(data, 20))
	if !ok[0] || !ok[1] {
		return t, fmt.Errorf("%w: a section is cut off", errBTF)
	}
	return t, nil
}

func section(data []byte, offset uint64, size uint32) ([]byte, bool) {
	if offset > uint64(len(data)) || uint64(size) > uint64(len(data))-offset {
		return nil, false
	}
	return data[offset : offset+uint64(size)], true
}

// u32 reads a number; the caller has made sure that it is there.
func (t *btf) u32(b []byte, at int) uint32 {
	v := binary.NativeEndian.Uint32(b[at:])
	if t.swap {
		v = bits.ReverseBytes32(v)
	}
	return v
}

// named reports whether the string at an offset is the name.
func (t *btf) named(offset uint32, name string) bool {
	if uint64(offset)+uint64(len(name)) >= uint64(len(t.strings)) {
		return false
	}
	s := t.strings[offset:]
	return string(s[:len(name)]) == name && s[len(name)] == 0
}

// initial returns the first byte of the string at an offset.
func (t *btf) initial(offset uint32) byte {
	if uint64(offset) >= uint64(len(t.strings)) {
		return 0
	}
	return t.strings[offset]
}

// typeCursor walks over the types. The first one has the number 1.
type typeCursor struct {
	*btf
	next int    // offset of the next type
	id   uint32 // number of the current type

	name    uint32 // offset of its name
	kind    uint8
	flag    bool   // kind_flag: the members' offsets hold the size of bit fields too
	size    uint32 // of a struct or union, in bytes
	members []byte
}

// extent returns how many bytes the first of some types takes, 0 if it is cut off or of
// a kind that is not known; kind and info are what is told of it all the same.
func (t *btf) extent(types []byte) (n int, kind, info uint32) {
	if len(types) < typeSize {
		return 0, 0, 0
	}
	info = t.u32(types, 4)
	kind = info >> 24 & 0x1f
	if kind >= kindsKnown || kind == kindImpossible {
		return 0, kind, info
	}
	n = typeSize + int(extra[kind].fixed) + int(extra[kind].each)*int(info&0xffff)
	if n > len(types) {
		return 0, kind, info
	}
	return n, kind, info
}

// step goes to the next type. At the end it returns false without an error.
func (c *typeCursor) step() (bool, error) {
	rest := c.types[c.next:]
	if len(rest) == 0 {
		return false, nil
	}
	n, kind, info := c.extent(rest)
	switch {
	case len(rest) >= typeSize && (kind >= kindsKnown || kind == kindImpossible):
		return false, fmt.Errorf("%w: type %d is of kind %d", errBTF, c.id+1, kind)
	case n == 0:
		return false, fmt.Errorf("%w: type %d is cut off", errBTF, c.id+1)
	}
	c.id++
	c.next += n
	c.name, c.size = c.u32(rest, 0), c.u32(rest, 8)
	c.kind, c.flag = uint8(kind), info>>31 != 0
	c.members = rest[typeSize:n]
	return true, nil
}

// function returns the number of the function of a name among the types that are left;
// 0 if there is none. A kernel has some 60,000 types before it, so they are stepped over
// with nothing else done.
func (c *typeCursor) function(name string) (uint32, error) {
	id, rest := c.id, c.types[c.next:]
	for len(rest) > 0 {
		n, kind, _ := c.extent(rest)
		if n == 0 {
			break
		}
		id++
		if kind == kindFunc && c.named(c.u32(rest, 0), name) {
			return id, nil
		}
		rest = rest[n:]
	}
	c.id, c.next = id, len(c.types)-len(rest)
	_, err := c.step() // the end, or what is not understood
	return 0, err
}

// member is a member of a struct or union.
type member struct {
	name   uint32 // offset of its name; 0 for an anonymous one
	typeID uint32
	offset uint32 // in bytes
	bits   bool   // a bit field, which has no offset in bytes
}

// each calls yield for each member of the current struct or union.
func (c *typeCursor) each(yield func(member) bool) {
	for b := c.members; len(b) >= memberSize; b = b[memberSize:] {
		offset := c.u32(b, 8)
		width := uint32(0)
		if c.flag { // BTF_MEMBER_BITFIELD_SIZE, BTF_MEMBER_BIT_OFFSET
			offset, width = offset&0xffffff, offset>>24
		}
		m := member{c.u32(b, 0), c.u32(b, 4), offset / 8, width != 0 || offset%8 != 0}
		if !yield(m) {
			return
		}
	}
}
