package doctor

import (
	"slices"
	"testing"

	"sockeye/sock"
)

// TestDatagramDrops: a reader that is slow and a buffer that is small, and what only the
// counters show.
func TestDatagramDrops(t *testing.T) {
	for _, test := range []struct {
		before, now [2]uint32 // recv_queue, drops
		want        []string
	}{
		{[2]uint32{900, 5}, [2]uint32{800, 7}, []string{"server[7] lost 2 datagrams on port 9: the reader is too slow, 800 bytes wait"}},
		{[2]uint32{0, 5}, [2]uint32{0, 6}, []string{"server[7] lost 1 datagram on port 9: the buffer is empty at times, and too small for what comes at once"}},
		{[2]uint32{0, 1<<32 - 1}, [2]uint32{0, 1}, []string{"server[7] lost 2 datagrams on port 9: the buffer is empty at times, and too small for what comes at once"}},
		{[2]uint32{900, 5}, [2]uint32{900, 5}, nil},
	} {
		s := newSpace()
		c := in(sock.Unconnected, 9, 0, 7)
		c.Protocol, c.Known = sock.UDP, c.Known|sock.FieldMemory
		c.RecvQueue, c.Memory.Drops = test.before[0], test.before[1]
		s.add(c)
		c.RecvQueue, c.Memory.Drops = test.now[0], test.now[1]
		if got := titles(examine(s, nil, c), datagramDrops); !slices.Equal(got, test.want) {
			t.Errorf("%v, %v: %q", test.before, test.now, got)
		}
	}
	s := newSpace()
	s.Counted = true
	s.Before.Counters = []sock.Counter{{Group: "raw_drops", Name: "17/5", Value: 3}, {Group: "raw_drops", Name: "1/6", Value: 9}}
	s.After.Counters = []sock.Counter{{Group: "raw_drops", Name: "17/5", Value: 7}, {Group: "raw_drops", Name: "1/6", Value: 9}, {Group: "Udp", Name: "RcvbufErrors", Value: 1}}
	want := []string{
		"A raw socket for protocol 17 of IP lost 4 packets: its buffer was full",
		"1 datagram lost at sockets that are not there any more: their buffers were full",
	}
	found := examine(s, nil)
	if got := titles(found, datagramDrops); !slices.Equal(got, want) || found[0].Try != "sockeye -wa inode = 5" {
		t.Errorf("%+v", found)
	}
}
