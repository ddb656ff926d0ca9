package procnet

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

const (
	tcpHeader  = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n"
	udpHeader  = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n"
	v6Header   = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	unixHeader = "Num       RefCount Protocol Flags    Type St Inode Path\n"
)

// everything asks for every table, state, type and fact.
var everything = sock.Query{
	Protocols: sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.ICMP, sock.Unix),
	Families:  sock.Families(sock.IPv4, sock.IPv6),
	States:    sock.AllStates,
	Want:      sock.AllFields,
}

// only returns the query for one table.
func only(p sock.Protocol, f sock.Family) sock.Query {
	return everything.Only(sock.Table{Protocol: p, Family: f})
}

// here is the namespace of the thread.
var here = &sock.Environment{Proc: "/proc"}

// treeWith makes a proc file system with the given files below net.
func treeWith(t testing.TB, files map[string]string) *sock.Environment {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "net"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, "net", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &sock.Environment{Proc: root, ByteOrder: binary.LittleEndian}
}

// list reads a stream to its end.
func list(t testing.TB, env *sock.Environment, q sock.Query) (rows []sock.Socket, errs []error) {
	t.Helper()
	for s, err := range socktest.Rows(context.Background(), Source{}, env, q) {
		if err != nil {
			if s != nil {
				t.Error("a record beside an error")
			}
			errs = append(errs, err)
			continue
		}
		if extra := s.Known &^ (Source{}).Fields(s.Protocol); extra != 0 {
			t.Errorf("%v knows %b, which Fields denies", s.Protocol, extra)
		}
		rows = append(rows, *s.Clone())
	}
	return rows, errs
}

// listAll reads a stream that must not have errors.
func listAll(t testing.TB, env *sock.Environment, q sock.Query) []sock.Socket {
	t.Helper()
	rows, errs := list(t, env, q)
	if len(errs) != 0 {
		t.Fatalf("errors: %v", errs)
	}
	return rows
}

func diff(want, got []sock.Socket) string {
	return cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}, sock.Details{}), cmpopts.EquateEmpty())
}

func endpoint(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

const (
	common    = sock.FieldLocal | sock.FieldRecvQueue | sock.FieldSendQueue
	withInode = sock.FieldInode | sock.FieldUID
)

// The rows were recorded on a little-endian machine, Linux 6.18.
func TestTCPRows(t *testing.T) {
	env := treeWith(t, map[string]string{"tcp": tcpHeader +
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 1184 1 000000003cc590b5 100 0 0 10 0                      \n" +
		"   1: 0100007F:A2C4 0100007F:1F90 01 00000010:00000020 01:00000014 00000002    33        0 22339 1 0000000000000000 20 4 30 10 -1                     \n" +
		"   2: 0100007F:1F90 0100007F:A2C4 01 00000000:00000005 02:000AFC80 00000000     0        4 0 1 0000000000000000 20 4 30 10 -1                         \n" +
		"   3: 0100007F:A2C6 0100007F:1F90 06 00000000:00000000 03:00001766 00000000     0        0 0 3 0000000000000000                                      \n" +
		"   4: 0100007F:A2C8 0100007F:1F90 05 00000000:00000000 03:00001766 00000000     0        0 0 3 0000000000000000                                      \n" +
		"   5: 0100007F:1F90 0200007F:A2CA 03 00000000:00000000 01:00000063 00000001  1000        0 0 0 0000000000000000                                      \n" +
		"12345: 0100007F:A2CC 0100007F:1F90 08 00000007:00000001 04:00000010 00000000     0        3 18446744073709551615 1 0000000000000000 20 4 30 10 -1      \n",
	})
	timer := func(k sock.TimerKind, d time.Duration, n uint8) sock.Timer {
		return sock.Timer{Kind: k, Expires: d, Retransmits: n}
	}
	row := func(state sock.State, local, remote string, extra sock.Field) sock.Socket {
		s := sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: state, Local: endpoint(local), Known: common | sock.FieldTimer | extra}
		if remote != "" {
			s.Remote = endpoint(remote)
			s.Known |= sock.FieldRemote
		}
		return s
	}
	listener := row(sock.Listen, "127.0.0.1:8080", "", withInode)
	listener.Known &^= sock.FieldSendQueue
	listener.RecvQueue, listener.Inode, listener.UID = 3, 1184, 1000
	sending := row(sock.Established, "127.0.0.1:41668", "127.0.0.1:8080", withInode)
	sending.SendQueue, sending.RecvQueue, sending.Inode, sending.UID = 16, 32, 22339, 33
	sending.Timer = timer(sock.TimerOn, 200*time.Millisecond, 2)
	waiting := row(sock.Established, "127.0.0.1:8080", "127.0.0.1:41668", 0)
	waiting.RecvQueue, waiting.Timer = 5, timer(sock.TimerKeepalive, 7200*time.Second, 4)
	timeWait := row(sock.TimeWait, "127.0.0.1:41670", "127.0.0.1:8080", 0)
	timeWait.Timer = timer(sock.TimerTimeWait, 59900*time.Millisecond, 0)
	finWait := row(sock.FinWait2, "127.0.0.1:41672", "127.0.0.1:8080", 0)
	finWait.Timer = timeWait.Timer
	request := row(sock.SynReceived, "127.0.0.1:8080", "127.0.0.2:41674", 0)
	request.Timer = timer(sock.TimerOn, 990*time.Millisecond, 1)
	probing := row(sock.CloseWait, "127.0.0.1:41676", "127.0.0.1:8080", withInode)
	probing.SendQueue, probing.RecvQueue, probing.Inode = 7, 1, 1<<64-1
	probing.Timer = timer(sock.TimerPersist, 160*time.Millisecond, 3)

	want := []sock.Socket{listener, sending, waiting, timeWait, finWait, request, probing}
	if d := diff(want, listAll(t, env, only(sock.TCP, sock.IPv4))); d != "" {
		t.Error(d)
	}
}

// One address of each kind, as a little- and a big-endian machine prints it.
func TestAddressByteOrder(t *testing.T) {
	tests := []struct {
		file, little, big string
		local, remote     string
	}{
		{"tcp", "0201000A:0016 0100007F:FFFF", "0A000102:0016 7F000001:FFFF", "10.0.1.2:22", "127.0.0.1:65535"},
		{"tcp6", "B80D0120000000006745230100000001:0050 0000000000000000FFFF00000100007F:1234",
			"20010DB8000000000123456701000000:0050 00000000000000000000FFFF7F000001:1234",
			"[2001:db8::123:4567:100:0]:80", "127.0.0.1:4660"},
		{"tcp6", "00000000000000000000000001000000:0001 000080FE00000000FF005450B6AD1DFE:0002",
			"00000000000000000000000000000001:0001 FE800000000000005054" + "00FFFE1DADB6:0002",
			"[::1]:1", "[fe80::5054:ff:fe1d:adb6]:2"},
	}
	for _, tt := range tests {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			ends, family, header := tt.little, sock.IPv4, tcpHeader
			if order == binary.BigEndian {
				ends = tt.big
			}
			if tt.file == "tcp6" {
				family, header = sock.IPv6, v6Header
			}
			env := treeWith(t, map[string]string{tt.file: header + "   0: " + ends +
				" 01 00000000:00000000 00:00000000 00000000     0        0 9 1 0000000000000000 20 4 30 10 -1\n"})
			env.ByteOrder = order
			rows := listAll(t, env, only(sock.TCP, family))
			if len(rows) != 1 {
				t.Fatalf("%v %s: %d rows", order, ends, len(rows))
			}
			s := rows[0]
			if s.Family != family || s.Local != endpoint(tt.local) || s.Remote != endpoint(tt.remote) {
				t.Errorf("%v %s: got %v %v %v, want %v %s %s", order, ends, s.Family, s.Local, s.Remote, family, tt.local, tt.remote)
			}
		}
	}
}

func TestDatagramRows(t *testing.T) {
	env := treeWith(t, map[string]string{
		"udp": udpHeader +
			" 1234: 0100007F:0035 00000000:0000 07 00000000:00000340 00:00000000 00000000   102        0 7001 2 0000000000000000 0         \n" +
			" 1300: 0100007F:9C40 0100007F:0035 01 00000300:00000000 00:00000000 00000000     0        0 7002 2 0000000000000000 5         \n",
		"udplite6": v6Header +
			"    1: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7003 2 0000000000000000 0\n",
		"raw": udpHeader +
			"    1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7004 2 0000000000000000 0\n" +
			"    2: 00000000:0001 0100007F:0000 01 00000000:00000000 00:00000000 00000000     0        0 7005 2 0000000000000000 0\n",
		"icmp6": v6Header +
			"    9: 00000000000000000000000000000000:0007 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7006 2 0000000000000000 0\n",
	})
	row := func(p sock.Protocol, f sock.Family, st sock.State, local string, inode uint64) sock.Socket {
		return sock.Socket{Protocol: p, Family: f, State: st, Local: endpoint(local), Inode: inode, Known: common | withInode}
	}
	server := row(sock.UDP, sock.IPv4, sock.Unconnected, "127.0.0.1:53", 7001)
	server.RecvQueue, server.UID = 832, 102
	client := row(sock.UDP, sock.IPv4, sock.Established, "127.0.0.1:40000", 7002)
	client.SendQueue, client.Remote = 768, endpoint("127.0.0.1:53")
	client.Known |= sock.FieldRemote
	connected := row(sock.Raw, sock.IPv4, sock.Established, "0.0.0.0:1", 7005)
	connected.Remote = endpoint("127.0.0.1:0")
	connected.Known |= sock.FieldRemote
	tests := []struct {
		protocol sock.Protocol
		family   sock.Family
		want     []sock.Socket
	}{
		{sock.UDP, sock.IPv4, []sock.Socket{server, client}},
		{sock.UDPLite, sock.IPv6, []sock.Socket{row(sock.UDPLite, sock.IPv6, sock.Unconnected, "[::]:53", 7003)}},
		{sock.Raw, sock.IPv4, []sock.Socket{row(sock.Raw, sock.IPv4, sock.Unconnected, "0.0.0.0:1", 7004), connected}},
		{sock.ICMP, sock.IPv6, []sock.Socket{row(sock.ICMP, sock.IPv6, sock.Unconnected, "[::]:7", 7006)}},
	}
	for _, tt := range tests {
		if d := diff(tt.want, listAll(t, env, only(tt.protocol, tt.family))); d != "" {
			t.Errorf("%v: %s", tt.protocol, d)
		}
	}
}

// Every number that two digits can hold has a state, and the sets of a query are
// obeyed before the rest of a row is read.
func TestStates(t *testing.T) {
	for n := range uint32(256) {
		if st := tcpState(n); (n == 0 || n > 0x0D) != (st == sock.StateUnknown) {
			t.Errorf("TCP state %#x: %v", n, st)
		}
		if st := datagramState(n); (n == 1 || n == 7) != (st != sock.StateUnknown) {
			t.Errorf("datagram state %#x: %v", n, st)
		}
	}
	env := treeWith(t, map[string]string{"tcp": tcpHeader +
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1184 1 0\n" +
		"   1: 0100007F:1F90 0100007F:0001 01 not read\n" +
		"   2: 0100007F:1F91 0100007F:0001 FF 00000000:00000000 00:00000000 00000000     0        0 1185 1 0\n"})
	q := only(sock.TCP, sock.IPv4)
	q.States = sock.States(sock.Listen)
	if rows := listAll(t, env, q); len(rows) != 1 || rows[0].Inode != 1184 {
		t.Errorf("LISTEN: %v", rows)
	}
	q.States = sock.States(sock.StateUnknown)
	if rows := listAll(t, env, q); len(rows) != 1 || rows[0].State != sock.StateUnknown {
		t.Errorf("UNKNOWN: %v", rows)
	}
}

func TestMalformedRowsAreOneWarning(t *testing.T) {
	good := "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1184 1 0\n"
	env := treeWith(t, map[string]string{"tcp": tcpHeader + good +
		"   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:0000\n" +
		"\n" +
		"   2: 0100007G:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1185 1 0\n" +
		"   3: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99"})
	rows, errs := list(t, env, only(sock.TCP, sock.IPv4))
	if len(rows) != 1 || rows[0].Inode != 1184 {
		t.Errorf("rows: %v", rows)
	}
	var p *sock.Partial
	if len(errs) != 1 || !errors.As(errs[0], &p) {
		t.Fatalf("errors: %v", errs)
	}
	want := filepath.Join(env.Proc, "net", "tcp") + ": 4 lines not understood, the first is line 3"
	if p.Code != sock.CodeMalformed || !p.Incomplete || p.Error() != want {
		t.Errorf("got %+v, want %q", p, want)
	}
}
