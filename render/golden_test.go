package render

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sockeye/sock"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

var tail = sock.Snapshot{
	Source: "sock_diag,proc", OwnerSource: "proc", Complete: false,
	Warnings: []sock.Warning{{Code: sock.CodeFallback, Message: "udp_diag: not available\n"}},
}

// open returns the renderer of options.
func open(w io.Writer, o Options) (Renderer, error) {
	l, err := o.Layout()
	if err != nil {
		return nil, err
	}
	return New(w, l), nil
}

// needs is what options ask of a source.
func needs(o Options) sock.Field {
	l, err := o.Layout()
	if err != nil {
		panic(err)
	}
	return l.Needs()
}

// rendered writes sockets with options.
func rendered(t testing.TB, o Options, sockets []*sock.Socket) string {
	t.Helper()
	var b bytes.Buffer
	r, err := open(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sockets {
		if err := r.Socket(s); err != nil && err != ErrLimit {
			t.Fatal(err)
		}
	}
	if err := r.Close(tail); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func mustColumns(t testing.TB, list string) []*Column {
	t.Helper()
	cols, err := ParseColumns(list)
	if err != nil {
		t.Fatal(err)
	}
	return cols
}

func mustSort(t testing.TB, list string) []SortKey {
	t.Helper()
	keys, err := ParseSort(list)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

var shown = Options{Header: true, Queues: true, Host: "box", GeneratedAt: clock}

// with returns the usual options after a change.
func with(change func(*Options)) Options {
	o := shown
	change(&o)
	return o
}

// exposedOnly are the options of --exposed.
func exposedOnly(o *Options) { o.Exposed, o.Facts = true, shownBy("exposed") }

func TestGolden(t *testing.T) {
	all := func(o *Options) { o.Facts = everything }
	tests := []struct {
		name    string
		o       Options
		sockets []*sock.Socket
	}{
		{"example", shown, example()},
		{"empty", shown, nil},
		{"varied", shown, varied()},
		{"plain", with(func(o *Options) { o.Header, o.Queues = false, false }), varied()},
		{"width90", with(func(o *Options) { o.Width = 90 }), varied()},
		{"width60", with(func(o *Options) { o.Width = 60 }), varied()},
		{"width60_example", with(func(o *Options) { o.Width = 60 }), example()},
		{"width60_wide", with(func(o *Options) { o.Width, o.Wide = 60, true }), example()},
		{"color", with(func(o *Options) { o.Color = true }), varied()},
		{"details", with(all), varied()},
		{"details_width", with(func(o *Options) { all(o); o.Width = 100 }), varied()},
		{"details_oneline", with(func(o *Options) { all(o); o.Oneline = true }), varied()},
		{"columns", with(func(o *Options) {
			o.Columns = mustColumns(t, "owner,exe,started_at,timer,netns,mark,v6only,listener_pid,listener_process,tcp_info.rtt_us")
		}), varied()},
		{"exposed", with(exposedOnly), reachable()},
		{"exposed_width100", with(func(o *Options) { exposedOnly(o); o.Width = 100 }), reachable()},
		{"exposed_width60", with(func(o *Options) { exposedOnly(o); o.Width = 60 }), reachable()},
		{"exposed_json", with(func(o *Options) {
			exposedOnly(o)
			o.Format = JSON
			o.Columns = mustColumns(t, "exposure,exposed_on,process")
		}), reachable()},
		{"exposed_csv", with(func(o *Options) {
			exposedOnly(o)
			o.Format = CSV
			o.Columns = mustColumns(t, "local,exposure,exposed_on")
		}), reachable()},
		{"tree", with(func(o *Options) { o.Tree = true }), belonging()},
		{"tree_width100", with(func(o *Options) { o.Tree, o.Width, o.Facts = true, 100, shownBy("extended") }), belonging()},
		{"tree_width60", with(func(o *Options) { o.Tree, o.Width = true, 60 }), belonging()},
		{"tree_color", with(func(o *Options) { o.Tree, o.Color, o.Sort = true, true, mustSort(t, "-remote_port") }), belonging()},
		{"tree_placeless", with(func(o *Options) { o.Tree = true }), example()},
		{"tree_columns", with(func(o *Options) { o.Tree, o.Header, o.Columns = true, false, mustColumns(t, "local,pid") }), belonging()},
		{"tree_empty", with(func(o *Options) { o.Tree = true }), nil},
		{"tree_exposed", with(func(o *Options) { exposedOnly(o); o.Tree = true }), reachable()},
		{"hostile", with(func(o *Options) { o.Facts = shownBy("extended") }), hostile()},
		{"hostile_csv", with(func(o *Options) { o.Format = CSV }), hostile()},
		{"hostile_tsv", with(func(o *Options) { o.Format = TSV }), hostile()},
		{"json", with(func(o *Options) { o.Format = JSON }), varied()},
		{"json_all", with(func(o *Options) { all(o); o.Format = JSON; o.Facts = sock.AllFields }), varied()},
		{"json_empty", with(func(o *Options) { o.Format = JSON }), nil},
		{"json_columns", with(func(o *Options) { o.Format = JSON; o.Columns = mustColumns(t, "local,pid") }), varied()},
		{"ndjson", with(func(o *Options) { o.Format = NDJSON }), hostile()},
		{"csv", with(func(o *Options) { o.Format = CSV }), varied()},
		{"csv_columns", with(func(o *Options) {
			o.Format = CSV
			o.Columns = mustColumns(t, "local,process,owners,timer.expires_ms")
		}), varied()},
		{"tsv", with(func(o *Options) { o.Format = TSV; o.Header = false; o.Facts = shownBy("timers") }), varied()},
		{"pids", with(func(o *Options) { o.Format = PIDs }), varied()},
		{"count", with(func(o *Options) { o.Format = Count }), varied()},
		{"quiet", with(func(o *Options) { o.Format = Quiet }), varied()},
		{"sort", with(func(o *Options) { o.Sort = mustSort(t, "local_port:desc,state"); o.Limit = 6 }), varied()},
		{"limit", with(func(o *Options) { o.Limit = 2 }), varied()},
		{"group", with(func(o *Options) { o.Group = mustColumns(t, "process,state") }), varied()},
		{"group_sort", with(func(o *Options) {
			o.Group = mustColumns(t, "state,protocol")
			o.Sort = mustSort(t, "protocol:desc")
			o.Limit = 4
		}), varied()},
		{"group_json", with(func(o *Options) { o.Format = JSON; o.Group = mustColumns(t, "local,uid,cmdline") }), varied()},
		{"group_ndjson", with(func(o *Options) { o.Format = NDJSON; o.Group = mustColumns(t, "state") }), varied()},
		{"group_csv", with(func(o *Options) { o.Format = CSV; o.Group = mustColumns(t, "family,process") }), varied()},
		{"group_sums", with(func(o *Options) {
			o.Group = mustColumns(t, "state")
			o.Columns = mustColumns(t, "state,sq,memory.drops,bytes_acked,recv_rate,backlog")
			o.Sort = mustSort(t, "-bytes_acked,state")
		}), varied()},
		{"group_sums_json", with(func(o *Options) {
			o.Format, o.Group = JSON, mustColumns(t, "state,recv_queue")
			o.Columns = mustColumns(t, "recv_queue,send_queue,memory.drops,bytes_acked")
		}), varied()},
		{"group_hostile_width60", with(func(o *Options) { o.Group, o.Width = mustColumns(t, "process,unit"), 60 }), hostile()},
		{"group_hostile_width100", with(func(o *Options) { o.Group, o.Width = mustColumns(t, "process,container,user"), 100 }), hostile()},
		{"group_count", with(func(o *Options) { o.Format = Count; o.Group = mustColumns(t, "state") }), varied()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, rendered(t, test.o, test.sockets)) })
	}
}

// designExample is the listing as the documentation shows it.
const designExample = `PROTO  STATE        RECV-Q  SEND-Q  LOCAL               REMOTE              PID  PROCESS
tcp    LISTEN            0     511  *:8080              -                  4242  node (+3)
tcp    LISTEN            0     128  [::1]:5432          -                   640  postgres
tcp    ESTABLISHED       0       0  10.0.0.5:8080       10.0.0.9:51514     4244  node
tcp    ESTABLISHED      12       0  10.0.0.5:8080       10.0.0.9:51520        -  (accept queue of node)
tcp    FIN_WAIT_2        0       0  10.0.0.5:8080       10.0.0.7:40112        -  (orphaned)
udp    UNCONNECTED       0       0  127.0.0.53%lo:53    -                   581  systemd-resolve
`

func TestDesignExample(t *testing.T) {
	if diff := cmp.Diff(designExample, rendered(t, shown, example())); diff != "" {
		t.Error(diff)
	}
}
