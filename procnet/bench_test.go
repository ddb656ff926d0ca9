package procnet

import (
	"fmt"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// established returns n rows of /proc/net/tcp.
func established(n int) []byte {
	text := []byte(tcpHeader)
	for i := range n {
		text = fmt.Appendf(text, "%4d: 0100007F:%04X %08X:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 %d 1 0000000000000000 20 4 30 10 -1                     \n",
			i, i&0xffff, 0x7f+i>>16<<8, 100000+i)
	}
	return text
}

func benchmarkTable(b *testing.B, states sock.StateSet) {
	const rows = 100_000
	text := established(rows)
	env := treeWith(b, map[string]string{"tcp": string(text)})
	q := only(sock.TCP, sock.IPv4)
	q.States = states
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		for _, err := range socktest.Rows(b.Context(), Source{}, env, q) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// BenchmarkTable reads 100,000 rows from a file, without the cost that the
// kernel has to make them.
func BenchmarkTable(b *testing.B)       { benchmarkTable(b, sock.AllStates) }
func BenchmarkTableListen(b *testing.B) { benchmarkTable(b, sock.States(sock.Listen)) }

func BenchmarkParseTCP(b *testing.B) {
	line := established(1)[len(tcpHeader):]
	p := newTCP(inetParser{protocol: sock.TCP, family: sock.IPv4, little: true, states: sock.AllStates})
	var s sock.Socket
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		if p.parse(line, &s) != rowGood {
			b.Fatal("not parsed")
		}
	}
}
