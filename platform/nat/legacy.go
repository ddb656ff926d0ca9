package nat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"sockeye/sock"
)

// layout says where the members of an entry are: struct ipt_entry of
// linux/netfilter_ipv4/ip_tables.h, struct ip6t_entry of
// linux/netfilter_ipv6/ip6_tables.h. Counters are 64 bits wide, which i386 aligns to 4.
type layout struct {
	family                         sock.Family
	addr                           int // bytes of an address
	proto, inverted                int
	targetOffset, nextOffset, size int
}

var (
	layout4 = layout{family: sock.IPv4, addr: 4, proto: 80, inverted: 83, targetOffset: 88, nextOffset: 90, size: 112}
	layout6 = layout{family: sock.IPv6, addr: 16, proto: 128, inverted: 132, targetOffset: 140, nextOffset: 142, size: 168}
)

// The flags of struct ipt_ip that are inverted, as they are called there (IPT_INV_*).
const (
	invertedDevice      = 0x01
	invertedDestination = 0x10
	invertedProtocol    = 0x40
)

// header is the size of struct xt_entry_match and of struct xt_entry_target without
// data: size, name of 29 bytes, revision.
const header = 32

// hooks are the entries at which the kernel begins in a table, by number of the hook.
type hooks [5]uint32

// errEntries is the error of rules that are cut off or out of order.
var errEntries = errors.New("the rules of iptables are not understood")

// parseLegacy reads the rules of the nat table as IPT_SO_GET_ENTRIES tells them, behind
// struct ipt_get_entries. A chain is named by the offset of its first rule.
func parseLegacy(data []byte, l layout, h hooks, order binary.ByteOrder) (ruleset, error) {
	starts := map[int]bool{}
	for _, at := range h { // those that the table has no hook for say 0
		starts[int(at)] = true
	}
	rules, chain := ruleset{}, "0"
	for at := 0; at < len(data); {
		entry := data[at:]
		if len(entry) < l.size {
			return nil, errEntries
		}
		target, next := int(order.Uint16(entry[l.targetOffset:])), int(order.Uint16(entry[l.nextOffset:]))
		if target < l.size || next < target+header || next > len(entry) {
			return nil, errEntries
		}
		if starts[at] {
			chain = strconv.Itoa(at)
		}
		if name := text(entry[target+2 : target+header-1]); name == "ERROR" { // the head of a chain of the user's
			chain = strconv.Itoa(at + next)
		} else {
			all, err := l.rules(entry[:next], target, order)
			if err != nil {
				return nil, err
			}
			rules[chain] = append(rules[chain], all...)
		}
		at += next
	}
	return rules, nil
}

// rules reads one entry, whose target begins at an offset: a rule for each case of it.
func (l layout) rules(entry []byte, target int, order binary.ByteOrder) ([]rule, error) {
	all := []rule{{match: l.entryMatch(entry, order)}}
	for at := l.size; at < target; {
		if target-at < header {
			return nil, errEntries
		}
		size := int(order.Uint16(entry[at:]))
		if size < header || size > target-at {
			return nil, errEntries
		}
		all = narrowed(all, matchesOf(text(entry[at+2:at+header-1]), int(entry[at+header-1]), entry[at+header:at+size], order))
		at += size
	}
	name := text(entry[target+2 : target+header-1])
	for i := range all {
		all[i].end(name, int(entry[target+header-1]), entry[target+header:], l.family, order)
	}
	return all, nil
}

// narrowed returns the cases of a rule that asks for one of some matches too.
func narrowed(all []rule, matches []match) []rule {
	var cases []rule
	for _, r := range all {
		for _, m := range matches {
			r := r
			if r.match = r.and(m); !r.never && len(cases) < mostCases {
				cases = append(cases, r)
			}
		}
	}
	return cases
}

// mostCases bounds the cases of one rule.
const mostCases = 1 << 12

// entryMatch reads what an entry asks of the header of a packet.
func (l layout) entryMatch(entry []byte, order binary.ByteOrder) match {
	m := match{family: l.family}
	inverted := entry[l.inverted]
	if p := order.Uint16(entry[l.proto:]); p != 0 {
		if inverted&invertedProtocol != 0 {
			m.partly = true
		} else {
			m = m.and(protocolMatch(uint64(p)))
		}
	}
	// Source, destination, the mask of either, and the device that packets come from.
	// One that they must not come from is that of the container itself.
	if mask := entry[3*l.addr : 4*l.addr]; !zero(mask) {
		if inverted&invertedDestination != 0 {
			m.partly = true
		} else {
			m = m.and(destinationMatch(entry[l.addr:2*l.addr], mask))
		}
	}
	device := entry[4*l.addr : 4*l.addr+16]
	m.partly = m.partly || !zero(entry[2*l.addr:3*l.addr]) || !zero(device) && inverted&invertedDevice == 0
	return m
}

// end reads the target of a rule.
func (r *rule) end(name string, revision int, data []byte, family sock.Family, order binary.ByteOrder) {
	switch name {
	case "": // a verdict: not negative is the chain to go on in
		if len(data) >= 4 {
			if v := int32(order.Uint32(data)); v >= 0 {
				r.chain = strconv.Itoa(int(v))
			}
		}
	default:
		r.target = targetOf(name, revision, data, family, order)
	}
}

// parseInfo reads struct ipt_getinfo, which is the same for IPv6: where the table begins
// for each hook, and how long it is.
func parseInfo(data []byte, order binary.ByteOrder) (h hooks, size uint32, err error) {
	if len(data) < infoSize {
		return h, 0, fmt.Errorf("%w: %d bytes about a table", errEntries, len(data))
	}
	for i := range h {
		h[i] = order.Uint32(data[36+4*i:])
	}
	return h, order.Uint32(data[80:]), nil
}

// infoSize is that of struct ipt_getinfo.
const infoSize = 84
