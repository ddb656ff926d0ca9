package top

import (
	"testing"

	"sockeye/sock"
)

// crowd is a view of as many sockets as 20,000 connections of a machine to itself have.
func crowd(b *testing.B) *driver {
	var all []*sock.Socket
	for i := range 40_000 {
		all = append(all, numbered(uint64(i+1), uint64(i)))
	}
	return start(&testing.T{}, 200, 60, all, nil)
}

// BenchmarkKey is a key among 40,000 sockets, to the lines of the screen.
func BenchmarkKey(b *testing.B) {
	d := crowd(b)
	d.screen()
	for b.Loop() {
		d.keys("j")
		d.view()
	}
}

// BenchmarkPass is a pass over 40,000 sockets, from what was listed to the lines of the
// screen.
func BenchmarkPass(b *testing.B) {
	d := crowd(b)
	for b.Loop() {
		d.tick()
		d.view()
	}
}

// BenchmarkFilter is a letter of a filter among 40,000 sockets.
func BenchmarkFilter(b *testing.B) {
	d := crowd(b)
	d.keys("/")
	d.text("port 8080")
	for b.Loop() {
		d.keys("0", "backspace")
		d.view()
	}
}

// BenchmarkOrder is another order of 40,000 sockets.
func BenchmarkOrder(b *testing.B) {
	for _, order := range []string{"-pid", "process", "local"} {
		b.Run(order, func(b *testing.B) {
			d := crowd(b)
			keys, err := parseOrder(order, sock.AllFields)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				d.orderBy(busiest())
				d.orderBy(keys)
				d.view()
			}
		})
	}
}
