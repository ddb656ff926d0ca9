package sockdiag

import (
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// detailsOf makes details of pairs of a name and a number.
func detailsOf(pairs ...uint64) *sock.Details {
	d := &sock.Details{}
	for i := 0; i < len(pairs); i += 2 {
		d.Set(sock.Detail(pairs[i]), pairs[i+1])
	}
	return d
}

// inOrder makes details of numbers that stand in the order of their names.
func inOrder(first sock.Detail, values ...uint64) *sock.Details {
	d := &sock.Details{}
	for i, v := range values {
		d.Set(first+sock.Detail(i), v)
	}
	return d
}

func decodeFamily(t *testing.T, decode func(*familyDecoder, []byte, *sock.Socket) parsed, b []byte) *sock.Socket {
	t.Helper()
	s := &sock.Socket{Congestion: "left over", Known: sock.FieldCongestion}
	if v := decode(&familyDecoder{}, b, s); v != understood {
		t.Fatalf("parsed %d", v)
	}
	checkRecord(t, s)
	return s
}

const queues = sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldMemory | sock.FieldInode | sock.FieldCookie

var nineNumbers = sock.Memory{RmemAlloc: 1, Rcvbuf: 2, WmemAlloc: 3, Sndbuf: 4, FwdAlloc: 5, WmemQueued: 6, Optmem: 7, Backlog: 8, Drops: 9}

// packetBytes is struct packet_diag_msg: family, type, num u16, ino, cookie u32[2].
func packetBytes(attributes ...[]byte) []byte {
	b := append([]byte{17, 3}, native.AppendUint16(nil, 0x0806)...)
	return append(append(b, u32(77, 2, 1)...), slices.Concat(attributes...)...)
}

func TestDecodePacket(t *testing.T) {
	got := decodeFamily(t, (*familyDecoder).packet, packetBytes(
		attribute(packetDiagInfo, u32(3, 2, 14, 0, 64, 0x1|0x4|0x10)...),
		attribute(1, u32(3, 1, 0, 0)...), // PACKET_DIAG_MCLIST
		attribute(packetDiagRxRing, u32(4096, 8, 2048, 16, 60, 13, 1)...),
		attribute(packetDiagTxRing, u32(8192, 4, 1024, 32, 0, 0, 0, 99)...), // a newer kernel's is longer
		attribute(packetDiagFanout, u32(0x00050102)...),
		attribute(packetDiagUID, u32(1000)...),
		attribute(packetDiagMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...),
	))
	wantSocket(t, got, &sock.Socket{
		Known:    sock.FieldPacket | sock.FieldInterface | sock.FieldType | sock.FieldUID | queues,
		Protocol: sock.Packet, Family: sock.FamilyPacket, State: sock.Unconnected, Type: sock.TypeRaw,
		IfIndex: 3, RecvQueue: 1, SendQueue: 3, Inode: 77, Cookie: 0x100000002, UID: 1000, Memory: nineNumbers,
		Details: inOrder(sock.PacketProtocol, 0x0806, 2, 14, 0, 64, 1, 0, 1, 0, 1,
			4096, 8, 2048, 16, 60, 13, 1, 8192, 4, 1024, 32, 0, 0, 0, 0x102, 5),
	})
}

// TestDecodePacketFilter reads struct sock_filter: code u16, jt u8, jf u8, k u32.
func TestDecodePacketFilter(t *testing.T) {
	insn := func(code uint16, jt, jf uint8, k uint32) []byte {
		return append(append(native.AppendUint16(nil, code), jt, jf), u32(k)...)
	}
	program := slices.Concat(insn(0x28, 0, 0, 12), insn(0x15, 0, 1, 0x800), insn(0x6, 0, 0, 262144), insn(0x6, 0, 0, 0), insn(0xffff, 1, 2, 3))
	got := decodeFamily(t, (*familyDecoder).packet, packetBytes(attribute(packetDiagFilter, program...)))
	if want := "ldh [12]; jneq #2048,1; ret #262144; ret #0; 0xffff,1,2,3"; got.PacketFilter != want || !got.Knows(sock.FieldPacketFilter) {
		t.Errorf("%q, want %q", got.PacketFilter, want)
	}
	// One of which the filter is hidden has an empty attribute, and that is said once.
	withheld := packetBytes(attribute(packetDiagFilter))
	none := decodeFamily(t, (*familyDecoder).packet, withheld)
	if none.Knows(sock.FieldPacketFilter) {
		t.Error("a hidden filter is known")
	}
	k := newFakeKernel(t, []delivery{datagram(row(withheld), row(withheld), done(0))})
	q := sock.Query{Protocols: sock.Protocols(sock.Packet), States: sock.AllStates, Want: sock.FieldPacketFilter}
	var said []error
	for _, err := range socktest.Rows(t.Context(), k.source(), here, q) {
		if err != nil {
			said = append(said, err)
		}
	}
	if len(said) != 1 || !strings.Contains(said[0].Error(), "CAP_NET_ADMIN") {
		t.Errorf("said %v", said)
	}
}

// netlinkBytes is struct netlink_diag_msg: family, type, protocol, state, portid,
// dst_portid, dst_group, ino, cookie u32[2].
func netlinkBytes(port uint32, attributes ...[]byte) []byte {
	b := append([]byte{16, 3, 15, 7}, u32(port, 812, 2, 78, 2, 1)...)
	return append(b, slices.Concat(attributes...)...)
}

func TestDecodeNetlink(t *testing.T) {
	groups := make([]byte, 2*groupWord)
	setGroup := func(group int) { // as __set_bit does on words of unsigned long
		bit := group - 1
		at := bit / 8
		if bigEndianHost {
			at = at/groupWord*groupWord + groupWord - 1 - at%groupWord
		}
		groups[at] |= 1 << (bit % 8)
	}
	setGroup(1)
	setGroup(5)
	setGroup(groupWord*8 + 9)
	got := decodeFamily(t, (*familyDecoder).netlink, netlinkBytes(4242,
		attribute(netlinkDiagMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...),
		attribute(netlinkDiagGroups, groups...),
		attribute(netlinkDiagFlags, u32(0x1|0x8|0x20|0x40)...),
	))
	wantSocket(t, got, &sock.Socket{
		Known:    sock.FieldNetlink | sock.FieldType | queues,
		Protocol: sock.Netlink, Family: sock.FamilyNetlink, State: sock.Unconnected, Type: sock.TypeRaw,
		RecvQueue: 1, SendQueue: 3, Inode: 78, Cookie: 0x100000002, Memory: nineNumbers,
		Details: inOrder(sock.NetlinkProtocol, 15, 4242, 812, 2, 9, 1, 0, 0, 1, 0, 1), Groups: []uint64{1, 5, 8*groupWord + 9},
	})
	if none := decodeFamily(t, (*familyDecoder).netlink, netlinkBytes(1)); *none.Details != *inOrder(sock.NetlinkProtocol, 15, 1, 812, 2) || len(none.Groups) > 0 {
		t.Errorf("one without a group: %+v", none.Details)
	}
}

// TestListingLeavesOutItself: the socket that asks is not listed, one of another
// protocol with its number is.
func TestListingLeavesOutItself(t *testing.T) {
	own := netlinkBytes(testPort)
	own[2] = 4 // NETLINK_SOCK_DIAG
	other := netlinkBytes(testPort)
	other[2], other[20] = 0, 9 // with another cookie
	k := newFakeKernel(t, []delivery{datagram(row(own), row(other), done(0))})
	q := sock.Query{Protocols: sock.Protocols(sock.Netlink), States: sock.AllStates, Want: sock.FieldNetlink}
	var protocols []uint64
	for s, err := range socktest.Rows(t.Context(), k.source(), here, q) {
		if err != nil {
			t.Fatal(err)
		}
		n, _ := s.Detail(sock.NetlinkProtocol)
		protocols = append(protocols, n)
	}
	if !slices.Equal(protocols, []uint64{0}) {
		t.Errorf("protocols %v", protocols)
	}
}

// TestListingTellsOnce: the kernel tells a netlink socket twice that has joined a
// group, at the end of its protocol.
func TestListingTellsOnce(t *testing.T) {
	one, other := netlinkBytes(1), netlinkBytes(2)
	other[20] = 9 // another cookie
	k := newFakeKernel(t, []delivery{datagram(row(one), row(other), row(one), done(0))})
	q := sock.Query{Protocols: sock.Protocols(sock.Netlink), States: sock.AllStates, Want: sock.FieldNetlink}
	rows := 0
	for _, err := range socktest.Rows(t.Context(), k.source(), here, q) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	if rows != 2 {
		t.Errorf("%d rows of 2 sockets", rows)
	}
}

// vsockBytes is struct vsock_diag_msg: family, type, state, shutdown, then src_cid,
// src_port, dst_cid, dst_port, ino, cookie u32[2].
func vsockBytes(kind, state, shutdown uint8, ends ...uint32) []byte {
	return append([]byte{40, kind, state, shutdown}, u32(append(ends, 79, 2, 1)...)...)
}

func TestDecodeVSOCK(t *testing.T) {
	const anything = 1<<32 - 1
	known := sock.FieldVSOCK | sock.FieldShutdown | sock.FieldType | sock.FieldInode | sock.FieldCookie
	for _, c := range []struct {
		b       []byte
		kind    sock.SocketType
		state   sock.State
		closed  sock.Shutdown
		details *sock.Details
	}{
		{vsockBytes(1, tcpEstablished, 2, 2, 1024, 3, 1<<31), sock.TypeStream, sock.Established, sock.ShutdownSend,
			detailsOf(uint64(sock.VSOCKCID), 2, uint64(sock.VSOCKPort), 1024, uint64(sock.VSOCKPeerCID), 3, uint64(sock.VSOCKPeerPort), 1<<31)},
		{vsockBytes(5, tcpListen, 0, anything, 99, anything, anything), sock.TypeSeqpacket, sock.Listen, 0, detailsOf(uint64(sock.VSOCKPort), 99)},
		{vsockBytes(2, tcpClose, 0, 1, 7, anything, anything), sock.TypeDatagram, sock.Unconnected, 0, detailsOf(uint64(sock.VSOCKCID), 1, uint64(sock.VSOCKPort), 7)},
		{vsockBytes(1, tcpClosing, 3, 1, 7, 1, 8), sock.TypeStream, sock.Closing, 3, inOrder(sock.VSOCKCID, 1, 7, 1, 8)},
	} {
		wantSocket(t, decodeFamily(t, (*familyDecoder).vsock, c.b), &sock.Socket{
			Known: known, Protocol: sock.VSOCK, Family: sock.FamilyVSOCK, State: c.state, Type: c.kind, Shutdown: c.closed,
			Inode: 79, Cookie: 0x100000002, Details: c.details,
		})
	}
}

// xdpBytes is struct xdp_diag_msg: family, type, pad u16, ino, cookie u32[2].
func xdpBytes(attributes ...[]byte) []byte {
	return append(append([]byte{44, 3, 0, 0}, u32(80, 2, 1)...), slices.Concat(attributes...)...)
}

func TestDecodeXDP(t *testing.T) {
	got := decodeFamily(t, (*familyDecoder).xdp, xdpBytes(
		attribute(xdpDiagInfo, u32(4, 7)...), attribute(xdpDiagUID, u32(33)...),
		attribute(xdpDiagRxRing, u32(2048)...), attribute(xdpDiagTxRing, u32(1024)...),
		attribute(xdpDiagUmem, append(u64(1<<33), u32(5, 100, 4096, 256, 4, 7, 1, 2)...)...),
		attribute(xdpDiagFillRing, u32(512)...), attribute(xdpDiagCompletionRing, u32(256)...),
		attribute(xdpDiagMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...),
		attribute(xdpDiagStats, slices.Concat(u64(11), u64(12), u64(13), u64(14), u64(15), u64(1<<40))...),
	))
	wantSocket(t, got, &sock.Socket{
		Known:    sock.FieldXDP | sock.FieldInterface | sock.FieldType | sock.FieldUID | queues,
		Protocol: sock.XDP, Family: sock.FamilyXDP, State: sock.Unconnected, Type: sock.TypeRaw,
		IfIndex: 4, RecvQueue: 1, SendQueue: 3, Inode: 80, Cookie: 0x100000002, UID: 33, Memory: nineNumbers,
		Details: inOrder(sock.XDPQueue, 7, 2048, 1024, 512, 256, 5, 1<<33, 100, 4096, 256, 4, 7, 1, 2, 11, 12, 13, 14, 15, 1<<40),
	})
}

func TestDecodeFamilyShort(t *testing.T) {
	d := familyDecoder{}
	var s sock.Socket
	for _, c := range []struct {
		name   string
		decode func(*familyDecoder, []byte, *sock.Socket) parsed
		whole  func(attributes ...[]byte) []byte
		kinds  []uint16
	}{
		{"packet", (*familyDecoder).packet, packetBytes, []uint16{packetDiagInfo, packetDiagRxRing, packetDiagTxRing, packetDiagFanout, packetDiagUID, packetDiagMemInfo, packetDiagFilter}},
		{"netlink", (*familyDecoder).netlink, func(a ...[]byte) []byte { return netlinkBytes(1, a...) }, []uint16{netlinkDiagMemInfo, netlinkDiagFlags}},
		{"vsock", (*familyDecoder).vsock, func(...[]byte) []byte { return vsockBytes(1, 1, 0, 1, 2, 3, 4) }, nil},
		{"xdp", (*familyDecoder).xdp, xdpBytes, []uint16{xdpDiagInfo, xdpDiagUID, xdpDiagRxRing, xdpDiagTxRing, xdpDiagUmem, xdpDiagFillRing, xdpDiagCompletionRing, xdpDiagMemInfo, xdpDiagStats}},
	} {
		for _, kind := range c.kinds {
			if v := c.decode(&d, c.whole(attribute(kind, 1, 2, 3)), &s); v != damaged {
				t.Errorf("%s: attribute %d of three bytes: parsed %d", c.name, kind, v)
			}
			checkRecord(t, &s)
		}
		whole := c.whole()
		if v := c.decode(&d, whole[:len(whole)-1], &s); v != rejected {
			t.Errorf("%s: a message that is cut: parsed %d", c.name, v)
		}
		whole[0] = 99
		if v := c.decode(&d, whole, &s); v != rejected {
			t.Errorf("%s: a message of another family: parsed %d", c.name, v)
		}
	}
}

// TestFamilyRequests: the structs of the headers, as offsets.
func TestFamilyRequests(t *testing.T) {
	request := func(p sock.Protocol, states uint32, want sock.Field) []byte {
		h := handlerOf(p)
		return h.dump(h, sock.Table{}, states, want)
	}
	layout := func(family, protocol byte, words ...uint32) []byte {
		return fixed(16+4+4*(len(words)+2), func(b []byte) {
			native.PutUint16(b[4:], 20)    // SOCK_DIAG_BY_FAMILY
			native.PutUint16(b[6:], 0x301) // NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
			b[16], b[17] = family, protocol
			copy(b[20:], u32(append(words, 1<<32-1, 1<<32-1)...))
		})
	}
	for _, c := range []struct {
		name      string
		got, want []byte
	}{
		{"packet, bare", request(sock.Packet, 0, 0), layout(17, 0, 0, 0x1)},
		{"packet, all", request(sock.Packet, 0, sock.AllFields), layout(17, 0, 0, 0x1|0x4|0x8|0x10|0x20)},
		{"packet, queues", request(sock.Packet, 0, sock.FieldRecvQueue), layout(17, 0, 0, 0x1|0x10)},
		{"netlink, bare", request(sock.Netlink, 0, 0), layout(16, 0xff, 0, 0)},
		{"netlink, all", request(sock.Netlink, 0, sock.AllFields), layout(16, 0xff, 0, 0x1|0x2|0x8)},
		{"xdp, all", request(sock.XDP, 0, sock.AllFields), layout(44, 0, 0, 0x1|0x2|0x4|0x8|0x10)},
		{"vsock", request(sock.VSOCK, 1<<tcpListen, sock.AllFields), layout(40, 0, 1<<10, 0, 0)},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %x, want %x", c.name, c.got, c.want)
		}
	}
}

// TestExistsByList: the kernel looks up no packet socket, so its table is read.
func TestExistsByList(t *testing.T) {
	listed := packetBytes()
	var s sock.Socket
	(&familyDecoder{}).packet(listed, &s)
	s = *s.Clone()
	k := newFakeKernel(t, []delivery{datagram(row(listed), done(0))}, []delivery{datagram(done(0))}, []delivery{datagram(failure(syscall.ENOENT))})
	source := k.source()
	for i, want := range []bool{true, false} {
		if there, err := source.Exists(t.Context(), here, &s); err != nil || there != want {
			t.Errorf("time %d: %v, %v", i, there, err)
		}
	}
	if _, err := source.Exists(t.Context(), here, &s); err == nil {
		t.Error("a kernel without the table says that the socket is gone")
	}
}

func FuzzFamilyMessage(f *testing.F) {
	decoders := []func(*familyDecoder, []byte, *sock.Socket) parsed{
		(*familyDecoder).packet, (*familyDecoder).netlink, (*familyDecoder).vsock, (*familyDecoder).xdp,
	}
	f.Add(uint8(0), packetBytes(attribute(packetDiagInfo, u32(3, 2, 14, 0, 64, 0x15)...), attribute(packetDiagRxRing, u32(1, 2, 3, 4, 5, 6, 7)...),
		attribute(packetDiagFanout, u32(0x50102)...), attribute(packetDiagFilter, 6, 0, 0, 0, 0, 0, 4, 0)))
	f.Add(uint8(1), netlinkBytes(7, attribute(netlinkDiagGroups, 1, 0, 0, 0, 0, 0, 0, 128), attribute(netlinkDiagFlags, u32(3)...)))
	f.Add(uint8(2), vsockBytes(1, 10, 0, 1, 2, 3, 4))
	f.Add(uint8(3), xdpBytes(attribute(xdpDiagInfo, u32(4, 7)...), attribute(xdpDiagStats, make([]byte, 48)...), attribute(xdpDiagMemInfo, u32(1, 2, 3)...)))
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		decode := decoders[int(which)%len(decoders)]
		var d familyDecoder
		var s sock.Socket
		if decode(&d, b, &s) == rejected {
			return
		}
		checkRecord(t, &s)
		first := s.Clone()
		if decode(&d, b, &s); !reflect.DeepEqual(first, &s) {
			t.Errorf("read twice: %+v, then %+v", first, s)
		}
	})
}
