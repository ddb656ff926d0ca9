package render

import (
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
)

func gridOf(t *testing.T, o Options) *Grid {
	t.Helper()
	o.Header, o.Queues, o.Rates, o.Stay = true, true, true, true
	l, err := o.Layout()
	if err != nil {
		t.Fatal(err)
	}
	return NewGrid(l)
}

func rowOf(remote string) *sock.Socket {
	s := *usual
	s.Remote = netip.MustParseAddrPort(remote)
	return &s
}

// TestGridStays: a column that has grown does not shrink until it is told to, and a
// heading stands above its column.
func TestGridStays(t *testing.T) {
	g := gridOf(t, Options{})
	long, short := rowOf("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:60123"), rowOf("10.0.0.1:1")
	g.Fit(200, []*sock.Socket{short})
	narrow := string(g.AppendHeader(nil))
	g.Fit(200, []*sock.Socket{long})
	wide := string(g.AppendHeader(nil))
	g.Fit(200, []*sock.Socket{short})
	if got := string(g.AppendHeader(nil)); got != wide || wide == narrow {
		t.Errorf("%q, was %q, and %q at first", got, wide, narrow)
	}
	if got := string(g.AppendRow(nil, short)); strings.Index(got, "10.0.0.1:1") != strings.Index(wide, "REMOTE") {
		t.Errorf("%q is not below %q", got, wide)
	}
	g.Reset()
	g.Fit(200, []*sock.Socket{short})
	if got := string(g.AppendHeader(nil)); got != narrow {
		t.Errorf("%q, want %q", got, narrow)
	}
}

// TestGridColumns: a cell of a heading is found, whatever has no room.
func TestGridColumns(t *testing.T) {
	for _, width := range []int{300, 110, 90, 70, 40} {
		g := gridOf(t, Options{})
		g.Fit(width, []*sock.Socket{rowOf("10.0.0.1:1")})
		heading := string(g.AppendHeader(nil))
		for header, name := range map[string]string{"PROTO": "protocol", "STATE": "state", "IN/s": "recv_rate", "RTT": "tcp_info.rtt_us", "PROCESS": "process"} {
			at := strings.Index(heading, header)
			if at < 0 {
				continue
			}
			if c := g.ColumnAt(at); c == nil || c.Name != name || c != columnOf(c.Fact) {
				t.Errorf("%d: %s at %d of %q is %+v", width, header, at, heading, c)
			}
		}
		if kept := strings.Contains(heading, "IN/s"); kept != (width > 100) {
			t.Errorf("%d: %q", width, heading)
		}
		if row := Cells(heading); row > max(g.Width(), width) {
			t.Errorf("%d cells, told are %d", row, g.Width())
		}
	}
}

// TestClip cuts at both sides by cells, and leaves colours whole.
func TestClip(t *testing.T) {
	for _, test := range []struct {
		line        string
		from, cells int
		want        string
		used        int
	}{
		{"abcdef", 0, 3, "abc", 3},
		{"abcdef", 2, 3, "cde", 3},
		{"abcdef", 9, 3, "", 0},
		{"a\x1b[1mbc\x1b[0md", 1, 2, "\x1b[1mbc\x1b[0m", 2},
		{"漢字x", 0, 3, "漢", 2},
		{"漢字x", 0, 5, "漢字x", 5},
		{"ae\u0301b", 1, 1, "e\u0301", 1},
		{"", 0, 5, "", 0},
	} {
		got, used := Clip(nil, []byte(test.line), test.from, test.cells)
		if string(got) != test.want || used != test.used {
			t.Errorf("%q from %d, %d cells: %q, %d; want %q, %d", test.line, test.from, test.cells, got, used, test.want, test.used)
		}
	}
	if Cells("\x1b[1m漢\x1b[0mx") != 3 {
		t.Errorf("%d cells", Cells("\x1b[1m漢\x1b[0mx"))
	}
}
