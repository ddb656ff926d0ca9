package platform

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
)

// twoCards is a machine with addresses of every scope, in no order.
func twoCards() *sock.Interfaces {
	var all []sock.InterfaceAddress
	for _, line := range []string{
		"1 127.0.0.1", "1 ::1", "3 10.0.0.5", "3 fe80::5", "2 192.31.196.7", "2 2620:4f:8000::7", "2 fe80::7", "3 fd00::5",
		"3 169.254.3.3", "4 100.64.0.4", "3 10.0.0.5",
	} {
		var a sock.InterfaceAddress
		var text string
		fmt.Sscan(line, &a.Interface, &text)
		a.Address = netip.MustParseAddr(text)
		all = append(all, a)
	}
	return &sock.Interfaces{
		Load:          func() (map[uint32]string, error) { return map[uint32]string{1: "lo", 2: "wan", 3: "ev\x1bil"}, nil },
		LoadAddresses: func() ([]sock.InterfaceAddress, map[uint32]string, error) { return all, nil, nil },
	}
}

const known6 = sock.FieldLocal | sock.FieldInterface | sock.FieldV6Only

func TestExposure(t *testing.T) {
	const all4 = "192.31.196.7 100.64.0.4 10.0.0.5 169.254.3.3"
	const all6 = "2620:4f:8000::7 fd00::5 fe80::5%3 fe80::7%wan"
	const both = "192.31.196.7 2620:4f:8000::7 100.64.0.4 10.0.0.5 fd00::5 169.254.3.3 fe80::5%3 fe80::7%wan"
	tests := []struct {
		name string
		s    sock.Socket
		want string // the scope and the addresses; empty: nothing is known
	}{
		{"every address of IPv4", sock.Socket{Local: netip.MustParseAddrPort("0.0.0.0:80")}, "public " + all4},
		{"both families", sock.Socket{Family: sock.IPv6, Known: known6, Local: netip.MustParseAddrPort("[::]:80")}, "public " + both},
		{"IPv6 alone", sock.Socket{Family: sock.IPv6, Known: known6, V6Only: true, Local: netip.MustParseAddrPort("[::]:80")}, "public " + all6},
		{"not known whether IPv6 alone", sock.Socket{Family: sock.IPv6, Local: netip.MustParseAddrPort("[::]:80")}, "public " + both},
		{"v4-mapped", sock.Socket{Family: sock.IPv6, Known: known6, Local: netip.MustParseAddrPort("0.0.0.0:80")}, "public " + all4},
		{"raw", sock.Socket{Protocol: sock.Raw, State: sock.Unconnected, Family: sock.IPv6, Local: netip.MustParseAddrPort("[::]:58")}, "public " + all6},
		{"a datagram socket", sock.Socket{Protocol: sock.UDP, State: sock.Unconnected, Local: netip.MustParseAddrPort("0.0.0.0:53")}, "public " + all4},
		{"one address", sock.Socket{Local: netip.MustParseAddrPort("10.0.0.5:80")}, "private 10.0.0.5"},
		{"one that is nowhere", sock.Socket{Local: netip.MustParseAddrPort("10.9.9.9:80")}, "private 10.9.9.9"},
		{"a group", sock.Socket{Protocol: sock.UDP, State: sock.Unconnected, Local: netip.MustParseAddrPort("224.0.0.251:5353")}, "multicast 224.0.0.251"},
		{"loopback", sock.Socket{Local: netip.MustParseAddrPort("127.0.0.53:53")}, "loopback"},
		{"loopback of IPv6", sock.Socket{Family: sock.IPv6, Known: known6, Local: netip.MustParseAddrPort("[::1]:53")}, "loopback"},
		{"link-local", sock.Socket{Family: sock.IPv6, Known: known6, IfIndex: 2, Interface: "wan", Local: netip.MustParseAddrPort("[fe80::7]:53")}, "link_local fe80::7%wan"},
		{"link-local, of a device with an evil name", sock.Socket{Family: sock.IPv6, Known: known6, IfIndex: 3, Interface: "ev\x1bil", Local: netip.MustParseAddrPort("[fe80::5]:53")}, "link_local fe80::5%3"},
		{"bound to a device", sock.Socket{Known: known6, IfIndex: 3, Local: netip.MustParseAddrPort("0.0.0.0:80")}, "private 10.0.0.5 169.254.3.3"},
		{"both families of a device", sock.Socket{Family: sock.IPv6, Known: known6, IfIndex: 2, Local: netip.MustParseAddrPort("[::]:80")}, "public 192.31.196.7 2620:4f:8000::7 fe80::7%wan"},
		{"bound to lo", sock.Socket{Known: known6, IfIndex: 1, Local: netip.MustParseAddrPort("0.0.0.0:80")}, "loopback"},
		{"a public address, through lo", sock.Socket{Known: known6, IfIndex: 1, Local: netip.MustParseAddrPort("192.31.196.7:80")}, "loopback"},
		{"bound to a device without addresses", sock.Socket{Known: known6, IfIndex: 9, Local: netip.MustParseAddrPort("0.0.0.0:80")}, "all"},
		{"IPv6 of a device without it", sock.Socket{Family: sock.IPv6, Known: known6, V6Only: true, IfIndex: 4, Local: netip.MustParseAddrPort("[::]:80")}, "all"},
		{"a connection", sock.Socket{State: sock.Established, Local: netip.MustParseAddrPort("10.0.0.5:80")}, ""},
		{"a socket of unix", sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix}, ""},
		{"no address is known", sock.Socket{Known: sock.FieldInode}, ""},
	}
	l := &Listing{}
	e := l.exposures(twoCards())
	for _, test := range tests {
		s := &test.s
		if s.Protocol == 0 {
			s.Protocol = sock.TCP
		}
		if s.State == 0 {
			s.State = sock.Listen
		}
		if s.Local.IsValid() {
			s.Known |= sock.FieldLocal
		}
		if e.add(s); reached(s) != test.want {
			t.Errorf("%s: %q, want %q", test.name, reached(s), test.want)
		}
	}
	if len(l.snapshot.Warnings) > 0 || len(l.warnings.all()) > 0 {
		t.Errorf("warnings: %v", l.warnings.all())
	}
	again := tests[1].s
	again.Known = known6
	if n := testing.AllocsPerRun(10, func() {
		again.Known &^= sock.FieldExposure
		e.add(&again)
	}); n != 0 {
		t.Errorf("%v allocations for a row that is bound as one before", n)
	}
}

func reached(s *sock.Socket) string {
	if !s.Knows(sock.FieldExposure) {
		return ""
	}
	words := []string{s.Exposure.String()}
	for _, a := range s.ExposedOn {
		words = append(words, a.String())
	}
	return strings.Join(words, " ")
}

// TestExposureInVRF: a VRF has the addresses of its members, which what is bound to no
// device has only if its protocol spans the VRFs.
func TestExposureInVRF(t *testing.T) {
	const red = 5
	address := func(device uint32, text string, vrf uint32) sock.InterfaceAddress {
		return sock.InterfaceAddress{Interface: device, Address: netip.MustParseAddr(text), VRF: vrf, Spanning: sock.Protocols(sock.Raw)}
	}
	interfaces := &sock.Interfaces{LoadAddresses: func() ([]sock.InterfaceAddress, map[uint32]string, error) {
		return []sock.InterfaceAddress{
			address(1, "127.0.0.1", 0), address(2, "192.31.196.7", 0), address(red, "127.0.0.1", red), address(red, "10.0.0.1", red),
			address(6, "10.0.0.6", red), address(6, "fd00::6", red), address(7, "100.64.0.7", red), address(8, "10.0.9.8", 9),
		}, nil, nil
	}}
	for _, test := range []struct {
		protocol sock.Protocol
		device   uint32
		local    string
		want     string
	}{
		{sock.TCP, 0, "0.0.0.0:80", "public 192.31.196.7"},
		{sock.Raw, 0, "0.0.0.0:80", "public 192.31.196.7 100.64.0.7 10.0.0.1 10.0.0.6 10.0.9.8"},
		{sock.UDP, red, "0.0.0.0:80", "shared 100.64.0.7 10.0.0.1 10.0.0.6"},
		{sock.TCP, red, "[::]:80", "shared 100.64.0.7 10.0.0.1 10.0.0.6 fd00::6"},
		{sock.TCP, 6, "0.0.0.0:80", "private 10.0.0.6"},
		{sock.TCP, 9, "0.0.0.0:80", "private 10.0.9.8"},
		{sock.TCP, 2, "0.0.0.0:80", "public 192.31.196.7"},
		{sock.TCP, 3, "0.0.0.0:80", "all"}, // a device without an address
	} {
		state := sock.Listen
		if test.protocol != sock.TCP {
			state = sock.Unconnected
		}
		s := &sock.Socket{Protocol: test.protocol, State: state, Known: known6, IfIndex: test.device, Local: netip.MustParseAddrPort(test.local)}
		if (&Listing{}).exposures(interfaces).add(s); reached(s) != test.want {
			t.Errorf("%v %s on device %d: %q, want %q", test.protocol, test.local, test.device, reached(s), test.want)
		}
	}
}

// TestExposureOverOneFamily: a socket that takes both is reached over each.
func TestExposureOverOneFamily(t *testing.T) {
	for family, want := range map[sock.Family]string{
		sock.IPv4: "public 192.31.196.7 100.64.0.4 10.0.0.5 169.254.3.3", sock.IPv6: "public 2620:4f:8000::7 fd00::5 fe80::5%3 fe80::7%wan",
	} {
		e := (&Listing{request: Request{Exposed: sock.Families(family)}}).exposures(twoCards())
		both := &sock.Socket{Protocol: sock.TCP, State: sock.Listen, Family: sock.IPv6, Known: known6, Local: netip.MustParseAddrPort("[::]:80")}
		if e.add(both); reached(both) != want {
			t.Errorf("%v: %q, want %q", family, reached(both), want)
		}
		other := &sock.Socket{Protocol: sock.TCP, State: sock.Listen, Known: sock.FieldLocal, Local: netip.MustParseAddrPort("10.0.0.5:80")}
		if family == sock.IPv4 {
			other.Family, other.Local = sock.IPv6, netip.MustParseAddrPort("[fd00::5]:80")
		}
		if e.add(other); other.Knows(sock.FieldExposure) {
			t.Errorf("%v: %v is reached at %q", family, other.Local, reached(other))
		}
	}
}

// TestExposureWithoutAddresses: where they cannot be read the answer says so, and what
// is bound to all of them may be reached from anywhere.
func TestExposureWithoutAddresses(t *testing.T) {
	for _, interfaces := range []*sock.Interfaces{nil, {LoadAddresses: func() ([]sock.InterfaceAddress, map[uint32]string, error) { return nil, nil, errors.New("broken") }}} {
		l := &Listing{snapshot: sock.Snapshot{Complete: true}}
		e := l.exposures(interfaces)
		for range 2 {
			s := &sock.Socket{Protocol: sock.TCP, State: sock.Listen, Known: sock.FieldLocal, Local: netip.MustParseAddrPort("0.0.0.0:80")}
			if e.add(s); reached(s) != "all" {
				t.Errorf("%q", reached(s))
			}
		}
		warned := l.warnings.all()
		if len(warned) != 1 || !strings.HasPrefix(warned[0].Message, "it is not known which addresses 0.0.0.0 and :: stand for: ") || l.snapshot.Complete {
			t.Errorf("complete %v, warnings %v", l.snapshot.Complete, warned)
		}
		one := &sock.Socket{Protocol: sock.TCP, State: sock.Listen, Known: sock.FieldLocal, Local: netip.MustParseAddrPort("10.0.0.5:80")}
		if e.add(one); reached(one) != "private 10.0.0.5" {
			t.Errorf("%q", reached(one))
		}
	}
	empty := &sock.Interfaces{LoadAddresses: func() ([]sock.InterfaceAddress, map[uint32]string, error) { return nil, nil, nil }}
	s := &sock.Socket{Protocol: sock.TCP, State: sock.Listen, Known: sock.FieldLocal, Local: netip.MustParseAddrPort("0.0.0.0:80")}
	if (&Listing{}).exposures(empty).add(s); reached(s) != "loopback" {
		t.Errorf("on a machine without addresses: %q", reached(s))
	}
}
