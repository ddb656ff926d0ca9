package nat

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// tables asks for what nftables holds.
type tables interface {
	ListChains() ([]*nftables.Chain, error)
	GetRules(*nftables.Table, *nftables.Chain) ([]*nftables.Rule, error)
	GetSetElements(*nftables.Set) ([]nftables.SetElement, error)
}

// nftForwards reads the forwards of every table of nftables that has a chain for the
// destination of packets.
func nftForwards(from tables, local localTest) (all []sock.Forward, err error) {
	defer func() { // the library looks into attributes that are too short
		if r := recover(); r != nil {
			err = fmt.Errorf("a rule of nftables is not understood: %v", r)
		}
	}()
	chains, err := from.ListChains()
	if err != nil {
		return nil, err
	}
	begins := slices.DeleteFunc(slices.Clone(chains), func(c *nftables.Chain) bool { return !forwards(c) })
	for _, base := range begins {
		r := nftReader{from: from, table: base.Table, rules: ruleset{}, elements: map[string][]nftables.SetElement{}}
		if err := r.read(base.Name, 0); err != nil {
			return all, err
		}
		w := walk{rules: r.rules, by: "nftables", family: r.family(), local: local, outgoing: *base.Hooknum == *nftables.ChainHookOutput}
		w.chain(base.Name, match{family: r.family()}, 0)
		all = append(all, w.forwards...)
	}
	return all, nil
}

// forwards reports whether the kernel begins at a chain before it decides where a packet
// goes: one that arrives, or one of this machine's own.
func forwards(c *nftables.Chain) bool {
	return c.Type == nftables.ChainTypeNAT && c.Hooknum != nil &&
		(*c.Hooknum == *nftables.ChainHookPrerouting || *c.Hooknum == *nftables.ChainHookOutput)
}

// nftReader reads the chains of a table that can be reached.
type nftReader struct {
	from     tables
	table    *nftables.Table
	rules    ruleset
	elements map[string][]nftables.SetElement // of sets that were asked for
}

func (r *nftReader) family() sock.Family {
	switch r.table.Family {
	case nftables.TableFamilyIPv4:
		return sock.IPv4
	case nftables.TableFamilyIPv6:
		return sock.IPv6
	}
	return sock.FamilyUnknown
}

func (r *nftReader) read(chain string, depth int) error {
	if _, known := r.rules[chain]; known || depth > deepest {
		return nil
	}
	r.rules[chain] = []rule{}
	found, err := r.from.GetRules(r.table, &nftables.Chain{Name: chain, Table: r.table})
	if err != nil {
		return err
	}
	var all []rule
	for _, one := range found {
		cases := []nftCase{{rule: rule{match: match{family: r.family()}}}}
		for _, e := range one.Exprs {
			if cases, err = r.expression(cases, e); err != nil {
				return err
			}
		}
		for _, c := range cases {
			if c.target != nil || c.chain != "" {
				all = append(all, c.rule)
			}
		}
	}
	r.rules[chain] = all
	for _, one := range all {
		if one.chain != "" {
			if err := r.read(one.chain, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// nftCase is one case of a rule, as far as its expressions were read.
type nftCase struct {
	rule
	registers [20]cell
	ended     bool // by a verdict
}

// cell is what a register of 32 bits holds: a part of the packet, or a constant.
type cell struct {
	load load
	data [4]byte
	set  bool // the constant is known
}

// load is what was loaded to a register and those behind it.
type load struct {
	what   what
	offset uint32 // of a header
	size   int    // bytes
	mask   []byte
}

// what names what is loaded.
type what uint8

const (
	nothing what = iota
	something
	layer4Protocol
	networkProtocol
	networkHeader
	transportHeader
	isLocal // the kind of the destination address (RTN_LOCAL)
)

// slot returns the first register of 32 bits of a register, as the kernel numbers them
// (nft_parse_register in net/netfilter/nf_tables_api.c).
func slot(register uint32) int {
	switch {
	case register >= unix.NFT_REG_1 && register <= unix.NFT_REG_4:
		return int(register-unix.NFT_REG_1+1) * 4
	case register >= unix.NFT_REG32_00 && register <= unix.NFT_REG32_15:
		return int(register-unix.NFT_REG32_00) + 4
	}
	return 0
}

func (c *nftCase) put(register uint32, l load) {
	c.registers[slot(register)] = cell{load: l}
}

// write puts constants into registers.
func (c *nftCase) write(register uint32, data []byte) {
	for at := slot(register); len(data) > 0 && at < len(c.registers); at++ {
		cell := cell{set: true}
		n := copy(cell.data[:], data)
		c.registers[at], data = cell, data[n:]
	}
}

// constant returns the constants in registers, nil if there are none.
func (c *nftCase) constant(register uint32, size int) (data []byte) {
	for at := slot(register); len(data) < size; at++ {
		if register == 0 || at >= len(c.registers) || !c.registers[at].set {
			return nil
		}
		data = append(data, c.registers[at].data[:]...)
	}
	return data[:size]
}

// expression carries one expression out in every case of a rule.
func (r *nftReader) expression(cases []nftCase, e expr.Any) ([]nftCase, error) {
	if look, ok := e.(*expr.Lookup); ok {
		return r.lookUp(cases, look)
	}
	var next []nftCase
	for _, c := range cases {
		if c.ended {
			next = append(next, c)
			continue
		}
		for _, m := range r.simple(&c, e) {
			narrow := c
			if narrow.match = c.and(m); !narrow.never {
				next = append(next, narrow)
			}
		}
	}
	return next[:min(len(next), mostCases)], nil
}

// unasked asks for nothing.
var unasked = []match{{}}

// simple carries out an expression and returns what it asks of a packet, one of several
// where that is a list.
func (r *nftReader) simple(c *nftCase, e expr.Any) []match {
	switch e := e.(type) {
	case *expr.Meta:
		if !e.SourceRegister {
			c.put(e.Register, load{what: metaLoads[e.Key]})
			if metaLoads[e.Key] == nothing {
				c.put(e.Register, load{what: something})
			}
		}
	case *expr.Payload:
		c.put(e.DestRegister, payload(e))
	case *expr.Fib:
		kind := something
		if e.ResultADDRTYPE && e.FlagDADDR {
			kind = isLocal
		}
		c.put(e.Register, load{what: kind})
	case *expr.Ct:
		if !e.SourceRegister {
			c.put(e.Register, load{what: something})
		}
	case *expr.Numgen:
		c.put(e.Register, load{what: something})
	case *expr.Hash:
		c.put(e.DestRegister, load{what: something})
	case *expr.Bitwise:
		l := c.registers[slot(e.SourceRegister)].load
		l.mask = e.Mask
		if !zero(e.Xor) {
			l.what = something
		}
		c.put(e.DestRegister, l)
	case *expr.Cmp:
		return []match{compared(c.registers[slot(e.Register)].load, e.Op, e.Data, c.family)}
	case *expr.Range:
		return []match{ranged(c.registers[slot(e.Register)].load, e)}
	case *expr.Immediate:
		c.write(e.Register, e.Data)
	case *expr.Match:
		data, err := xt.Marshal(xt.TableFamily(r.table.Family), e.Rev, e.Info)
		if err != nil {
			return []match{{partly: true}}
		}
		return matchesOf(e.Name, int(e.Rev), data, binary.NativeEndian)
	case *expr.Limit, *expr.Quota, *expr.Connlimit:
		return []match{{partly: true}}
	default:
		r.final(c, e)
	}
	return unasked
}

// final carries out an expression that says what becomes of a packet.
func (r *nftReader) final(c *nftCase, e expr.Any) {
	switch e := e.(type) {
	case *expr.Verdict:
		c.verdict(e)
	case *expr.Target:
		data, err := xt.Marshal(xt.TableFamily(r.table.Family), e.Rev, e.Info)
		if err == nil {
			c.target = targetOf(e.Name, int(e.Rev), data, r.family(), binary.NativeEndian)
		}
	case *expr.NAT:
		if e.Type == expr.NATTypeDestNAT {
			c.target = c.natTarget(e)
		}
	case *expr.Redir:
		c.target = new(target)
		c.target.first, c.target.last = c.ports(e.RegisterProtoMin, e.RegisterProtoMax)
	}
}

func (c *nftCase) verdict(v *expr.Verdict) {
	if v.Kind == expr.VerdictJump || v.Kind == expr.VerdictGoto {
		c.chain = v.Chain
	}
	c.ended = true
}

// metaLoads are the facts about a packet that are understood.
var metaLoads = map[expr.MetaKey]what{expr.MetaKeyL4PROTO: layer4Protocol, expr.MetaKeyNFPROTO: networkProtocol}

func payload(e *expr.Payload) load {
	l := load{what: something, offset: e.Offset, size: int(e.Len)}
	switch e.Base {
	case expr.PayloadBaseNetworkHeader:
		l.what = networkHeader
	case expr.PayloadBaseTransportHeader:
		l.what = transportHeader
	}
	return l
}

// equal returns what it asks that a load has a value.
func (l load) equal(value []byte, family sock.Family) match {
	some := match{partly: true}
	switch {
	case len(value) == 0:
		return some
	case l.what == layer4Protocol:
		return protocolMatch(uint64(value[0]))
	case l.what == networkProtocol && value[0] == unix.NFPROTO_IPV4:
		return match{family: sock.IPv4}
	case l.what == networkProtocol && value[0] == unix.NFPROTO_IPV6:
		return match{family: sock.IPv6}
	case l.what == isLocal && value[0] == unix.RTN_LOCAL:
		return match{}
	case l.what == networkHeader:
		return l.header(value, family)
	case l.what == transportHeader && l.offset == 2 && len(value) >= 2 && l.mask == nil:
		port := binary.BigEndian.Uint16(value)
		return match{first: port, last: port, ports: true}
	}
	return some
}

// header compares a part of the header of IP: the destination address, of which there
// may be the first bytes alone, or the protocol.
func (l load) header(value []byte, family sock.Family) match {
	protocol, destination, size := uint32(9), uint32(16), 4
	if family == sock.IPv6 {
		protocol, destination, size = 6, 24, 16
	}
	if l.offset == protocol && len(value) == 1 {
		return protocolMatch(uint64(value[0]))
	}
	if family == sock.FamilyUnknown || l.offset != destination || len(value) > size {
		return match{partly: true}
	}
	mask := l.mask
	if mask == nil {
		mask = bytes.Repeat([]byte{0xff}, len(value))
	}
	pad := make([]byte, size)
	return destinationMatch(append(bytes.Clone(value), pad[len(value):]...), append(bytes.Clone(mask), pad[min(len(mask), size):]...))
}

// compared returns what a comparison asks. What must be unequal leaves most packets.
func compared(l load, op expr.CmpOp, data []byte, family sock.Family) match {
	m := l.equal(data, family)
	switch {
	case op == expr.CmpOpEq:
		return m
	case op == expr.CmpOpNeq && l.what == isLocal && !m.partly:
		return match{never: true}
	case op == expr.CmpOpNeq && l.what == something:
		return match{}
	case !m.ports:
		return match{partly: true}
	}
	port := m.first
	switch op {
	case expr.CmpOpGte:
		return match{first: port, last: 1<<16 - 1, ports: true}
	case expr.CmpOpGt:
		return match{first: port + 1, last: 1<<16 - 1, ports: true, never: port == 1<<16-1}
	case expr.CmpOpLte:
		return match{last: port, ports: true}
	case expr.CmpOpLt:
		return match{last: port - 1, ports: true, never: port == 0}
	}
	return match{partly: true}
}

// ranged returns what it asks that a load is in a range.
func ranged(l load, e *expr.Range) match {
	from, to := l.equal(e.FromData, sock.FamilyUnknown), l.equal(e.ToData, sock.FamilyUnknown)
	if !from.ports || !to.ports || e.Op != expr.CmpOpEq {
		return match{partly: true}
	}
	return match{first: from.first, last: to.first, ports: true, never: from.first > to.first}
}
