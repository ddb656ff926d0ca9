package bpfiter

import (
	_ "embed" // the program
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The program as bpf/build makes it, with the placeholders in it.
var (
	//go:embed bpf/task_file.el.bin
	littleEndianProgram []byte
	//go:embed bpf/task_file.eb.bin
	bigEndianProgram []byte
)

// license is what the kernel must hear to allow bpf_probe_read_kernel and
// bpf_seq_write: license_is_gpl_compatible in linux/license.h.
const license = "Dual BSD/GPL"

// The marks of the placeholders in task_file.bpf.c: the upper bits of a
// constant, the number of the placeholder being in the lower 8.
const (
	offsetMark = 0x7a000000          // in 32 bits
	wantedMark = 0x7b000000_00000000 // in 64 bits
)

// The placeholders that follow those of the offsets.
const (
	filesystem = offsetCount + iota // the magic number of the one whose files are recorded
	elsewhere                       // 1: sockets of other network namespaces too
	placeholderCount
)

// searched says which files are recorded: those of a file system, by its magic number,
// and sockets of another network namespace than that of their process.
type searched struct {
	magic     uint32
	elsewhere bool
}

// Magic numbers of file systems: linux/magic.h.
const (
	magicSockets   = 0x534F434B // SOCKFS_MAGIC
	magicAnonymous = 0x09041934 // ANON_INODE_FS_MAGIC
	magicNamespace = 0x6e736673 // NSFS_MAGIC
)

// filterSize is the number of ranges of inodes that the program itself looks for.
const filterSize = 4

// span is a range of inodes: the first, and how many follow it.
type span struct{ first, further uint64 }

// everything is the span of every inode.
var everything = []span{{0, math.MaxUint64}}

// maxOffset bounds what can be an offset: the largest struct of the kernel is a
// few pages.
const maxOffset = 1 << 20

// insnSize is the size of struct bpf_insn of linux/bpf.h: code, registers, a
// 16-bit offset and a 32-bit constant.
const insnSize = 8

const (
	opMove64 = 0xb7 // BPF_ALU64 | BPF_MOV | BPF_K
	opLoad64 = 0x18 // BPF_LD | BPF_IMM | BPF_DW, which takes two instructions
)

var errProgram = errors.New("the program does not fit its loader")

// nativeProgram returns the program for this processor.
func nativeProgram() []byte {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return littleEndianProgram
	}
	return bigEndianProgram
}

// fill returns the program with its placeholders filled in, for a kernel and for
// files with an inode in one to filterSize spans.
func fill(program []byte, order binary.ByteOrder, l *layout, files searched, spans []span) ([]byte, error) {
	if len(spans) == 0 || len(spans) > filterSize {
		return nil, fmt.Errorf("%w: %d spans", errProgram, len(spans))
	}
	if len(program)%insnSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes", errProgram, len(program))
	}
	filled := append([]byte(nil), program...)
	p := patcher{order: order, layout: l, files: files, spans: spans}
	for at := 0; at < len(filled); at += insnSize {
		insn := filled[at : at+insnSize]
		switch insn[0] {
		case opMove64:
			if err := p.move(insn); err != nil {
				return nil, err
			}
		case opLoad64:
			if len(filled)-at < 2*insnSize {
				return nil, fmt.Errorf("%w: it ends in an instruction", errProgram)
			}
			if err := p.load(insn, filled[at+insnSize:at+2*insnSize]); err != nil {
				return nil, err
			}
			at += insnSize
		}
	}
	if p.offsets != 1<<placeholderCount-1 || p.wanted != 1<<(2*filterSize)-1 {
		return nil, fmt.Errorf("%w: placeholders %#x and %#x", errProgram, p.offsets, p.wanted)
	}
	return filled, nil
}

// patcher fills in placeholders and remembers, a bit for each, which it met.
type patcher struct {
	order  binary.ByteOrder
	layout *layout
	files  searched
	spans  []span

	offsets, wanted uint32
}

// move fills in a 32-bit constant, if it is a placeholder.
func (p *patcher) move(insn []byte) error {
	constant := p.order.Uint32(insn[4:])
	if constant&^0xff != offsetMark {
		return nil
	}
	n := constant & 0xff
	var value uint32
	switch {
	case n < offsetCount:
		value = p.layout.offsets[n]
	case n == filesystem:
		value = p.files.magic
	case n == elsewhere:
		if p.files.elsewhere {
			value = 1
		}
	default:
		return fmt.Errorf("%w: placeholder %d", errProgram, n)
	}
	p.offsets |= 1 << n
	p.order.PutUint32(insn[4:], value)
	return nil
}

// load fills in a 64-bit constant, the upper half of which stands in the second
// instruction, if it is a placeholder.
func (p *patcher) load(low, high []byte) error {
	constant := uint64(p.order.Uint32(high[4:]))<<32 | uint64(p.order.Uint32(low[4:]))
	if constant&^0xff != wantedMark {
		return nil
	}
	n := constant & 0xff
	if n >= 2*filterSize {
		return fmt.Errorf("%w: wanted inode %d", errProgram, n)
	}
	p.wanted |= 1 << n
	s := p.spans[min(int(n/2), len(p.spans)-1)] // there may be fewer
	value := s.first
	if n%2 == 1 {
		value = s.further
	}
	p.order.PutUint32(low[4:], uint32(value))
	p.order.PutUint32(high[4:], uint32(value>>32))
	return nil
}
