package tracer

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye/sock"
)

// recordOf makes the record of a connection from 10.0.0.1:40112 to 10.0.0.2:443 that
// ends, as a kernel of that byte order writes it.
func recordOf(order binary.ByteOrder) []byte {
	b := make([]byte, fullRecord)
	for at, v := range map[int]uint64{
		0: 5_000_001_999, 8: 0x1234, 16: 1_500_000, 24: 2_500_000, 32: 77, // time .. cgroup
		136: 1001, 144: 501, 152: 1300, 160: 300, // bytes
	} {
		order.PutUint64(b[at:], v)
	}
	for at, v := range map[int]uint32{
		40: 4026531840, 44: 1000, 48: 9, 52: 2, 56: 4242, 60: 3, 64: 1, 68: 512, // netns .. bytes
		168: 2, 172: 8 * 250, 176: 4 * 30, 180: 200, 184: 11, 188: 12, 192: 5, 196: 6,
	} {
		order.PutUint32(b[at:], v)
	}
	for at, v := range map[int]uint16{72: familyIPv4, 74: 40112, 76: 443, 78: 104} {
		order.PutUint16(b[at:], v)
	}
	copy(b[80:], []byte{uint8(StateChange), uint8(Connect), 1, 7, flagTimed | flagAgeAtLeast | flagSocket | flagOwner, 0x11, 1, 0})
	copy(b[88:], "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x0a\x00\x00\x01")
	copy(b[104:], "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x0a\x00\x00\x02")
	copy(b[120:], "curl\x00rest of it")
	return b
}

var options = cmp.Options{
	cmp.AllowUnexported(sock.TCPInfo{}), cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.EquateEmpty(),
}

// A record says the same in both byte orders.
func TestDecode(t *testing.T) {
	info := &sock.TCPInfo{}
	for member, value := range map[sock.TCPInfoField]uint64{
		sock.TCPInfoBytesAcked: 1001, sock.TCPInfoBytesReceived: 501, sock.TCPInfoBytesSent: 1300,
		sock.TCPInfoBytesRetrans: 300, sock.TCPInfoTotalRetrans: 2, sock.TCPInfoRTT: 250,
		sock.TCPInfoRTTVar: 30, sock.TCPInfoMinRTT: 200, sock.TCPInfoSegsIn: 11,
		sock.TCPInfoSegsOut: 12, sock.TCPInfoDataSegsIn: 5, sock.TCPInfoDataSegsOut: 6,
	} {
		info.Set(member, value)
	}
	want := Event{
		Time: time.Unix(1005, 1000).UTC(),
		Socket: sock.Socket{
			Protocol: sock.TCP, Family: sock.IPv4, State: sock.Closed,
			Known: sock.FieldLocal | sock.FieldRemote | sock.FieldNetns | sock.FieldUID | sock.FieldMark |
				sock.FieldInterface | sock.FieldCookie | sock.FieldCgroupID | sock.FieldOwners | sock.FieldTCPInfo,
			Local: netip.MustParseAddrPort("10.0.0.1:40112"), Remote: netip.MustParseAddrPort("10.0.0.2:443"),
			Netns: sock.Netns{Inode: 4026531840}, UID: 1000, Mark: 9, IfIndex: 2, Cookie: 0x1234, CgroupID: 77,
			Owners:      []sock.Owner{{Process: &sock.Process{PID: 4242, Name: "curl"}, FD: sock.NoFD}},
			OwnerStatus: sock.OwnerKnown, TCPInfo: info,
		},
		Origin: Connect, OldState: sock.Established, NewState: sock.Closed,
		Duration: 1500 * time.Microsecond, Age: 2500 * time.Microsecond, Timed: true, AgeAtLeast: true,
		Failure: Reset, Sent: 1000, Received: 500, Segments: 1, Bytes: 512, Flags: 0x11,
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		d := decoder{order: order, epoch: 1000e9}
		var e Event
		if !d.decode(recordOf(order), &e) {
			t.Fatalf("%v: not understood", order)
		}
		if diff := cmp.Diff(want, e, options); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
	}
}

// What is not known is neither zero nor empty.
func TestDecodeTheUnknown(t *testing.T) {
	order := binary.LittleEndian
	for name, c := range map[string]struct {
		change func(b []byte)
		check  func(e *Event) bool
	}{
		"a listener has no peer": {
			func(b []byte) { order.PutUint16(b[76:], 0); b[82], b[83] = 7, 10 },
			func(e *Event) bool { return e.Socket.Known&sock.FieldRemote == 0 && e.NewState == sock.Listen },
		},
		"only an end has an end's facts": {
			func(b []byte) { b[83] = 4 },
			func(e *Event) bool {
				return e.Socket.TCPInfo == nil && e.Failure == NoFailure && e.Socket.Known&sock.FieldTCPInfo == 0
			},
		},
		"no round trip was measured": {
			func(b []byte) { clear(b[172:184]) },
			func(e *Event) bool {
				_, rtt := e.Socket.TCPInfo.Get(sock.TCPInfoRTT)
				_, least := e.Socket.TCPInfo.Get(sock.TCPInfoMinRTT)
				again, known := e.Socket.TCPInfo.Get(sock.TCPInfoTotalRetrans)
				return !rtt && !least && known && again == 2
			},
		},
		"no clock": {
			func(b []byte) { b[84] &^= flagTimed },
			func(e *Event) bool { return !e.Timed && e.Duration == 0 && !e.AgeAtLeast },
		},
		"the owner is in another PID namespace": {
			func(b []byte) { clear(b[56:60]) },
			func(e *Event) bool {
				return e.Socket.Owners == nil && e.Socket.OwnerStatus == sock.OwnerOtherNamespace && e.Origin == NoOrigin
			},
		},
		"nobody is known": {
			func(b []byte) { b[84] &^= flagOwner },
			func(e *Event) bool {
				return e.Socket.Owners == nil && e.Socket.OwnerStatus == sock.OwnerNoDescriptor
			},
		},
		"no socket": {
			func(b []byte) { b[80], b[82], b[83], b[84] = uint8(ResetSent), 0, 0, 0 },
			func(e *Event) bool {
				const known = sock.FieldLocal | sock.FieldRemote | sock.FieldNetns
				return e.Socket.Known == known && e.Reason == "NO_SOCKET"
			},
		},
		"a reason without a name": {
			func(b []byte) { b[80] = uint8(Drop); order.PutUint32(b[60:], 9999) },
			func(e *Event) bool { return e.Reason == "" },
		},
		"a drop": {
			func(b []byte) { b[80] = uint8(Drop) },
			func(e *Event) bool { return e.Reason == "NETFILTER_DROP" },
		},
		"a handshake that was given up": {
			func(b []byte) { order.PutUint16(b[78:], 0); b[82] = 2 },
			func(e *Event) bool { return e.Failure == Abandoned },
		},
		"an end in peace": {
			func(b []byte) { order.PutUint16(b[78:], 0); b[82] = 9 },
			func(e *Event) bool { return e.Failure == NoFailure },
		},
	} {
		b := recordOf(order)
		c.change(b)
		d := decoder{
			order: order,
			drops: map[uint32]string{3: "NETFILTER_DROP"}, resets: map[uint32]string{3: "NO_SOCKET"},
		}
		var e Event
		if !d.decode(b, &e) || !c.check(&e) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// How a connection ended, by sk_err.
func TestFailures(t *testing.T) {
	for number, want := range map[uint16]Failure{
		111: Refused, 104: Reset, 32: Reset, 110: TimedOut, 113: Unreachable, 101: Unreachable, 103: Aborted, 71: Failed,
	} {
		if got := failureOf(number, sock.SynSent); got != want {
			t.Errorf("error %d: %v, want %v", number, got, want)
		}
	}
}

// A process is one value, however many events it has, and what is remembered of
// processes is bounded.
func TestProcessesAreShared(t *testing.T) {
	var d decoder
	name := make([]byte, 16)
	if first := d.process(1, name); d.process(1, name) != first || d.process(2, name) == first {
		t.Error("a process is not the one value of its number and name")
	}
	for pid := range uint32(10 * mostProcesses) {
		d.process(pid, name)
	}
	if len(d.processes) > mostProcesses {
		t.Errorf("%d processes are remembered", len(d.processes))
	}
}

// Each kind, origin and failure has a name, and a value behind the last has one too.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for k := range kindEnd {
		seen[k.String()] = true
	}
	for o := Connect; o < originEnd; o++ {
		seen[o.String()] = true
	}
	for f := Refused; f < failureEnd; f++ {
		seen[f.String()] = true
	}
	if want := int(kindEnd) + int(originEnd) - 1 + int(failureEnd) - 1; len(seen) != want || seen[""] {
		t.Errorf("%d names of %d: %v", len(seen), want, seen)
	}
	if kindEnd.String() != "unknown" || originEnd.String() != "" || failureEnd.String() != "" {
		t.Error("a value that does not exist has the name of another")
	}
}

// Whatever bytes come, decoding does not panic, and what it makes is sound.
func FuzzDecode(f *testing.F) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(recordOf(order))
		f.Add(recordOf(order)[:shortRecord])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			d := decoder{order: order, drops: map[uint32]string{3: "NETFILTER_DROP"}}
			var e Event
			if !d.decode(b, &e) {
				continue
			}
			s := &e.Socket
			if (s.Known&sock.FieldTCPInfo != 0) != (s.TCPInfo != nil) || (s.OwnerStatus == sock.OwnerKnown) != (len(s.Owners) == 1) ||
				e.Kind.String() == "unknown" || s.Local.Addr().Is4In6() || s.Family == sock.FamilyUnknown {
				t.Errorf("%v: %+v", order, e)
			}
		}
	})
}
