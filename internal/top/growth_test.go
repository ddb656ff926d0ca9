package top

import (
	"runtime"
	"testing"
)

// TestGrowth: passes over sockets that come and go hold no more after many than after
// a few: neither memory nor goroutines. It counts passes, not time.
func TestGrowth(t *testing.T) {
	d := many(t, 120, 40, 400)
	d.keys("enter", "j", "j")
	next := uint64(10_000)
	passes := func(n int) {
		for range n {
			for i := range 100 {
				next++
				d.sockets[(int(next)*7+i)%len(d.sockets)] = numbered(next, 1000)
			}
			d.tick()
			d.keys("j")
			d.screen()
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	passes(50)
	before, goroutines := heap(), runtime.NumGoroutine()
	passes(500)
	// 50,000 sockets have come and gone meanwhile: one forgotten row of each is 15 MB.
	if after := heap(); after > before+before/2+1<<20 || runtime.NumGoroutine() > goroutines {
		t.Errorf("%d bytes and %d goroutines, were %d and %d", after, runtime.NumGoroutine(), before, goroutines)
	}
	if len(d.trails) > d.height || len(d.pass.rows) > 1200 {
		t.Errorf("%d trails, %d rows", len(d.trails), len(d.pass.rows))
	}
}
