package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
)

func TestFirstLineOfNDJSONIsSentAtOnce(t *testing.T) {
	var b bytes.Buffer
	r, err := open(&b, Options{Format: NDJSON})
	if err != nil {
		t.Fatal(err)
	}
	rows := example()
	if err := r.Socket(rows[0]); err != nil {
		t.Fatal(err)
	}
	first := b.Len()
	if first == 0 || !bytes.HasSuffix(b.Bytes(), []byte("}\n")) {
		t.Fatalf("after the first socket: %q", b.String())
	}
	if err := r.Socket(rows[1]); err != nil || b.Len() != first {
		t.Errorf("the second line was not buffered: %d bytes, %v", b.Len(), err)
	}
}

func TestFlushOfATable(t *testing.T) {
	var b bytes.Buffer
	r, err := open(&b, shown)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range example() {
		if err := errors.Join(r.Socket(s), r.Flush()); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(b.String(), "\n") || strings.Count(b.String(), "PROTO") != 1 {
			t.Fatalf("after a flush: %q", b.String())
		}
	}
	if got := strings.Count(b.String(), "\n"); got != 7 {
		t.Errorf("%d lines", got)
	}
}

// fullDisk takes some bytes and then no more.
type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.room {
		n := d.room
		d.room = 0
		return n, errFull
	}
	d.room -= len(b)
	return len(b), nil
}

func TestWriteErrors(t *testing.T) {
	for _, o := range []Options{
		{}, {Header: true}, {Format: JSON}, {Format: NDJSON}, {Format: CSV, Header: true}, {Format: TSV}, {Format: PIDs},
		{Format: Count}, {Format: Template, Template: "{{.pid}}"}, {Sort: mustSort(t, "pid")}, {Group: mustColumns(t, "pid")},
		{Group: mustColumns(t, "pid"), Format: JSON}, {Group: mustColumns(t, "pid"), Format: NDJSON},
		{Group: mustColumns(t, "pid"), Format: Count}, {Limit: 3},
	} {
		r, err := open(&fullDisk{}, o)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			for _, s := range example() {
				if e := r.Socket(s); e != nil && e != ErrLimit {
					err = e
				}
			}
		}
		if e := r.Close(tail); e != nil {
			err = e
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%v: error %v", o.Format, err)
		}
	}
}

func TestLongTableStreams(t *testing.T) {
	var b bytes.Buffer
	r, err := open(&b, shown)
	if err != nil {
		t.Fatal(err)
	}
	s := inet(sock.TCP, sock.Established, "10.0.0.5:80", "10.0.0.9:1")
	for i := range blockRows {
		if b.Len() > 0 {
			t.Fatalf("output before row %d", i)
		}
		s.Remote = netip.AddrPortFrom(s.Remote.Addr(), uint16(i))
		if err := r.Socket(s); err != nil {
			t.Fatal(err)
		}
	}
	if b.Len() == 0 {
		t.Fatal("no output after the first block")
	}
	wide := inet(sock.TCP, sock.Established, "[2001:db8:1111:2222:3333:4444:5555:6666]:80", "10.0.0.9:1")
	if err := errors.Join(r.Socket(wide), r.Socket(s), r.Close(tail)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != blockRows+3 {
		t.Fatalf("%d lines", len(lines))
	}
	last := len(lines) - 1
	if lines[last] != lines[last-2] {
		t.Errorf("a wide row changed the rows after it:\n%s\n%s", lines[last-2], lines[last])
	}
	if want := "  [2001:db8:1111:2222:3333:4444:5555:6666]:80  10.0.0.9:1        "; !strings.Contains(lines[last-1], want) {
		t.Errorf("a wide row does not push its own line: %q", lines[last-1])
	}
	for i, line := range lines[:blockRows+1] {
		if strings.HasSuffix(line, " ") || len(line) != len(lines[0])-len("PROCESS")+1 && i > 0 {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

// A name that comes after the widths are fixed takes what the terminal has left.
func TestLaterNamesUseTheRestOfTheLine(t *testing.T) {
	var b bytes.Buffer
	r, err := open(&b, with(func(o *Options) { o.Width = 110 }))
	if err != nil {
		t.Fatal(err)
	}
	late := inet(sock.TCP, sock.Listen, "10.0.0.5:1", "", sock.Owner{Process: process(9, "a-name-of-27-letters-is-here", "x")})
	cut := inet(sock.TCP, sock.Listen, "10.0.0.5:1", "", sock.Owner{Process: process(9, strings.Repeat("x", 90), "x")})
	if err := errors.Join(r.Socket(example()[1]), r.Flush(), r.Socket(late), r.Socket(cut), r.Close(tail)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if !strings.HasSuffix(lines[2], " a-name-of-27-letters-is-here") || width([]byte(lines[3])) != 110 || !strings.HasSuffix(lines[3], "x…") {
		t.Errorf("got\n%s", b.String())
	}
}

func TestLimitStopsTheListing(t *testing.T) {
	r, err := open(&bytes.Buffer{}, Options{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	rows := example()
	if a, b, c := r.Socket(rows[0]), r.Socket(rows[1]), r.Socket(rows[2]); a != nil || b != ErrLimit || c != ErrLimit {
		t.Errorf("%v, %v, %v", a, b, c)
	}
}

func TestSortIsStableAndPutsTheUnknownLast(t *testing.T) {
	for keys, want := range map[string]string{
		"pid":                 "581 640 4242 4244 - - ",
		"pid:desc":            "4244 4242 640 581 - - ",
		"recv_queue:desc,pid": "- 581 640 4242 4244 - ",
		"state,local_port":    "640 4242 4244 - - 581 ",
	} {
		got := rendered(t, Options{Format: Template, Template: "{{.pid}} ", Sort: mustSort(t, keys)}, example())
		if got = strings.ReplaceAll(got, "\n", ""); got != want {
			t.Errorf("%s: %s, want %s", keys, got, want)
		}
	}
}

func TestSortWithLimitKeepsTheBest(t *testing.T) {
	var rows []*sock.Socket
	for i := range 5 * spare {
		s := inet(sock.TCP, sock.Established, fmt.Sprintf("10.0.0.5:%d", 1+(i*7919)%(5*spare)), "")
		rows = append(rows, s)
	}
	got := rendered(t, Options{Format: Template, Template: "{{.local_port}}", Sort: mustSort(t, "local_port:desc"), Limit: 3}, rows)
	if want := "5000\n4999\n4998\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r, err := open(&bytes.Buffer{}, Options{Sort: mustSort(t, "pid"), Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rows {
		if err := r.Socket(s); err != nil {
			t.Fatal(err)
		}
		if kept := len(r.(*sorter).kept); kept > 2*3+spare {
			t.Fatalf("keeps %d sockets for 3", kept)
		}
	}
}

// A source reuses its record: what is kept must be a copy.
func TestKeptRowsAreClones(t *testing.T) {
	b := &book{}
	for name, o := range map[string]Options{
		"table":    shown,
		"sort":     with(func(o *Options) { o.Sort = mustSort(t, "local_port") }),
		"resolve":  with(func(o *Options) { o.Resolve, o.Resolver = true, b }),
		"group":    with(func(o *Options) { o.Group = mustColumns(t, "local,process") }),
		"template": {Format: Template, Template: "{{.pid}}{{.owners}}"},
	} {
		want := rendered(t, o, example())
		var out bytes.Buffer
		r, err := open(&out, o)
		if err != nil {
			t.Fatal(err)
		}
		var reused sock.Socket
		for _, s := range example() {
			reused = *s
			if err := r.Socket(&reused); err != nil {
				t.Fatal(err)
			}
			clear(s.Owners)
			reused.Reset()
		}
		if err := r.Close(tail); err != nil || out.String() != want {
			t.Errorf("%s: %v, got\n%swant\n%s", name, err, out.String(), want)
		}
	}
}

func TestDocumentIsJSON(t *testing.T) {
	for _, rows := range [][]*sock.Socket{nil, example()[:1], varied(), hostile()} {
		for _, o := range []Options{{Format: JSON}, {Format: JSON, Group: mustColumns(t, "process")}} {
			if out := rendered(t, o, rows); !json.Valid([]byte(out)) {
				t.Errorf("not JSON: %s", out)
			}
		}
	}
}

func TestOptionsThatDoNotGoTogether(t *testing.T) {
	for want, o := range map[string]Options{
		"cannot be written as template": {Group: mustColumns(t, "pid"), Format: Template, Template: "x"},
		"cannot be written as pids":     {Group: mustColumns(t, "pid"), Format: PIDs},
		"cannot sort groups by state":   {Group: mustColumns(t, "pid"), Sort: mustSort(t, "state")},
		"unknown format 99":             {Format: 99},
	} {
		if _, err := open(&bytes.Buffer{}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
