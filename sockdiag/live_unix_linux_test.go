package sockdiag

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

func TestLiveUnix(t *testing.T) {
	ownNetns(t)
	path := filepath.Join(t.TempDir(), "a b")
	listening := socket(t, unix.AF_UNIX, unix.SOCK_STREAM, 0)
	defer unix.Close(listening)
	must(t, "bind", unix.Bind(listening, &unix.SockaddrUnix{Name: path}))
	must(t, "listen", unix.Listen(listening, 9))
	client := socket(t, unix.AF_UNIX, unix.SOCK_STREAM, 0)
	defer unix.Close(client)
	must(t, "connect", unix.Connect(client, &unix.SockaddrUnix{Name: path}))
	server, _, err := unix.Accept4(listening, unix.SOCK_CLOEXEC)
	must(t, "accept", err)
	defer unix.Close(server)
	waiting := socket(t, unix.AF_UNIX, unix.SOCK_STREAM, 0)
	defer unix.Close(waiting)
	must(t, "connect", unix.Connect(waiting, &unix.SockaddrUnix{Name: path}))
	abstract := socket(t, unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	defer unix.Close(abstract)
	must(t, "bind", unix.Bind(abstract, &unix.SockaddrUnix{Name: "@in\x00side"}))
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, "socketpair", err)
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	lone := socket(t, unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	defer unix.Close(lone)
	_, err = unix.Write(client, []byte("hello"))
	must(t, "write", err)
	all := collect(t, everything(sock.Unix))

	l := withInode(t, all, listening)
	if l.State != sock.Listen || l.Path != path || l.RecvQueue != 1 || l.Backlog != 9 || l.Knows(sock.FieldSendQueue) {
		t.Errorf("listener %v %q queue %d of %d", l.State, l.Path, l.RecvQueue, l.Backlog)
	}
	var st unix.Stat_t
	must(t, "stat", unix.Stat(path, &st))
	device := fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))
	if !l.Knows(sock.FieldFile) || l.File.Inode != uint64(uint32(st.Ino)) || l.File.Device != device {
		t.Errorf("file %+v, want inode %d of %s", l.File, st.Ino, device)
	}
	if want := []uint64{inodeOf(t, waiting)}; !l.Knows(sock.FieldPending) || !slices.Equal(l.Pending, want) {
		t.Errorf("pending %v, want %v", l.Pending, want)
	}
	c, s := withInode(t, all, client), withInode(t, all, server)
	if c.State != sock.Established || c.PeerInode != s.Inode || s.PeerInode != c.Inode || c.PeerPath != path {
		t.Errorf("client %v peer %d %q, server inode %d", c.State, c.PeerInode, c.PeerPath, s.Inode)
	}
	if s.Path != path || s.RecvQueue != 5 || s.Type != sock.TypeStream || c.Knows(sock.FieldPath) || s.Knows(sock.FieldPeerPath) {
		t.Errorf("server %q of type %v, %d bytes wait", s.Path, s.Type, s.RecvQueue)
	}
	if !s.Knows(sock.FieldUID|sock.FieldCookie|sock.FieldMemory|sock.FieldShutdown) || s.UID != 0 {
		t.Errorf("server knows %b", s.Known)
	}
	if w := withInode(t, all, waiting); w.Knows(sock.FieldPeerInode) {
		t.Errorf("the peer %d waits in an accept queue and has no inode", w.PeerInode)
	}
	if a := withInode(t, all, abstract); a.Path != "\x00in\x00side" || a.State != sock.Closed || a.Type != sock.TypeSeqpacket {
		t.Errorf("abstract %q %v %v", a.Path, a.State, a.Type)
	}
	connected, err := population.ConnectedDatagram()
	must(t, "state of connected datagram sockets", err)
	if p := withInode(t, all, pair[0]); p.State.String() != string(connected) || p.Type != sock.TypeDatagram || p.PeerInode != inodeOf(t, pair[1]) {
		t.Errorf("pair %v %v peer %d", p.State, p.Type, p.PeerInode)
	}
	if d := withInode(t, all, lone); d.State != sock.Unconnected {
		t.Errorf("datagram socket %v", d.State)
	}
}
