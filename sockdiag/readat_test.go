package sockdiag

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// slowWire takes some time for each call and notes when it ended.
type slowWire struct {
	wire
	mu    sync.Mutex
	ended []time.Time
}

func (w *slowWire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, time.Now())
}

func (w *slowWire) send(request []byte) error {
	defer w.end()
	time.Sleep(2 * time.Millisecond)
	return w.wire.send(request)
}

func (w *slowWire) receive(buf []byte) ([]byte, bool, error) {
	defer w.end()
	time.Sleep(2 * time.Millisecond)
	return w.wire.receive(buf)
}

// TestReadAt: the kernel writes a datagram inside of the call before the one that
// receives it. A row was read then, whether its datagram waited, or the row for those
// of another family, or not; and it is told only where rates are asked for.
func TestReadAt(t *testing.T) {
	for _, prefetch := range []bool{false, true} {
		k := newFakeKernel(t, []delivery{
			datagram(joinedRow(afInet6, 1), joinedRow(afInet, 1<<8)),
			datagram(joinedRow(afInet, 2<<8)),
			datagram(joinedRow(afInet6, 3), joinedRow(afInet, 3<<8), done(0)),
		})
		w := &slowWire{}
		source := k.source()
		source.open = func() (wire, error) {
			beneath, err := k.open()
			w.wire = beneath
			return w, err
		}
		q := bothFamilies(sock.Established)
		q.Want = sock.FieldRates
		session := source.Open(here)
		reading := session.Plan(q)[0]
		if prefetch {
			reading.Prefetch()
		}
		read := map[uint64]time.Time{}
		for s, err := range reading.Rows(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			read[s.Cookie] = s.ReadAt
			time.Sleep(5 * time.Millisecond) // a slow reader
		}
		session.Close()
		if len(w.ended) < 4 || len(read) != 5 {
			t.Fatalf("%d calls, %d rows", len(w.ended), len(read))
		}
		for _, cookie := range slices.Sorted(maps.Keys(read)) {
			datagram := max(cookie>>8, cookie&0xff) // 1 to 3
			if at := read[cookie]; at.Before(w.ended[datagram-1]) || at.After(w.ended[datagram]) {
				t.Errorf("prefetch %t, a row of datagram %d: %v behind the call before, which is %v long", prefetch, datagram,
					at.Sub(w.ended[datagram-1]), w.ended[datagram].Sub(w.ended[datagram-1]))
			}
		}
	}
	k := newFakeKernel(t, []delivery{datagram(row(established(1)), done(0))})
	for s, err := range socktest.Rows(t.Context(), k.source(), here, tcp4()) {
		if err != nil || !s.ReadAt.IsZero() {
			t.Errorf("nobody asked: %v, %v", s.ReadAt, err)
		}
	}
}
