package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// fixed writes fields at the offsets that the C structs give them, computed
// here from the headers by hand, not by the code under test.
func fixed(size int, write func(b []byte)) []byte {
	b := make([]byte, size)
	write(b)
	return b
}

func TestInetRequestLayout(t *testing.T) {
	r := inetRequest{
		flags: nlmFRequest | nlmFDump, family: afInet, protocol: 6, ext: 0x40, rawProtocol: 9, states: 1 << tcpListen,
		id: inetID{
			local: netip.MustParseAddrPort("10.1.2.3:80"), remote: netip.MustParseAddrPort("10.4.5.6:4000"),
			ifIndex: 3, cookie: 0x0000000200000001,
		},
	}
	got := r.append(nil)
	seal(got, 5)
	want := fixed(72, func(b []byte) {
		native.PutUint32(b[0:], 72)
		native.PutUint16(b[4:], 20)    // SOCK_DIAG_BY_FAMILY
		native.PutUint16(b[6:], 0x301) // NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
		native.PutUint32(b[8:], 5)
		copy(b[16:], []byte{2, 6, 0x40, 9})
		native.PutUint32(b[20:], 0x400)
		binary.BigEndian.PutUint16(b[24:], 80)
		binary.BigEndian.PutUint16(b[26:], 4000)
		copy(b[28:], []byte{10, 1, 2, 3})
		copy(b[44:], []byte{10, 4, 5, 6})
		native.PutUint32(b[60:], 3)
		native.PutUint32(b[64:], 1) // the low half of the cookie comes first
		native.PutUint32(b[68:], 2)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInetRequestMapsAddressesAgain(t *testing.T) {
	r := inetRequest{family: afInet6, id: inetID{local: netip.MustParseAddrPort("10.1.2.3:80")}}
	got := r.append(nil)[28:44]
	if want := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestUnixRequestLayout(t *testing.T) {
	r := unixRequest{flags: nlmFRequest, states: 0x482, inode: 77, show: unixShow(sock.FieldMemory), cookie: inetDiagNoCookie}
	got := r.append(nil)
	seal(got, 9)
	want := fixed(40, func(b []byte) {
		native.PutUint32(b[0:], 40)
		native.PutUint16(b[4:], 20)
		native.PutUint16(b[6:], 1)
		native.PutUint32(b[8:], 9)
		b[16] = 1
		native.PutUint32(b[20:], 0x482)
		native.PutUint32(b[24:], 77)
		native.PutUint32(b[28:], 0x75) // NAME PEER RQLEN MEMINFO UID
		native.PutUint32(b[32:], 0xffffffff)
		native.PutUint32(b[36:], 0xffffffff)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExtensionsOnlyWhenWanted(t *testing.T) {
	for _, c := range []struct {
		p    sock.Protocol
		want sock.Field
		ext  uint8
	}{
		{sock.TCP, sock.FieldLocal | sock.FieldMark | sock.FieldCgroupID, 0},
		{sock.TCP, sock.FieldMemory, 1 << (7 - 1)},
		{sock.TCP, sock.FieldTCPInfo, 1 << (2 - 1)},
		{sock.TCP, sock.FieldCongestion, 1 << (4 - 1)},
		{sock.TCP, sock.FieldULP, 1 << (2 - 1)},
		{sock.TCP, sock.FieldTOS, 1 << (5 - 1)},
		{sock.TCP, sock.FieldTrafficClass, 1 << (6 - 1)},
		{sock.TCP, sock.FieldMD5, 1 << (2 - 1)},
		{sock.TCP, sock.FieldTLS, 1 << (2 - 1)},
		{sock.TCP, sock.FieldCongestionInfo, 1 << (3 - 1)},
		{sock.TCP, sock.FieldClassID, 1 << (6 - 1)},
		{sock.TCP, sock.FieldOptions, 0},
		{sock.TCP, sock.AllFields, 0x7e},
		{sock.UDP, sock.AllFields, 0x70},
	} {
		if got := extensions(c.p, c.want); got != c.ext {
			t.Errorf("%v %b: %#x, want %#x", c.p, c.want, got, c.ext)
		}
	}
}

func TestStateMask(t *testing.T) {
	for _, c := range []struct {
		p      sock.Protocol
		states sock.StateSet
		mask   uint32
	}{
		{sock.TCP, sock.ListeningStates, 1 << 10},
		{sock.TCP, sock.States(sock.SynReceived), 1<<3 | 1<<12},
		{sock.TCP, sock.States(sock.Bound), 1 << 13},
		{sock.TCP, sock.States(sock.Closed), 1 << 7},
		{sock.TCP, sock.States(sock.Unconnected, sock.StateUnknown), 0},
		{sock.TCP, sock.OpenStates, 1<<1 | 1<<2 | 1<<4 | 1<<5 | 1<<8 | 1<<9 | 1<<11},
		{sock.TCP, sock.AllStates, 0x3ffe},
		{sock.UDP, sock.ListeningStates, 1 << 7},
		{sock.UDP, sock.States(sock.Established), 1 << 1},
		{sock.UDP, sock.States(sock.Listen, sock.Closed, sock.Bound, sock.TimeWait), 0},
		{sock.Raw, sock.AllStates, 1<<1 | 1<<7},
		{sock.Unix, sock.ListeningStates, 1<<7 | 1<<10},
		{sock.Unix, sock.States(sock.Closed), 1 << 7},
		{sock.Unix, sock.AllStates, 1<<1 | 1<<7 | 1<<10},
	} {
		if got := handlerOf(c.p).mask(c.states); got != c.mask {
			t.Errorf("%v %b: %#x, want %#x", c.p, c.states, got, c.mask)
		}
	}
}

// TestRequestsOfAListing checks what reaches the kernel.
func TestRequestsOfAListing(t *testing.T) {
	empty := []delivery{datagram(done(0))}
	k := newFakeKernel(t, empty, empty, empty, empty)
	_, errs := k.read(sock.Query{
		Protocols: sock.Protocols(sock.TCP, sock.UDPLite, sock.Unix),
		Families:  sock.Families(sock.IPv6), States: sock.ListeningStates,
		Want: sock.FieldPeerPath | sock.FieldTCPInfo,
	})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	type ask struct {
		Family, Protocol, Ext uint8
		States                uint32
	}
	var got []ask
	for _, r := range k.requests {
		got = append(got, ask{r[16], r[17], r[18], native.Uint32(r[20:])})
	}
	want := []ask{
		{afInet6, 6, 2, 1 << tcpListen},
		{afInet6, 136, 0, 1 << tcpClose},
		{afUnix, 0, 0, 1<<tcpEstablished | 1<<tcpClose | 1<<tcpListen}, // the names of all
		{afUnix, 0, 0, 1<<tcpClose | 1<<tcpListen},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
