package sockdiag

import (
	"net/netip"
)

// INET_DIAG_BC_* of linux/inet_diag.h: what an instruction of a program in
// INET_DIAG_REQ_BYTECODE tests. INET_DIAG_BC_AUTO (6) is left out: it says
// whether bind(2) chose the port, which no row of a dump tells, so nothing that
// has only the row could decide the same. INET_DIAG_BC_S_EQ and D_EQ (11, 12)
// are left out too: a condition with a port alone does the same on kernels that
// lack them.
const (
	bcNop        = 0
	bcJump       = 1  // INET_DIAG_BC_JMP
	bcSportGE    = 2  // INET_DIAG_BC_S_GE
	bcSportLE    = 3  // INET_DIAG_BC_S_LE
	bcDportGE    = 4  // INET_DIAG_BC_D_GE
	bcDportLE    = 5  // INET_DIAG_BC_D_LE
	bcSourceCond = 7  // INET_DIAG_BC_S_COND
	bcDestCond   = 8  // INET_DIAG_BC_D_COND
	bcDevCond    = 9  // INET_DIAG_BC_DEV_COND, Linux 4.3
	bcMarkCond   = 10 // INET_DIAG_BC_MARK_COND, Linux 4.8; needs CAP_NET_ADMIN
	bcCgroupCond = 13 // INET_DIAG_BC_CGROUP_COND, Linux 5.9
)

const (
	// bcOpLen is the size of struct inet_diag_bc_op: code u8, yes u8, no u16 in
	// host byte order. yes and no are the distances in bytes to what follows if
	// the test succeeds or fails.
	bcOpLen = 4
	// bcAnyPort in inet_diag_hostcond.port compares no port.
	bcAnyPort = -1
	// inetDiagReqBytecode is the attribute of a request that holds a program.
	inetDiagReqBytecode = 1
	// maxProgram bounds a program in bytes. An attribute holds 64 KiB less its
	// header, and so far a jump goes. The kernel runs the program for every
	// socket, though: at some 300 tests that costs it as much as giving the row.
	maxProgram = 4 << 10
)

// bcTest is one instruction that tests: its code and what follows it.
type bcTest struct {
	code uint8
	args []byte
}

func (t bcTest) size() int { return bcOpLen + len(t.args) }

// end chooses the instruction of an end.
func end(remote bool, local, other uint8) uint8 {
	if remote {
		return other
	}
	return local
}

// portTest compares a port: GE or LE. The number stands in the field no of an
// instruction of its own (valid_port_comparison).
func portTest(code uint8, port uint16) bcTest {
	args := make([]byte, bcOpLen)
	native.PutUint16(args[2:], port)
	return bcTest{code, args}
}

// hostTest is INET_DIAG_BC_S_COND or D_COND with struct inet_diag_hostcond:
// family u8, prefix_len u8, two bytes of padding, port int, and the address in
// network byte order: none, 4 or 16 bytes. The invalid prefix is AF_UNSPEC, with
// which the kernel compares the port alone. An IPv4 prefix holds v4-mapped
// addresses of IPv6 sockets too (inet_diag_bc_run).
func hostTest(remote bool, prefix netip.Prefix, port int32) bcTest {
	args := make([]byte, 8, 8+16)
	native.PutUint32(args[4:], uint32(port))
	switch a := prefix.Addr(); {
	case !prefix.IsValid():
	case a.Is4():
		args[0], args[1] = afInet, uint8(prefix.Bits())
		four := a.As4()
		args = append(args, four[:]...)
	default:
		args[0], args[1] = afInet6, uint8(prefix.Bits())
		sixteen := a.As16()
		args = append(args, sixteen[:]...)
	}
	return bcTest{end(remote, bcSourceCond, bcDestCond), args}
}

// deviceTest compares the bound device: u32 ifindex.
func deviceTest(index uint32) bcTest { return bcTest{bcDevCond, native.AppendUint32(nil, index)} }

// markTest is struct inet_diag_markcond: mark u32, mask u32.
func markTest(value, mask uint32) bcTest {
	return bcTest{bcMarkCond, native.AppendUint32(native.AppendUint32(nil, value), mask)}
}

// cgroupTest compares the number of the cgroup: u64.
func cgroupTest(id uint64) bcTest { return bcTest{bcCgroupCond, native.AppendUint64(nil, id)} }

// appendAttribute appends a netlink attribute with its padding.
func appendAttribute(b []byte, kind uint16, value []byte) []byte {
	b = native.AppendUint16(b, uint16(nlaHeaderLen+len(value)))
	b = native.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, align4(len(value))-len(value))...)
}

// assembler lays out the instructions of a formula. Every jump goes forward: a
// test that succeeds falls to the instruction behind it, one that fails jumps.
type assembler struct {
	code   []byte
	places []int // of the labels, by number; -1 until they are placed
	jumps  []jump
}

// jump is an instruction at a place whose field no leads to a label.
type jump struct{ at, label int }

// assemble returns the program of a formula, or nil if it does not fit into
// limit bytes. It is accepted where the end is reached exactly and rejected by a
// jump four bytes beyond it, which no other jump may do (inet_diag_bc_audit).
func assemble(f *formula, limit int) []byte {
	if f.size() > limit {
		return nil
	}
	var a assembler
	accept, reject := a.label(), a.label()
	a.formula(f, accept, reject, accept)
	a.place(accept)
	a.places[reject] = len(a.code) + bcOpLen
	for _, j := range a.jumps {
		native.PutUint16(a.code[j.at+2:], uint16(a.places[j.label]-j.at))
	}
	return a.code
}

func (a *assembler) label() int {
	a.places = append(a.places, -1)
	return len(a.places) - 1
}

func (a *assembler) place(label int) { a.places[label] = len(a.code) }

// formula appends the code of f, which leads to yes or to no. next is the one of
// them that stands right behind it.
func (a *assembler) formula(f *formula, yes, no, next int) {
	switch f.kind {
	case formulaTest:
		a.test(f.test, yes, no, next)
	case formulaNot:
		a.formula(f.kids[0], no, yes, next)
	case formulaAll:
		last := len(f.kids) - 1
		for _, kid := range f.kids[:last] {
			behind := a.label()
			a.formula(kid, behind, no, behind)
			a.place(behind)
		}
		a.formula(f.kids[last], yes, no, next)
	case formulaAny:
		last := len(f.kids) - 1
		for _, kid := range f.kids[:last] {
			behind := a.label()
			a.formula(kid, yes, behind, behind)
			a.place(behind)
		}
		a.formula(f.kids[last], yes, no, next)
	}
}

// test appends one instruction, and one that jumps if success does not lead to
// what stands behind it.
func (a *assembler) test(t bcTest, yes, no, next int) {
	a.op(t.code, uint8(t.size()), no)
	a.code = append(a.code, t.args...)
	if next != yes {
		a.op(bcJump, bcOpLen, yes)
	}
}

// op appends struct inet_diag_bc_op. The kernel reads no of a jump, but walks
// over it by yes.
func (a *assembler) op(code, yes uint8, no int) {
	a.jumps = append(a.jumps, jump{len(a.code), no})
	a.code = append(a.code, code, yes)
	a.code = native.AppendUint16(a.code, 0)
}
