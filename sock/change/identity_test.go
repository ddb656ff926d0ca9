package change

import (
	"net/netip"
	"testing"
	"time"

	"sockeye/sock"
)

func end(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// connection is a connection as /proc/net tells it, without a cookie.
func connection() *sock.Socket {
	return &sock.Socket{
		Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, Local: end("10.0.0.5:80"), Remote: end("10.0.0.9:1"),
		Known: sock.FieldLocal | sock.FieldRemote | sock.FieldInode, Inode: 9,
	}
}

func datagram() *sock.Socket {
	return &sock.Socket{
		Protocol: sock.UDP, Family: sock.IPv4, State: sock.Unconnected, Local: end("10.0.0.5:53"),
		Known: sock.FieldLocal | sock.FieldInode, Inode: 9,
	}
}

// TestIdentityStays is what may become of a socket that is the same one.
func TestIdentityStays(t *testing.T) {
	for name, test := range map[string]struct {
		of     func() *sock.Socket
		change func(*sock.Socket)
	}{
		"another state":                {connection, func(s *sock.Socket) { s.State = sock.CloseWait }},
		"TIME_WAIT, without an inode":  {connection, func(s *sock.Socket) { s.State, s.Inode, s.Known = sock.TimeWait, 0, s.Known&^sock.FieldInode }},
		"accepted":                     {connection, func(s *sock.Socket) { s.Inode = 10 }},
		"queues and owners":            {connection, func(s *sock.Socket) { s.RecvQueue, s.Known = 1, s.Known|sock.FieldRecvQueue|sock.FieldOwners }},
		"a datagram socket, connected": {datagram, func(s *sock.Socket) { s.Remote, s.Known = end("10.0.0.9:1"), s.Known|sock.FieldRemote }},
		"a unix socket, bound": {
			func() *sock.Socket {
				return &sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, Inode: 3, Known: sock.FieldInode}
			},
			func(s *sock.Socket) { s.Path, s.Known = "/run/x", s.Known|sock.FieldPath },
		},
		"a forward, and who is there": {forwarded, func(s *sock.Socket) { s.Behind.PID, s.Behind.Process = 4, "nginx" }},
		"with a cookie: TIME_WAIT": {
			func() *sock.Socket {
				s := connection()
				s.Cookie, s.Known = 5, s.Known|sock.FieldCookie
				return s
			},
			func(s *sock.Socket) { s.State, s.Inode, s.Known, s.TCPInfo = sock.TimeWait, 0, sock.FieldCookie, nil },
		},
	} {
		before, after := test.of(), test.of()
		if test.change(after); IdentityOf(before) != IdentityOf(after) {
			t.Errorf("%s: another socket", name)
		}
	}
}

// forwarded is what stands for a port that the kernel forwards.
func forwarded() *sock.Socket {
	f := sock.Forward{Protocol: sock.TCP, Family: sock.IPv4, First: 80, Last: 80, Target: end("10.0.0.9:81"), By: "nftables"}
	return f.Row(sock.TCP)
}

// TestIdentityDiffers is what only another socket has.
func TestIdentityDiffers(t *testing.T) {
	for name, test := range map[string]struct {
		of     func() *sock.Socket
		change func(*sock.Socket)
	}{
		"remote port":             {connection, func(s *sock.Socket) { s.Remote = end("10.0.0.9:2") }},
		"local port":              {connection, func(s *sock.Socket) { s.Local = end("10.0.0.5:81") }},
		"protocol":                {connection, func(s *sock.Socket) { s.Protocol = sock.MPTCP }},
		"family":                  {connection, func(s *sock.Socket) { s.Family = sock.IPv6 }},
		"namespace":               {connection, func(s *sock.Socket) { s.Netns.Inode, s.Known = 4, s.Known|sock.FieldNetns }},
		"device":                  {connection, func(s *sock.Socket) { s.IfIndex, s.Known = 2, s.Known|sock.FieldInterface }},
		"birth":                   {connection, func(s *sock.Socket) { s.Created, s.Known = start.Add(time.Second), s.Known|sock.FieldCreated }},
		"inode, on a shared port": {datagram, func(s *sock.Socket) { s.Inode = 10 }},
		"cookie, on the same ends": {
			func() *sock.Socket {
				s := connection()
				s.Cookie, s.Known = 5, s.Known|sock.FieldCookie
				return s
			},
			func(s *sock.Socket) { s.Cookie = 6 },
		},
		"a forward to elsewhere":    {forwarded, func(s *sock.Socket) { s.Behind.Target = end("10.0.0.9:82") }},
		"a forward of more ports":   {forwarded, func(s *sock.Socket) { s.Behind.LastPort = 90 }},
		"a forward by another":      {forwarded, func(s *sock.Socket) { s.Behind.By = "ipvs" }},
		"a cookie that is not told": {connection, func(s *sock.Socket) { s.Cookie, s.Known = 6, s.Known|sock.FieldCookie }},
	} {
		before, after := test.of(), test.of()
		if test.change(after); IdentityOf(before) == IdentityOf(after) {
			t.Errorf("%s: the same socket", name)
		}
	}
}
