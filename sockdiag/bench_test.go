package sockdiag

import (
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// recordedBatch is a datagram as a dump of TCP connections fills it: rows with
// the attributes that come unasked.
func recordedBatch() (b []byte, rows int) {
	for n := uint32(0); len(b) < initialBuffer-200; n++ {
		payload := inetRow{
			family: afInet, state: tcpEstablished, local: "127.0.0.1:8080", remote: "127.0.0.1:40000",
			cookie: uint64(n) + 1, uid: 1000, inode: 100_000 + n,
		}.bytes(attribute(inetDiagShutdown, 0), attribute(inetDiagMark, u32(0)...), attribute(inetDiagCgroupID, u64(1)...))
		b = append(b, netlinkMessage(sockDiagByFamily, 2, 1, testPort, payload)...)
		rows++
	}
	return b, rows
}

// BenchmarkDecodeInet decodes one row of a batch for each iteration.
func BenchmarkDecodeInet(b *testing.B) {
	batch, _ := recordedBatch()
	d := inetDecoder{protocol: sock.TCP}
	var s sock.Socket
	b.ReportAllocs()
	walk := messages{batch}
	for b.Loop() {
		m, ok := walk.next()
		if !ok {
			walk.rest = batch
			continue
		}
		if d.decode(m.payload, &s) != understood {
			b.Fatal("not understood")
		}
	}
}

// BenchmarkDecodeInetInfo is the same with all that can be asked for.
func BenchmarkDecodeInetInfo(b *testing.B) {
	payload := inetRow{family: afInet, state: tcpEstablished, local: "127.0.0.1:8080", remote: "127.0.0.1:40000", cookie: 1, inode: 1}.bytes(
		attribute(inetDiagShutdown, 0), attribute(inetDiagMark, u32(0)...), attribute(inetDiagCgroupID, u64(1)...),
		attribute(inetDiagInfo, tcpInfoBytes(248)...), attribute(inetDiagCong, []byte("cubic\x00")...),
		attribute(inetDiagSKMemInfo, u32(1, 2, 3, 4, 5, 6, 7, 8, 9)...))
	d := inetDecoder{protocol: sock.TCP}
	var s sock.Socket
	b.ReportAllocs()
	for b.Loop() {
		if d.decode(payload, &s) != understood {
			b.Fatal("not understood")
		}
	}
}

// BenchmarkDecodeUnix decodes a connection whose name thousands share.
func BenchmarkDecodeUnix(b *testing.B) {
	payload := unixRow{kind: 1, state: tcpEstablished, inode: 77, cookie: 1}.bytes(
		attribute(unixDiagName, []byte("/run/systemd/journal/stdout\x00")...), attribute(unixDiagPeer, u32(78)...),
		attribute(unixDiagRQLen, u32(5, 6)...), attribute(unixDiagShutdown, 0), attribute(unixDiagUID, u32(1000)...))
	var d unixDecoder
	var s sock.Socket
	b.ReportAllocs()
	for b.Loop() {
		if d.decode(payload, &s) != understood {
			b.Fatal("not understood")
		}
	}
}

// BenchmarkDecodeStream is the whole way of 100,000 rows from the wire to the
// reader, for each iteration.
func BenchmarkDecodeStream(b *testing.B) {
	batch, rows := recordedBatch()
	source := New()
	source.open = func() (wire, error) { return &loopWire{batch: batch, left: 100_000 / rows}, nil }
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, err := range socktest.Rows(b.Context(), source, here, tcp4()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
}

// TestDecodeDoesNotAllocate: the memory of a stream does not grow with its rows.
func TestDecodeDoesNotAllocate(t *testing.T) {
	batch, rows := recordedBatch()
	d := inetDecoder{protocol: sock.TCP}
	var s sock.Socket
	allocations := testing.AllocsPerRun(20, func() {
		walk := messages{batch}
		for range rows {
			m, _ := walk.next()
			d.decode(m.payload, &s)
		}
	})
	if allocations > 0 || s.Inode == 0 {
		t.Errorf("%v allocations for %d rows", allocations, rows)
	}
}

// loopWire replays one batch a number of times and then ends the dump.
type loopWire struct {
	batch []byte
	left  int
}

func (w *loopWire) port() uint32      { return testPort }
func (w *loopWire) send([]byte) error { return nil }
func (w *loopWire) close()            {}
func (w *loopWire) receive(buf []byte) ([]byte, bool, error) {
	if w.left--; w.left < 0 {
		return buf[:copy(buf, netlinkMessage(nlmsgDone, 2, 1, testPort, errnoPayload(0)))], false, nil
	}
	return buf[:copy(buf, w.batch)], false, nil
}
