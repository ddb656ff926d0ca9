package procnet

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"sockeye/sock"
)

// VirtualServices calls visit for every address behind a virtual service of IPVS in the
// network namespace of a directory of tables, such as /proc/812/net: the kernel forwards
// the packets to the service there. Everybody may read them. A kernel without IPVS has
// none.
func VirtualServices(tables string, visit func(*sock.Forward)) error {
	path := filepath.Join(tables, "ip_vs")
	file, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	defer file.Close()
	return readVirtualServices(file, path, visit)
}

// virtualService reads the lines of one.
type virtualService struct {
	visit   func(*sock.Forward)
	service sock.Forward
	known   bool          // the service was understood
	waiting *sock.Forward // the first address, until it is known whether there are more
}

// readVirtualServices reads lines (ip_vs_info_seq_show of net/netfilter/ipvs/ip_vs_ctl.c):
//
//	IP Virtual Server version 1.2.1 (size=4096)
//	Prot LocalAddress:Port Scheduler Flags
//	  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
//	TCP  C0000201:0050 rr
//	  -> 0A000002:1F90      Masq    1      0          0
//	FWM  00000001 rr
//
// Addresses of IPv4 are eight digits, those of IPv6 stand in brackets. Lines that are not
// understood are left out, and the error says so. One service is held at a time.
func readVirtualServices(r io.Reader, path string, visit func(*sock.Forward)) error {
	v := virtualService{visit: visit}
	unread, err := eachUnderstood(r, path, func(number int, line []byte) bool {
		return number <= 3 || v.read(line) // behind the titles
	})
	if err != nil {
		return err
	}
	v.end()
	return unread.err()
}

// read reads a line and reports whether it was understood.
func (v *virtualService) read(line []byte) bool {
	if rest, ok := bytes.CutPrefix(line, []byte("  -> ")); ok {
		return v.address(&cursor{rest: rest})
	}
	v.end()
	v.known = false
	word, rest, _ := bytes.Cut(line, []byte("  ")) // the protocol, and two blanks
	protocol, ok := virtualProtocols[string(word)]
	if !ok {
		return false
	}
	v.service = sock.Forward{Protocol: protocol, By: "ipvs", Last: 1<<16 - 1}
	c := &cursor{rest: rest}
	if protocol == sock.ProtocolUnknown {
		c.hexWord(8) // the mark of the packets, which is one of some packets
		v.service.Partly = true
	} else {
		at := c.virtualEnd()
		if c.failed {
			return false
		}
		v.service.Address = netip.PrefixFrom(at.Addr(), at.Addr().BitLen())
		if at.Port() != 0 { // else those that no other service has
			v.service.First, v.service.Last = at.Port(), at.Port()
		}
	}
	v.known = !c.failed
	return v.known
}

// virtualProtocols are the words of ip_vs_proto_name; FWM is a service by the mark of
// packets.
var virtualProtocols = map[string]sock.Protocol{"TCP": sock.TCP, "UDP": sock.UDP, "SCTP": sock.SCTP, "FWM": sock.ProtocolUnknown}

// virtualEnd reads an address and a port.
func (c *cursor) virtualEnd() netip.AddrPort {
	var addr netip.Addr
	if bytes.HasPrefix(c.rest, []byte("[")) {
		text, rest, _ := bytes.Cut(c.rest[1:], []byte("]"))
		addr, _ = netip.ParseAddr(string(text))
		if c.rest = rest; !addr.Is6() || addr.Zone() != "" {
			c.fail()
		}
	} else {
		word := c.hexWord(8)
		addr = netip.AddrFrom4([4]byte{byte(word >> 24), byte(word >> 16), byte(word >> 8), byte(word)})
	}
	c.byte(':')
	return netip.AddrPortFrom(addr, uint16(c.hexWord(4)))
}

// address reads a line with an address behind the service. One with the weight 0 gets no
// connections but those that it has.
func (v *virtualService) address(c *cursor) bool {
	to := c.virtualEnd()
	word, rest, _ := bytes.Cut(bytes.TrimLeft(c.rest, " "), []byte(" "))
	c.rest = bytes.TrimLeft(rest, " ")
	weight := c.decimal()
	if c.failed || !v.known {
		return false
	}
	if weight == 0 {
		return true
	}
	f := v.service
	f.Family, f.Target = familyOf(to.Addr()), to
	if string(word) == "Local" { // it is delivered as it came
		f.Target = netip.AddrPort{}
	}
	if v.waiting == nil && !f.Partly {
		v.waiting = &f
		return true
	}
	v.service.Partly, f.Partly = true, true
	v.end()
	v.visit(&f)
	return true
}

// end tells the address that waits.
func (v *virtualService) end() {
	if v.waiting != nil {
		v.waiting.Partly = v.service.Partly
		v.visit(v.waiting)
		v.waiting = nil
	}
}

func familyOf(addr netip.Addr) sock.Family {
	if addr.Is4() {
		return sock.IPv4
	}
	return sock.IPv6
}
