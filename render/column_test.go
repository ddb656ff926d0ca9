package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/fact"

	"github.com/google/go-cmp/cmp"
)

func TestParseColumns(t *testing.T) {
	cols := mustColumns(t, "pid, PROCESS,Recv-Q,lport,tcp_info.rtt_us,pid")
	var names []string
	for _, c := range cols {
		names = append(names, c.Name)
	}
	if want := []string{"pid", "process", "recv_queue", "local_port", "tcp_info.rtt_us"}; !cmp.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

func TestParseErrors(t *testing.T) {
	for list, want := range map[string]string{
		"pid,proces": `unknown column "proces", did you mean process`,
		"":           `unknown column ""`,
		"pid,":       `unknown column ""`,
	} {
		if _, err := ParseColumns(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseColumns(%q): error %v, want %q", list, err, want)
		}
		if _, err := ParseSort(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSort(%q): error %v, want %q", list, err, want)
		}
	}
	if _, err := ParseSort("pid:down"); err == nil || !strings.Contains(err.Error(), `unknown direction "down"`) {
		t.Errorf("error %v", err)
	}
	if _, err := ParseSort("pid:descc"); err == nil || !strings.Contains(err.Error(), `did you mean desc?`) {
		t.Errorf("error %v", err)
	}
}

// Every column must work on a socket that knows nothing, and stand for members
// that exist. Comparing must be an order.
func TestEveryColumn(t *testing.T) {
	names := make(map[string]bool)
	rows := append(varied(), hostile()...)
	rows = append(rows, &sock.Socket{})
	for _, f := range fact.All() {
		c := columnOf(f)
		if names[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		names[c.Name] = true
		if c.Header == "" || len(c.Members()) == 0 || strings.ToLower(c.Name) != c.Name {
			t.Errorf("%s: header %q, %d members", c.Name, c.Header, len(c.Members()))
		}
		if slices.Contains(c.Members(), nil) {
			t.Errorf("%s stands for what is no member", c.Name)
		}
		if got, err := LookupColumn(c.Name); got != c || err != nil {
			t.Errorf("LookupColumn(%s) = %v, %v", c.Name, got, err)
		}
		for _, a := range rows {
			if shown := c.AppendValue(&fact.View{}, nil, a); (len(shown) > 0) != c.Known(a) && c.Name != "owner" {
				t.Errorf("%s: known is %v, but it shows %q", c.Name, c.Known(a), shown)
			}
			for _, b := range rows {
				if ab, ba := c.Compare(a, b), c.Compare(b, a); sign(ab) != -sign(ba) {
					t.Fatalf("%s: compares as %d and %d", c.Name, ab, ba)
				}
			}
		}
	}
}

func sign(n int) int { return min(1, max(-1, n)) }

func TestNeeds(t *testing.T) {
	table := sock.FieldLocal | sock.FieldPath | sock.FieldInterface | sock.FieldV6Only | sock.FieldRemote |
		sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldOwners |
		sock.FieldPacket | sock.FieldNetlink | sock.FieldVSOCK | sock.FieldXDP | sock.FieldTIPC
	queues := sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldBacklog
	optional := sock.ComparedFields | sock.FieldTimer | sock.FieldMemory | sock.FieldTCPInfo | sock.FieldCongestion | sock.FieldShutdown |
		sock.FieldTOS | sock.FieldTrafficClass | sock.FieldCgroupID | sock.FieldCgroup | sock.FieldContext | sock.FieldOrigin | sock.FieldResult | sock.FieldClosedAt | sock.FieldEvent | sock.FieldSocketContext | sock.FieldULP | sock.FieldMPTCPInfo | sock.FieldMPTCPSubflow | sock.FieldSCTPInfo | sock.FieldSMCInfo |
		sock.FieldClassID | sock.FieldOptions | sock.FieldCongestionInfo | sock.FieldTLS | sock.FieldMD5 | sock.FieldFile | sock.FieldPending | sock.FieldPeerProcess |
		sock.FieldPacketFilter | sock.FieldPlace | sock.FieldExposure
	tests := map[string]struct {
		o    Options
		want sock.Field
	}{
		"table":      {Options{}, table},
		"queues":     {Options{Queues: true}, table | queues},
		"timers":     {Options{Facts: shownBy("timers")}, table | sock.FieldTimer},
		"extra":      {Options{Facts: sock.FieldTOS}, table | sock.FieldTOS},
		"columns":    {Options{Columns: mustColumns(t, "state,pid")}, sock.FieldOwners},
		"sort":       {Options{Format: Quiet, Sort: mustSort(t, "tcp_info.rtt_us,inode")}, sock.FieldTCPInfo | sock.FieldInode},
		"group":      {Options{Format: JSON, Group: mustColumns(t, "process,state")}, sock.FieldOwners},
		"cmdline":    {Options{Columns: mustColumns(t, "cmdline")}, sock.FieldOwners | sock.FieldCmdline},
		"json":       {Options{Format: JSON}, sock.AllFields &^ optional},
		"json info":  {Options{Format: JSON, Facts: shownBy("info")}, sock.AllFields&^optional | shownBy("info")},
		"json bare":  {Options{Format: NDJSON, Columns: mustColumns(t, "state")}, 0},
		"json owner": {Options{Format: NDJSON, Columns: mustColumns(t, "exe")}, sock.FieldOwners | sock.ProcessFields&^(sock.FieldContext|sock.FieldOrigin) | sock.FieldService},
		"pids":       {Options{Format: PIDs}, sock.FieldOwners},
		"count":      {Options{Format: Count}, 0},
		"quiet":      {Options{Format: Quiet}, 0},
	}
	for name, test := range tests {
		if got := needs(test.o); got != test.want {
			t.Errorf("%s: needs %b, want %b", name, got, test.want)
		}
	}
}

// A renderer must show all that it can of a socket that knows what Needs asked
// and nothing more.
func TestNeedsIsEnough(t *testing.T) {
	for _, o := range []Options{
		shown, with(func(o *Options) { o.Facts = everything }),
		{Format: JSON}, {Format: CSV, Facts: shownBy("info")}, {Format: TSV, Columns: mustColumns(t, "local,owner,user,netns")},
		{Format: Template, Template: "{{.user}} {{.tcp_info.rtt_us}} {{range .owners}}{{.exe}}{{end}}"},
		{Group: mustColumns(t, "cmdline,remote")}, {Format: PIDs},
	} {
		rows := varied()
		want := rendered(t, o, rows)
		for _, s := range rows {
			always := sock.Field(0)
			if s.Protocol == sock.Unix { // whose inode stands for its name
				always = sock.FieldInode
			}
			s.Known &= needs(o) | always
		}
		if diff := cmp.Diff(want, rendered(t, o, rows)); diff != "" {
			t.Errorf("%+v: %s", o, diff)
		}
	}
}

func TestWidthAndShorten(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "日本": 4, "e\u0301": 1, "aé日": 4} {
		if got := width([]byte(text)); got != want {
			t.Errorf("%q takes %d cells, want %d", text, got, want)
		}
	}
	for _, test := range []struct {
		text string
		room int
		want string
	}{
		{"systemd-resolve", 8, "systemd…"}, {"日本語日本語", 8, "日本語…"}, {"日本語日本語", 7, "日本語…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"abc", 1, "…"},
	} {
		text := []byte(test.text)
		got, w := shorten(text, test.room)
		if string(got) != test.want || w != width(got) || w > test.room || !bytes.Equal(text, []byte(test.text)) {
			t.Errorf("%q in %d: %q of %d cells, want %q", test.text, test.room, got, w, test.want)
		}
	}
}

// A narrow terminal loses the queues first, then the user, and never what says
// which socket it is and whose: its lines wrap then.
func TestNarrow(t *testing.T) {
	for limit := 10; limit < 200; limit++ {
		o := with(func(o *Options) { o.Width, o.Facts = limit, shownBy("extended") })
		out := rendered(t, o, varied())
		if limit < 60 && strings.Contains(out, ellipsis) {
			t.Errorf("%d cells: a name is cut in lines that wrap all the same:\n%s", limit, out)
		}
		header, _, _ := strings.Cut(out, "\n")
		columns := strings.Fields(header)
		for _, name := range []string{"PROTO", "STATE", "LOCAL", "REMOTE", "PID", "PROCESS"} {
			if !slices.Contains(columns, name) {
				t.Errorf("%d cells: %s has no %s", limit, header, name)
			}
		}
		if !slices.Contains(columns, "USER") && (slices.Contains(columns, "RECV-Q") || slices.Contains(columns, "SEND-Q")) {
			t.Errorf("%d cells: %s lost the user before the queues", limit, header)
		}
	}
}

// No line but one with a long address may be wider than the terminal, unless that
// is too narrow for what is never dropped.
func TestFit(t *testing.T) {
	for limit := 70; limit < 200; limit++ {
		o := with(func(o *Options) { o.Width, o.Facts = limit, shownBy("extended", "memory", "timers") })
		for line := range strings.SplitSeq(rendered(t, o, example()), "\n") {
			if w := width([]byte(line)); w > limit {
				t.Fatalf("%d cells in %d: %s", w, limit, line)
			}
		}
	}
	out := rendered(t, with(func(o *Options) { o.Width = 20 }), varied())
	for _, address := range []string{"[2001:db8::5%eth0]:22", "/run/dbus/system_bus_socket", "[fe80::2%eth0]:547"} {
		if !strings.Contains(out, address) {
			t.Errorf("%s was cut or dropped:\n%s", address, out)
		}
	}
}
