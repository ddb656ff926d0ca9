package procnet

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

func counter(group, name string, value int64) sock.Counter {
	return sock.Counter{Group: group, Name: name, Value: value}
}

func TestCounters(t *testing.T) {
	for name, c := range map[string]struct {
		parse func(io.Reader) (Counters, error)
		text  string
		want  Counters
		err   string
	}{
		"snmp": {parseSNMP, "Tcp: RtoMin MaxConn CurrEstab\nTcp: 200 -1 5\nUdp: InDatagrams\nUdp: 18446744073709551615\n",
			Counters{counter("Tcp", "RtoMin", 200), counter("Tcp", "MaxConn", -1), counter("Tcp", "CurrEstab", 5), counter("Udp", "InDatagrams", -1)}, ""},
		"fewer values": {parseSNMP, "Tcp: A B\nTcp: 1\n", nil, "line 2: 1 values of Tcp for 2 names"},
		"other group":  {parseSNMP, "Tcp: A\nUdp: 1\n", nil, "line 2"},
		"cut":          {parseSNMP, "Tcp: A\nTcp: 1\nUdp: B\n", Counters{counter("Tcp", "A", 1)}, "no values of Udp"},
		"no number":    {parseSNMP, "Tcp: A\nTcp: x\n", nil, `TcpA is "x"`},
		"snmp6": {parseSNMP6, "Ip6InReceives   \t12\nUdpLite6InErrors 3\n",
			Counters{counter("Ip6", "InReceives", 12), counter("UdpLite6", "InErrors", 3)}, ""},
		"sockstat": {parseSockstat, "sockets: used 17\nTCP: inuse 5 orphan 0 tw 2 alloc 8 mem 160\n",
			Counters{counter("sockets", "used", 17), counter("TCP", "inuse", 5), counter("TCP", "orphan", 0), counter("TCP", "tw", 2), counter("TCP", "alloc", 8), counter("TCP", "mem", 160)}, ""},
		"odd":      {parseSockstat, "TCP: inuse\n", nil, "a name without a value"},
		"no group": {parseSockstat, "TCP inuse 5\n", nil, `no group in "TCP"`},
		"empty":    {parseSNMP, "\n", nil, ""},
	} {
		got, err := c.parse(strings.NewReader(c.text))
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, want %q", name, err, c.err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	c := Counters{counter("TCP", "mem", 160)}
	if v, known := c.Get("TCP", "mem"); v != 160 || !known {
		t.Errorf("mem is %d, %v", v, known)
	}
	if _, known := c.Get("UDP", "mem"); known {
		t.Error("a counter is known that was not told")
	}
}

func TestNumbers(t *testing.T) {
	got, err := parseNumbers(strings.NewReader("188025\t250703\t376050\n"), 3)
	if diff := cmp.Diff([]int64{188025, 250703, 376050}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, text := range []string{"1 2 3 4\n", "1 x\n"} {
		if got, err := parseNumbers(strings.NewReader(text), 3); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestCountersOfThisKernel reads the files of the kernel that the tests run on.
func TestCountersOfThisKernel(t *testing.T) {
	for file, parse := range map[string]func(io.Reader) (Counters, error){
		"snmp": parseSNMP, "netstat": parseSNMP, "snmp6": parseSNMP6, "sockstat": parseSockstat, "sockstat6": parseSockstat,
	} {
		f, err := os.Open("/proc/net/" + file)
		if err != nil {
			t.Logf("%v", err) // no IPv6, or no /proc on this system
			continue
		}
		defer f.Close()
		c, err := parse(f)
		if err != nil || len(c) < 4 {
			t.Errorf("%s: %d counters, %v", file, len(c), err)
		}
	}
}

func FuzzCounters(f *testing.F) {
	f.Add("Tcp: A B\nTcp: 1 -1\n", uint8(0))
	f.Add("Ip6InReceives 12\n", uint8(1))
	f.Add("TCP: inuse 5 orphan 0\n", uint8(2))
	f.Add("188025\t250703\t376050\n", uint8(3))
	parsers := []func(io.Reader) (Counters, error){parseSNMP, parseSNMP6, parseSockstat}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		if which%4 == 3 {
			if n, err := parseNumbers(strings.NewReader(text), 3); err == nil && len(n) > 3 {
				t.Fatalf("%d numbers", len(n))
			}
			return
		}
		all, _ := parsers[which%4](strings.NewReader(text))
		if len(all) > len(strings.Fields(text)) {
			t.Fatalf("%d counters of %q", len(all), text)
		}
	})
}
