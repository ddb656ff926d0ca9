package sockdiag

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// This file says in Go what net/ipv4/inet_diag.c of Linux does with a program,
// from its source and with its checks in its order, so that programs can be
// tried without a kernel.

// kernelEntry is struct inet_diag_entry: what the kernel compares.
type kernelEntry struct {
	family       uint8
	saddr, daddr netip.Addr // of an IPv6 socket never unmapped
	sport, dport uint16
	ifIndex      uint32
	mark         uint32
	cgroup       uint64
}

// validTarget is valid_cc: whether a place, told by the bytes from it to the
// end, is the start of an instruction when they are walked by yes.
func validTarget(code []byte, cc int) bool {
	for n := len(code); n >= 0; {
		if cc >= n {
			return cc == n
		}
		yes := int(code[len(code)-n+1])
		if yes < 4 || yes&3 != 0 {
			return false
		}
		n -= yes
	}
	return false
}

// leastLen is the size that inet_diag_bc_audit wants of an instruction with
// what follows it; 0 if it refuses the instruction.
func leastLen(b []byte) int {
	switch b[0] {
	case 0, 1, 6: // NOP, JMP, AUTO
		return 4
	case 2, 3, 4, 5, 11, 12: // S_GE S_LE D_GE D_LE S_EQ D_EQ
		return 8
	case 7, 8: // S_COND D_COND
		if len(b) < 12 {
			return 0
		}
		size, known := map[uint8]int{0: 0, 2: 4, 10: 16}[b[4]]
		if !known || int(b[5]) > 8*size {
			return 0
		}
		return 12 + size
	case 9: // DEV_COND
		return 8
	case 10, 13: // MARK_COND CGROUP_COND
		return 12
	}
	return 0
}

// audit is inet_diag_bc_audit of a process with CAP_NET_ADMIN: whether the
// kernel takes the program.
func audit(code []byte) bool {
	if len(code) < 4 {
		return false
	}
	b := code
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		least := leastLen(b)
		if least == 0 || len(b) < least {
			return false
		}
		yes, no := int(b[1]), int(native.Uint16(b[2:]))
		if b[0] != 0 {
			if no < least || no > len(b)+4 || no&3 != 0 {
				return false
			}
			if no < len(b) && !validTarget(code, len(b)-no) {
				return false
			}
		}
		if yes < least || yes > len(b) || yes&3 != 0 {
			return false
		}
		b = b[yes:]
	}
	return true
}

// passes is inet_diag_bc_run: whether a program that was taken lets a socket
// through. It counts the instructions.
func passes(code []byte, e *kernelEntry) (pass bool, steps int) {
	n := len(code)
	for n > 0 {
		steps++
		b := code[len(code)-n:]
		if instruction(b, e) {
			n -= int(b[1])
		} else {
			n -= int(native.Uint16(b[2:]))
		}
	}
	return n == 0, steps
}

func instruction(b []byte, e *kernelEntry) bool {
	port := func() uint16 { return native.Uint16(b[6:]) }
	switch b[0] {
	case 1:
		return false
	case 2:
		return e.sport >= port()
	case 3:
		return e.sport <= port()
	case 4:
		return e.dport >= port()
	case 5:
		return e.dport <= port()
	case 7:
		return hostCondition(b[4:], e, e.saddr, e.sport)
	case 8:
		return hostCondition(b[4:], e, e.daddr, e.dport)
	case 9:
		return native.Uint32(b[4:]) == e.ifIndex
	case 10:
		return e.mark&native.Uint32(b[8:]) == native.Uint32(b[4:])
	case 13:
		return native.Uint64(b[4:]) == e.cgroup
	}
	return true
}

// hostCondition compares with struct inet_diag_hostcond.
func hostCondition(cond []byte, e *kernelEntry, addr netip.Addr, port uint16) bool {
	family, bits := cond[0], int(cond[1])
	if want := int32(native.Uint32(cond[4:])); want != -1 && want != int32(port) {
		return false
	}
	raw := addr.AsSlice()
	if family != 0 && family != e.family {
		return e.family == 10 && family == 2 && addr.Is4In6() && samePrefix(raw[12:], cond[8:], bits)
	}
	return bits == 0 || samePrefix(raw, cond[8:], bits)
}

// samePrefix is bitstring_match.
func samePrefix(a, b []byte, bits int) bool {
	if whole := bits / 32 * 4; !bytes.Equal(a[:whole], b[:whole]) {
		return false
	}
	rest := bits % 32
	if rest == 0 {
		return true
	}
	at := bits / 32 * 4
	mask := ^uint32(0) << (32 - rest)
	return (binary.BigEndian.Uint32(a[at:])^binary.BigEndian.Uint32(b[at:]))&mask == 0
}
