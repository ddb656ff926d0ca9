package bpfiter

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// distinct returns a layout that tells every offset from the others.
func distinct() *layout {
	l := &layout{hook: 1}
	for i := range l.offsets {
		l.offsets[i] = 5000 + uint32(i)
	}
	return l
}

// instruction is one of a program, without its registers, which stand in the
// other half of the byte on a big-endian machine.
type instruction struct {
	Code     byte
	Constant uint32
}

func instructions(program []byte, order binary.ByteOrder) (all []instruction) {
	for at := 0; at < len(program); at += insnSize {
		all = append(all, instruction{program[at], order.Uint32(program[at+4:])})
	}
	return all
}

func TestFillPrograms(t *testing.T) {
	few := []span{{0x1_0000_0002, 7}, {3, 0}}
	for _, spans := range [][]span{everything, few} {
		var both [2][]instruction
		for i, program := range [][]byte{littleEndianProgram, bigEndianProgram} {
			filled, err := fill(program, orders[i], distinct(), searched{magic: 4000}, spans)
			if err != nil {
				t.Fatal(err)
			}
			both[i] = instructions(filled, orders[i])
		}
		if d := cmp.Diff(both[0], both[1]); d != "" {
			t.Errorf("the programs of the two byte orders differ: %s", d)
		}
		seen := map[uint32]int{}
		var wide []uint64
		for i, insn := range both[0] {
			if insn.Constant>>24 == offsetMark>>24 || insn.Constant>>24 == wantedMark>>56 {
				t.Errorf("instruction %d still has the placeholder %#x", i, insn.Constant)
			}
			if insn.Code == opMove64 {
				seen[insn.Constant]++
			}
			if insn.Code == opLoad64 {
				wide = append(wide, uint64(both[0][i+1].Constant)<<32|uint64(insn.Constant))
			}
		}
		if seen[4000] != 1 {
			t.Error("the file system is nowhere")
		}
		for _, offset := range distinct().offsets {
			if seen[offset] == 0 {
				t.Errorf("the offset %d is nowhere", offset)
			}
		}
		last := spans[len(spans)-1] // stands for those that are not there
		want := []uint64{spans[0].first, spans[0].further}
		for len(want) < 2*filterSize {
			want = append(want, last.first, last.further)
		}
		if d := cmp.Diff(want, wide); d != "" {
			t.Errorf("spans %v: %s", spans, d)
		}
	}
	for _, n := range []int{0, filterSize + 1} {
		if _, err := fill(littleEndianProgram, binary.LittleEndian, distinct(), searched{magic: 4000}, make([]span, n)); err == nil {
			t.Errorf("%d spans are no error", n)
		}
	}
}

func TestFillAnotherProgram(t *testing.T) {
	p := littleEndianProgram
	more := append([]byte{opMove64, 0, 0, 0, placeholderCount, 0, 0, 0x7a}, p...)
	wide := append([]byte{opLoad64, 0, 0, 0, 2 * filterSize, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7b}, p...)
	for name, program := range map[string][]byte{
		"nothing":               {},
		"half an instruction":   p[:len(p)-4],
		"the first half":        p[:len(p)/2/insnSize*insnSize],
		"an unknown offset":     more,
		"an unknown inode":      wide,
		"a cut 64-bit constant": append(p[:len(p):len(p)], wide[:insnSize]...),
	} {
		if _, err := fill(program, binary.LittleEndian, distinct(), searched{magic: 4000}, everything); !errors.Is(err, errProgram) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add(littleEndianProgram, true)
	f.Add(bigEndianProgram, false)
	f.Fuzz(func(t *testing.T, program []byte, little bool) {
		order := orders[1]
		if little {
			order = orders[0]
		}
		before := string(program)
		filled, err := fill(program, order, distinct(), searched{magic: 4000}, []span{{1, 0}})
		if string(program) != before {
			t.Error("the program itself was changed")
		}
		if err == nil && len(filled) != len(program) {
			t.Errorf("%d bytes of %d", len(filled), len(program))
		}
	})
}
