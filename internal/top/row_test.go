package top

import (
	"math"
	"testing"

	"sockeye/sock"
)

// TestRowCounters: a row gives back each counter that it was given, and each has the room
// that it has in the kernel.
func TestRowCounters(t *testing.T) {
	info := map[sock.TCPInfoField]uint64{}
	for i, f := range counted {
		info[f] = math.MaxUint32 - 1 - uint64(i)
		if wide := f.Member().Bytes == 8; wide != (i < long) {
			t.Errorf("%v has %d bytes", f, f.Member().Bytes)
		}
	}
	info[sock.TCPInfoBytesAcked] = 1 << 40
	s := connection(1, sock.Established, "10.0.0.5:8080", "10.0.0.9:1", info)
	var r row
	var x record
	w := wish{facts: sock.FieldTCPInfo | sock.FieldLocal | sock.FieldRemote}
	r.take(s, w)
	got := x.of(&r)
	for f, want := range info {
		if v, known := got.TCPInfo.Get(f); v != want || !known {
			t.Errorf("%v is %d, %v, want %d", f, v, known, want)
		}
	}
	if got.Local != s.Local || got.Remote != s.Remote {
		t.Errorf("%v to %v", got.Local, got.Remote)
	}
}

// TestRowGoesOn: rates that were taken over too short a time begin where they did, and the
// rest is of now.
func TestRowGoesOn(t *testing.T) {
	var soon, r row
	var x record
	w := wish{facts: sock.FieldTCPInfo, info: true}
	for to, s := range map[*row]*sock.Socket{
		&soon: connection(1, sock.Established, "10.0.0.5:1", "10.0.0.9:1", traffic(1000, 2000, 300)),
		&r:    connection(1, sock.Established, "10.0.0.5:1", "10.0.0.9:1", traffic(9000, 9000, 700)),
	} {
		to.take(s, w)
	}
	soon.read, r.read = 1, 2
	r.goOn(&soon)
	for f, want := range map[sock.TCPInfoField]uint64{
		sock.TCPInfoBytesReceived: 1000, sock.TCPInfoBytesAcked: 2000, sock.TCPInfoSegsIn: 1, sock.TCPInfoRTT: 700, sock.TCPInfoSndCwnd: 10,
	} {
		if v, known := x.of(&r).TCPInfo.Get(f); v != want || !known {
			t.Errorf("%v is %d, %v, want %d", f, v, known, want)
		}
	}
	if r.read != 1 {
		t.Errorf("it was read at %d", r.read)
	}
}

// TestStatesText: the states that most sockets are in have the room, in the usual order.
func TestStatesText(t *testing.T) {
	var of totals
	of.states[sock.Listen], of.states[sock.Established], of.states[sock.TimeWait] = 3, 64, 1204
	for room, want := range map[int]string{
		0: "", 16: "", 17: "  1,204 TIME_WAIT", 33: "  64 ESTABLISHED  1,204 TIME_WAIT",
		42: "  64 ESTABLISHED  1,204 TIME_WAIT", 43: "  3 LISTEN  64 ESTABLISHED  1,204 TIME_WAIT",
	} {
		if got := of.statesText(room); got != want {
			t.Errorf("%d cells: %q, want %q", room, got, want)
		}
	}
}

// TestHeaderIsNarrow: what opened and closed is there as long as it can be, and so is that
// nothing moves any more.
func TestHeaderIsNarrow(t *testing.T) {
	d := start(t, 60, 20, people(), nil)
	d.next()
	for width, want := range map[int]string{
		70: " web-1  8 sockets  +1 ~1 -1       in 12 kB/s  out 1.1 MB/s   every 1s ",
		58: " web-1  8 sockets  +1 ~1 -1      in 12 kB/s  out 1.1 MB/s ",
		50: " web-1  8 sockets  +1 ~1 -1              every 1s ",
		30: " web-1  8 sockets  +1 ~1 -1",
	} {
		d.do(sizeMessage{width, 20})
		if got := d.headerLine(); got != want {
			t.Errorf("%d cells: %q, want %q", width, got, want)
		}
	}
	d.do(sizeMessage{30, 20})
	d.keys("p")
	if got, want := d.headerLine(), " web-1  8 sockets  +…  paused "; got != want {
		t.Errorf("frozen: %q, want %q", got, want)
	}
}
