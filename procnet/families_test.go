package procnet

import (
	"encoding/binary"
	"testing"

	"sockeye/sock"
)

const (
	packetHeader  = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
	netlinkHeader = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
	packetRow     = "000000006ac73bb2 3      3    0806   2     1 1280   1000   120161  \n"
	netlinkRow    = "00000000f6311143 15  4294963200 00000011 768      64       1     2        7        120162  \n"
)

func details(first sock.Detail, values ...uint64) *sock.Details {
	d := &sock.Details{}
	for i, v := range values {
		d.Set(first+sock.Detail(i), v)
	}
	return d
}

// familyTables are the query for packet and netlink sockets.
var familyTables = sock.Query{Protocols: sock.Protocols(sock.Packet, sock.Netlink), States: sock.AllStates, Want: sock.AllFields}

func TestFamilyRows(t *testing.T) {
	env := treeWith(t, map[string]string{
		"packet": packetHeader + packetRow +
			"0000000000000000 2      2    0003   0     0 0      0      0       \n" +
			packetRow, // again: the table changed between two pages
		"netlink": netlinkHeader + "(____ptrval____) 0   0          00000000 0        0        0     2        0        4       \n" + netlinkRow,
	})
	bare := details(sock.PacketProtocol, 3)
	bare.Set(sock.PacketRunning, 0)
	arp := details(sock.PacketProtocol, 0x0806)
	arp.Set(sock.PacketRunning, 1)
	netlink := func(protocol, port, callback, drops uint64) *sock.Details {
		d := details(sock.NetlinkProtocol, protocol, port)
		d.Set(sock.NetlinkCallback, callback)
		d.Set(sock.NetlinkDrops, drops)
		return d
	}
	packet := sock.FieldPacket | sock.FieldInterface | sock.FieldType | sock.FieldRecvQueue
	known := sock.FieldNetlink | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldInode
	want := []sock.Socket{
		{Known: packet | withInode, Protocol: sock.Packet, Family: sock.FamilyPacket, State: sock.Unconnected, Type: sock.TypeRaw,
			IfIndex: 2, RecvQueue: 1280, UID: 1000, Inode: 120161, Details: arp},
		{Known: packet, Protocol: sock.Packet, Family: sock.FamilyPacket, State: sock.Unconnected, Type: sock.TypeDatagram, Details: bare},
		{Known: known, Protocol: sock.Netlink, Family: sock.FamilyNetlink, State: sock.Unconnected, Inode: 4, Details: netlink(0, 0, 0, 0)},
		{Known: known, Protocol: sock.Netlink, Family: sock.FamilyNetlink, State: sock.Unconnected, Inode: 120162,
			RecvQueue: 768, SendQueue: 64, Groups: []uint64{1, 5}, Details: netlink(15, 4294963200, 1, 7)},
	}
	if d := diff(want, listAll(t, env, familyTables)); d != "" {
		t.Error(d)
	}
}

func TestFamilyRowsCut(t *testing.T) {
	for _, c := range []struct{ file, header, row string }{
		{"packet", packetHeader, packetRow}, {"netlink", netlinkHeader, netlinkRow},
	} {
		protocol, _ := sock.ParseProtocol(c.file)
		for _, row := range []string{c.row[:40], "x" + c.row, c.row[:len(c.row)-3] + "x\n", "\n"} {
			rows, errs := list(t, treeWith(t, map[string]string{c.file: c.header + row}), familyTables.Protocol(protocol))
			if len(rows) != 0 || len(errs) != 1 {
				t.Errorf("%s %q: %d rows, %v", c.file, row, len(rows), errs)
			}
		}
	}
}

// FuzzFamilies: any text gives sound rows, at most one a line, and the same however
// it is cut.
func FuzzFamilies(f *testing.F) {
	f.Add([]byte(packetHeader+packetRow), false)
	f.Add([]byte(netlinkHeader+netlinkRow), true)
	f.Add([]byte(netlinkRow[:50]+"\n\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, netlink bool) {
		table := sock.Table{Protocol: sock.Packet, Family: sock.FamilyPacket}
		if netlink {
			table = sock.Table{Protocol: sock.Netlink, Family: sock.FamilyNetlink}
		}
		rows, errs := readBytes(t, table, text, binary.LittleEndian, readBuffer)
		for _, s := range rows {
			if s.Protocol != table.Protocol || s.Details == nil || s.State != sock.Unconnected {
				t.Errorf("unsound row %+v", s)
			}
		}
		cut, cutErrs := readBytes(t, table, text, binary.LittleEndian, 7)
		if len(rows) != len(cut) || len(errs) != len(cutErrs) {
			// A row without an inode is told twice where the table has several pieces.
			for _, s := range rows {
				if s.Inode == 0 {
					return
				}
			}
			t.Errorf("%d rows, cut in pieces %d; %v, %v", len(rows), len(cut), errs, cutErrs)
		}
	})
}
