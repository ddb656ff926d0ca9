package iphlpapi

import (
	"context"
	"fmt"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// BenchmarkListing lists 10,000 connections of one process, without the time
// that Windows takes.
func BenchmarkListing(b *testing.B) {
	f := newFake()
	f.names[812] = "nginx.exe"
	var rows []testRow
	for i := range 10_000 {
		rows = append(rows, testRow{state: 5, local: "10.0.0.5:80", remote: fmt.Sprintf("10.0.1.9:%d", i+1), pid: 812, created: unixEpoch})
	}
	f.put(tcp4, ownerModule, rows...)
	src, q := f.source(), want(sock.AllFields).Only(tcp4)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range socktest.Rows(context.Background(), src, here, q) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != len(rows) {
			b.Fatalf("%d rows", n)
		}
	}
}
