package render

import (
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// marked are options of a table whose rows are marked by the port of their peer.
func marked(change func(*Options)) Options {
	marks := map[uint16]byte{51514: '+', 51520: '~', 40112: '-'}
	return with(func(o *Options) {
		o.Stay = true
		o.Mark = func(s *sock.Socket) byte {
			if m := marks[s.Remote.Port()]; m != 0 {
				return m
			}
			return ' '
		}
		change(o)
	})
}

func TestMarks(t *testing.T) {
	const want = `   PROTO  STATE        RECV-Q  SEND-Q  LOCAL               REMOTE              PID  PROCESS
   tcp    LISTEN            0     511  *:8080              -                  4242  node (+3)
   tcp    LISTEN            0     128  [::1]:5432          -                   640  postgres
+  tcp    ESTABLISHED       0       0  10.0.0.5:8080       10.0.0.9:51514     4244  node
~  tcp    ESTABLISHED      12       0  10.0.0.5:8080       10.0.0.9:51520        -  (accept queue of node)
-  tcp    FIN_WAIT_2        0       0  10.0.0.5:8080       10.0.0.7:40112        -  (orphaned)
   udp    UNCONNECTED       0       0  127.0.0.53%lo:53    -                   581  systemd-resolve
`
	if got := rendered(t, marked(func(*Options) {}), example()); got != want {
		t.Errorf("got\n%s", got)
	}
	sorted := rendered(t, marked(func(o *Options) { o.Sort = mustSort(t, "remote_port:desc"); o.Limit = 2; o.Header = false }), example())
	if !strings.HasPrefix(sorted, "~ ") || !strings.Contains(sorted, "\n+ ") {
		t.Errorf("sorted:\n%s", sorted)
	}
	colored := rendered(t, marked(func(o *Options) { o.Color = true }), example())
	if !strings.Contains(colored, sgr[green]+"+"+sgrEnd) || !strings.Contains(colored, sgr[dim]+"-"+sgrEnd) {
		t.Errorf("in colour:\n%q", colored)
	}
}

// TestMarksStayWhenNarrow: the mark is never dropped.
func TestMarksStayWhenNarrow(t *testing.T) {
	for width := 20; width < 120; width++ {
		got := rendered(t, marked(func(o *Options) { o.Width = width }), example())
		for _, mark := range []string{"\n+  tcp", "\n~  tcp", "\n-  tcp"} {
			if !strings.Contains(got, mark) {
				t.Fatalf("%d cells:\n%s", width, got)
			}
		}
	}
}

// TestCompared: what is written is compared, and nothing else.
func TestCompared(t *testing.T) {
	for name, test := range map[string]struct {
		o         Options
		has, lack string
	}{
		"table":    {marked(func(*Options) {}), "state local_port backlog owner_status", "inode cookie tcp_info timer"},
		"details":  {with(func(o *Options) { o.Facts = shownBy("info") }), "state tcp_info recv_rate", "memory"},
		"columns":  {with(func(o *Options) { o.Columns = mustColumns(t, "rtt,pid") }), "tcp_info.rtt_us pid owners", "state tcp_info"},
		"json":     {Options{Format: NDJSON}, "state inode owners", "tcp_info"},
		"template": {Options{Format: Template, Template: "{{.recv_queue}}"}, "recv_queue", "state send_queue"},
		"count":    {Options{Format: Count}, "", "state"},
	} {
		l, err := test.o.Layout()
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, f := range l.Compared() {
			names[f.Name] = true
			if fact.LookupMember(f.Name) != f && f.Parent() == nil {
				t.Errorf("%s: %s is no member", name, f.Name)
			}
		}
		for _, want := range strings.Fields(test.has) {
			if !names[want] {
				t.Errorf("%s: %s is not compared", name, want)
			}
		}
		for _, not := range strings.Fields(test.lack) {
			if names[not] {
				t.Errorf("%s: %s is compared", name, not)
			}
		}
	}
}
