package bpfiter

import (
	"errors"
	"fmt"
	"slices"
)

// The placeholders of task_file.bpf.c for offsets in bytes, in its order.
const (
	fileInode = iota
	inodeNumber
	inodeSuper
	superMagic
	taskSignal
	taskPID
	taskLeader
	taskName
	taskStart
	signalTGID
	pidLevel
	pidNumbers
	upidSize
	filePrivate // these are found when they are needed: see findSpaces
	socketSock
	sockNet
	taskSpaces
	spacesNet
	netNumber
	offsetCount
)

// layout is what the program must know about a kernel.
type layout struct {
	offsets [offsetCount]uint32
	// hook is the type of the function bpf_iter_task_file, which stands for the
	// iterator (DEFINE_BPF_ITER_FUNC of linux/bpf.h).
	hook uint32
}

// pidTGID is the place of PIDTYPE_TGID in signal_struct.pids, in bytes: it is 1
// since Linux 4.19, and the iterators are younger.
const pidTGID = 1 * 8

const hookName = "bpf_iter_task_file"

// errMissing is the error of a kernel that has not what the program needs; errNoHook
// that of one without the iterator.
var (
	errMissing = errors.New("BTF has no")
	errNoHook  = fmt.Errorf("%w function %s", errMissing, hookName)
)

// Bounds for data that is no kernel's: a kernel has one struct of each name, and
// at most a few anonymous structs in it.
const (
	maxCandidates = 32
	maxAnonymous  = 256
	maxDepth      = 4
)

// candidate is a struct of a wanted name.
type candidate struct {
	target  int
	size    uint32
	found   uint32 // bit i: fields[i]
	offsets [slotCount]uint32
}

// complete reports whether a candidate has what is needed.
func (s *layoutSearch) complete(c *candidate) bool {
	return c.found == 1<<len(s.targets[c.target].fields)-1
}

// anonymous is an anonymous member that may hold wanted ones: randstruct and
// unions put members there.
type anonymous struct {
	candidate int
	typeID    uint32
	offset    uint32
}

// layoutSearch looks for targets in BTF.
type layoutSearch struct {
	btf
	targets    []target
	initials   [256]bool // of their names, so that most names need no comparison
	candidates []candidate
	anonymous  []anonymous
	matched    []anonymous // see inner; kept for its memory
	done       uint32      // bit i: targets[i] has a complete candidate
	hook       uint32      // 0: it is looked for too
}

// findLayout reads BTF data, of either byte order. The error wraps errMissing if
// the kernel has no such iterator or members, else the data is not understood.
func findLayout(data []byte) (l layout, err error) {
	all, err := l.search(data, targets)
	if err != nil {
		return layout{}, err
	}
	all[signalTGID] += pidTGID
	all[pidNumbers] += all[upidNumber]
	return l, l.take(all[:filePrivate], 0)
}

// findSpaces adds what leads to network namespaces to a layout. The errors are as those
// of findLayout.
func (l *layout) findSpaces(data []byte) error {
	all, err := l.search(data, spaceTargets)
	if err != nil {
		return err
	}
	all[netNumber] += all[commonNumber]
	return l.take(all[filePrivate:offsetCount], filePrivate)
}

// take takes offsets over, from a slot on.
func (l *layout) take(offsets []uint32, from int) error {
	for i, offset := range offsets {
		if offset > maxOffset {
			return fmt.Errorf("%w: offset %d", errBTF, offset)
		}
		l.offsets[from+i] = offset
	}
	return nil
}

// search looks for some targets in BTF, and for the hook if that is not known.
func (l *layout) search(data []byte, targets []target) (all [slotCount]uint32, err error) {
	t, err := parseBTF(data)
	if err != nil {
		return all, err
	}
	s := layoutSearch{btf: t, targets: targets, hook: l.hook}
	for _, t := range targets {
		s.initials[t.name[0]] = true
	}
	if err := s.structs(); err != nil {
		return all, err
	}
	for range maxDepth {
		if s.all() || len(s.anonymous) == 0 {
			break
		}
		if err := s.descend(); err != nil {
			return all, err
		}
	}
	if l.hook = s.hook; l.hook == 0 {
		return all, errNoHook
	}
	return s.result()
}

// all reports whether every target has a complete candidate.
func (s *layoutSearch) all() bool { return s.done == 1<<len(s.targets)-1 }

// structs is the one pass over the types that most kernels need. It ends when
// everything has been found.
func (s *layoutSearch) structs() (err error) {
	c := typeCursor{btf: &s.btf}
	for !s.all() {
		more, err := c.step()
		if err != nil || !more {
			return err
		}
		switch {
		case c.kind == kindFunc:
			if s.hook == 0 && s.named(c.name, hookName) {
				s.hook = c.id
			}
		case c.kind == kindStruct || c.kind == kindUnion:
			s.inner(&c)
			if c.kind == kindStruct && s.initials[s.initial(c.name)] {
				s.consider(&c)
			}
		}
	}
	if s.hook == 0 { // functions come last
		s.hook, err = c.function(hookName)
	}
	return err
}

// consider looks at a struct that may be a target.
func (s *layoutSearch) consider(c *typeCursor) {
	for i := range s.targets {
		if s.done&(1<<i) != 0 || len(s.candidates) == maxCandidates || !s.named(c.name, s.targets[i].name) {
			continue
		}
		s.candidates = append(s.candidates, candidate{target: i, size: c.size})
		s.look(c, len(s.candidates)-1, 0)
	}
}

// inner looks into the current type if it is an anonymous member of a candidate.
// It mostly is told after the struct that it is a member of.
func (s *layoutSearch) inner(c *typeCursor) {
	s.matched = s.matched[:0]
	s.anonymous = slices.DeleteFunc(s.anonymous, func(a anonymous) bool {
		if a.typeID == c.id {
			s.matched = append(s.matched, a)
		}
		return a.typeID == c.id
	})
	for _, a := range s.matched {
		s.look(c, a.candidate, a.offset)
	}
}

// look takes the wanted members of the current type, which stands at an offset
// of the candidate.
func (s *layoutSearch) look(c *typeCursor, index int, base uint32) {
	found := &s.candidates[index]
	fields := s.targets[found.target].fields
	for m := range c.each {
		if m.bits {
			continue
		}
		if m.name == 0 {
			if len(s.anonymous) < maxAnonymous {
				s.anonymous = append(s.anonymous, anonymous{index, m.typeID, base + m.offset})
			}
			continue
		}
		for i, f := range fields {
			if found.found&(1<<i) == 0 && s.named(m.name, f.name) {
				found.found |= 1 << i
				found.offsets[f.slot] = base + m.offset
			}
		}
	}
	if s.complete(found) {
		s.done |= 1 << found.target
		s.anonymous = slices.DeleteFunc(s.anonymous, func(a anonymous) bool { return a.candidate == index })
	}
}

// descend looks into the anonymous members that were told before the struct.
func (s *layoutSearch) descend() error {
	c := typeCursor{btf: &s.btf}
	for {
		more, err := c.step()
		if err != nil || !more {
			return err
		}
		if c.kind == kindStruct || c.kind == kindUnion {
			s.inner(&c)
		}
	}
}

// result puts the offsets together.
func (s *layoutSearch) result() (all [slotCount]uint32, err error) {
	for i, t := range s.targets {
		c := s.best(i)
		if c == nil {
			return all, fmt.Errorf("%w struct %s", errMissing, t.name)
		}
		for j, f := range t.fields {
			if c.found&(1<<j) == 0 {
				return all, fmt.Errorf("%w %s.%s", errMissing, t.name, f.name)
			}
			all[f.slot] = c.offsets[f.slot]
		}
		if t.size != noSlot {
			all[t.size] = c.size
		}
	}
	return all, nil
}

// best returns the complete candidate of a target, or else the first one.
func (s *layoutSearch) best(target int) *candidate {
	var first *candidate
	for i := range s.candidates {
		c := &s.candidates[i]
		if c.target != target {
			continue
		}
		if s.complete(c) {
			return c
		}
		if first == nil {
			first = c
		}
	}
	return first
}
