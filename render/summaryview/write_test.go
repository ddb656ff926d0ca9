package summaryview

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

func known(n int64) sock.Amount { return sock.Amount{Value: n, Known: true} }

func sample() *sock.Summary {
	tcp, unix := sock.TableCount{Protocol: sock.TCP}, sock.TableCount{Protocol: sock.Unix}
	for range 38 {
		tcp.Count(&sock.Socket{Family: sock.IPv4, State: sock.Listen})
	}
	for range 1902 {
		tcp.Count(&sock.Socket{Family: sock.IPv6, State: sock.Established})
	}
	tcp.Count(&sock.Socket{Family: sock.IPv4, State: sock.TimeWait})
	unix.Count(&sock.Socket{Family: sock.FamilyUnix, State: sock.Unconnected})
	return &sock.Summary{Tables: []sock.TableCount{tcp, unix}, KernelSummary: sock.KernelSummary{
		Usage: []sock.Usage{
			{Protocol: sock.TCP, Name: "memory_bytes", Used: known(812), Limit: known(2358460416), Machine: true, Setting: "net.ipv4.tcp_mem"},
			{Protocol: sock.TCP, Name: "backlog", Limit: known(4096), Setting: "net.core.somaxconn"},
			{Protocol: sock.TCP, Name: "time_wait", Used: known(0), Setting: "net.ipv4.tcp_max_tw_buckets"},
			{Protocol: sock.UDP, Name: "nothing_known", Setting: "net.none"},
			{Name: "open_files", Used: known(9), Limit: known(1<<63 - 1), Machine: true, Setting: "fs.file-max"},
		},
		Troubles: []sock.Counter{{Group: "TcpExt", Name: "ListenDrops", Value: 12}},
	}}
}

func TestWrite(t *testing.T) {
	const tables = `PROTO  TOTAL  IPV4  IPV6  STATES
tcp     1941    39  1902  38 LISTEN, 1902 ESTABLISHED, 1 TIME_WAIT
unix       1     -     -  1 UNCONNECTED
`
	const limits = `
LIMIT           USED         OF  SETTING
tcp memory     812 B    2.36 GB  net.ipv4.tcp_mem, whole machine
tcp backlog        -       4096  net.core.somaxconn, of each socket
tcp time wait      0          -  net.ipv4.tcp_max_tw_buckets
open files         9  unlimited  fs.file-max, whole machine
`
	const wrong = `
WRONG               COUNT
TcpExt ListenDrops     12
`
	const narrow = `PROTO  TOTAL  IPV4  IPV6  STATES
tcp     1941    39  1902  38 LISTEN,
                          1902 ESTABLISHED,
                          1 TIME_WAIT
unix       1     -     -  1 UNCONNECTED

LIMIT           USED         OF  SETTING
tcp memory     812 B    2.36 GB  net.ipv4.tcp_mem,
                                 whole machine
tcp backlog        -       4096  net.core.somaxconn,
                                 of each socket
tcp time wait      0          -  net.ipv4.tcp_max_tw_buckets
open files         9  unlimited  fs.file-max,
                                 whole machine
`
	counted := sample()
	counted.Counters = []sock.Counter{{Group: "Tcp", Name: "MaxConn", Value: -1}, {Group: "Tcp", Name: "InErrs"}}
	for _, c := range []struct {
		name  string
		s     *sock.Summary
		width int
		want  string
	}{
		{"wide", sample(), 0, tables + limits + wrong},
		{"narrow", sample(), 44, narrow + wrong},
		{"nothing", &sock.Summary{}, 0, ""},
		{"counters", counted, 0, tables + limits + wrong + "\nCOUNTER      COUNT\nTcp MaxConn     -1\n"},
	} {
		var b strings.Builder
		if err := Write(&b, c.s, c.width); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
