package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sockeye/render"
	"sockeye/sock"
)

// TestEventColumns: a terminal has the columns that fit it, and no row is in two lines for
// want of room on one of 80.
func TestEventColumns(t *testing.T) {
	for width, want := range map[int]string{
		0: "closed_at,protocol,local,remote,bytes_received,bytes_acked,total_retrans,rtt,pid,process", 60: "protocol,local,remote,pid,process",
		80: "protocol,local,remote,pid,process", 100: "protocol,local,remote,bytes_received,bytes_acked,pid,process",
		142: "closed_at,protocol,local,remote,bytes_received,bytes_acked,total_retrans,rtt,pid,process",
	} {
		if got := closedColumns(&render.Options{Width: width}); got != want {
			t.Errorf("%d cells: %s, want %s", width, got, want)
		}
		if got := closedColumns(&render.Options{Width: width, Wide: true}); !strings.HasPrefix(got, "closed_at") {
			t.Errorf("wide, %d cells: %s", width, got)
		}
	}
}

// TestEventsWithInfo: -i adds what has no column below an event, as in a listing.
func TestEventsWithInfo(t *testing.T) {
	r := &run{IO: IO{Getenv: func(string) string { return "" }}, ctx: t.Context()}
	for _, c := range []struct {
		shown []string
		want  int // lines, with the header
	}{{nil, 2}, {[]string{"info"}, 3}} {
		layout, err := r.layout(&options{events: true, shown: c.shown}, sock.Query{States: sock.AllStates}, backend{})
		if err != nil {
			t.Fatal(err)
		}
		s := &sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: sock.Closed, Known: sock.FieldTCPInfo, TCPInfo: &sock.TCPInfo{}}
		s.TCPInfo.Set(sock.TCPInfoRTT, 7)
		s.TCPInfo.Set(sock.TCPInfoSndCwnd, 10)
		var text strings.Builder
		out := newEventWriter(&text, layout, sock.SourceDestroy, closedEvent)
		if err := errors.Join(out.tell(s), out.end(time.Time{}, 0)); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(text.String(), "\n"); lines != c.want || c.want == 3 && !strings.HasSuffix(text.String(), "\n    snd_cwnd 10\n") {
			t.Errorf("%v: %d lines, want %d:\n%s", c.shown, lines, c.want, &text)
		}
	}
}
