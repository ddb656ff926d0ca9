package sockdiag

import (
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

func decodeUnix(t *testing.T, d *unixDecoder, b []byte) *sock.Socket {
	t.Helper()
	s := &sock.Socket{Congestion: "left over", Known: sock.FieldCongestion}
	if v := d.decode(b, s); v != understood {
		t.Fatalf("parsed %d", v)
	}
	checkRecord(t, s)
	return s
}

func TestDecodeUnixStream(t *testing.T) {
	d := unixDecoder{peers: map[uint64]string{78: "/run/peer"}}
	got := decodeUnix(t, &d, unixRow{kind: 1, state: tcpEstablished, inode: 77, cookie: 0x0000000100000002}.bytes(
		attribute(unixDiagName, []byte("/run/a\nb\xff\x00")...), attribute(unixDiagVFS, u32(4711, 254<<20|300)...),
		attribute(unixDiagPeer, u32(78)...), attribute(unixDiagRQLen, u32(5, 6)...), attribute(unixDiagShutdown, 3),
		attribute(unixDiagUID, u32(1000)...), attribute(unixDiagMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...),
	))
	wantSocket(t, got, &sock.Socket{
		Known: sock.FieldPath | sock.FieldPeerInode | sock.FieldPeerPath | sock.FieldType | sock.FieldRecvQueue |
			sock.FieldSendQueue | sock.FieldInode | sock.FieldCookie | sock.FieldUID | sock.FieldShutdown | sock.FieldMemory | sock.FieldFile,
		Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Established, Type: sock.TypeStream,
		Path: "/run/a\nb\xff", PeerPath: "/run/peer", PeerInode: 78, RecvQueue: 5, SendQueue: 6,
		Inode: 77, Cookie: 0x100000002, UID: 1000, Shutdown: 3, File: &sock.UnixFile{Device: "254:300", Inode: 4711},
		Memory: sock.Memory{RmemAlloc: 1, Rcvbuf: 2, WmemAlloc: 3, Sndbuf: 4, FwdAlloc: 5, WmemQueued: 6, Optmem: 7, Backlog: 8, Drops: 9},
	})
}

func TestDecodeUnixListener(t *testing.T) {
	got := decodeUnix(t, &unixDecoder{}, unixRow{kind: 5, state: tcpListen, inode: 1, cookie: 2}.bytes(
		attribute(unixDiagName, []byte("\x00abstract\x00")...), attribute(unixDiagRQLen, u32(2, 128)...), attribute(unixDiagPeer, u32(0)...),
		attribute(unixDiagIcons, u32(9405, 0, 9407)...),
	))
	wantSocket(t, got, &sock.Socket{
		Known: sock.FieldPath | sock.FieldType | sock.FieldRecvQueue | sock.FieldBacklog |
			sock.FieldInode | sock.FieldCookie | sock.FieldPending,
		Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Listen, Type: sock.TypeSeqpacket,
		Path: "\x00abstract\x00", RecvQueue: 2, Backlog: 128, Inode: 1, Cookie: 2,
		Pending: []uint64{9405, 9407}, // the third was closed
	})
}

func TestDecodeUnixStates(t *testing.T) {
	for _, c := range []struct {
		kind uint8
		typ  sock.SocketType
		want sock.State
	}{
		{1, sock.TypeStream, sock.Closed},
		{2, sock.TypeDatagram, sock.Unconnected},
		{3, sock.TypeRaw, sock.Unconnected},
		{5, sock.TypeSeqpacket, sock.Closed},
		{4, sock.TypeUnknown, sock.Closed},
		{200, sock.TypeUnknown, sock.Closed},
	} {
		s := decodeUnix(t, &unixDecoder{}, unixRow{kind: c.kind, state: tcpClose, inode: 1}.bytes())
		if s.State != c.want || s.Type != c.typ || s.Knows(sock.FieldType) != (c.typ != sock.TypeUnknown) {
			t.Errorf("type %d: %v %v", c.kind, s.Type, s.State)
		}
	}
}

func TestDecodeUnixShort(t *testing.T) {
	d := unixDecoder{}
	var s sock.Socket
	for _, kind := range []uint16{unixDiagPeer, unixDiagRQLen, unixDiagUID, unixDiagShutdown, unixDiagVFS} {
		if v := d.decode(unixRow{kind: 1, inode: 1}.bytes(attribute(kind)), &s); v != damaged {
			t.Errorf("attribute %d without a value: parsed %d", kind, v)
		}
		checkRecord(t, &s)
	}
	if v := d.decode(unixRow{}.bytes()[:15], &s); v != rejected {
		t.Errorf("15 bytes: parsed %d", v)
	}
	if v := d.decode(inetRow{family: afInet}.bytes(), &s); v != rejected {
		t.Errorf("an inet message: parsed %d", v)
	}
	// Without an inode there is no struct socket and the uid means nothing.
	if s := decodeUnix(t, &d, unixRow{kind: 1}.bytes(attribute(unixDiagUID, u32(7)...))); s.Knows(sock.FieldUID) {
		t.Error("a uid without an inode")
	}
}

// TestListingPeerPaths reads the names of all sockets before the table: the
// peer of a row may be in a state that was not asked.
func TestListingPeerPaths(t *testing.T) {
	name := attribute(unixDiagName, []byte("/run/server\x00")...)
	names := []delivery{datagram(
		row(unixRow{kind: 1, state: tcpEstablished, inode: 10, cookie: 1}.bytes(name)),
		row(unixRow{kind: 1, state: tcpEstablished, inode: 11, cookie: 2}.bytes()), done(0))}
	table := []delivery{datagram(
		row(unixRow{kind: 1, state: tcpEstablished, inode: 10, cookie: 1}.bytes(name, attribute(unixDiagPeer, u32(11)...))),
		row(unixRow{kind: 1, state: tcpEstablished, inode: 11, cookie: 2}.bytes(attribute(unixDiagPeer, u32(10)...))), done(0))}
	q := sock.Query{Protocols: sock.Protocols(sock.Unix), States: sock.AllStates, Want: sock.FieldPeerPath}
	var got []*sock.Socket
	for s, err := range socktest.Rows(t.Context(), newFakeKernel(t, names, table).source(), here, q) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s.Clone())
	}
	if len(got) != 2 || got[0].Knows(sock.FieldPeerPath) || got[1].PeerPath != "/run/server" {
		t.Errorf("%+v", got)
	}
}
