package snapshot

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sock/socktest"
)

const line8080 = `{"protocol":"tcp","family":"ipv6","state":"LISTEN","local_address":"::","local_port":8080,` +
	`"owners":[{"pid":7,"process":"node","fd":4},{"pid":7,"process":"node","fd":3}],"owner_status":"known"}`

// TestDocumentIsARecording: in the order that the document has, which is that of
// the tables if it was a listing.
func TestDocumentIsARecording(t *testing.T) {
	text := `{"protocol":"tcp","family":"ipv4","state":"LISTEN","local_address":"0.0.0.0","local_port":22}` + "\n" + line8080 + "\n" +
		`{"protocol":"udp","family":"ipv4","state":"ESTABLISHED","local_address":"10.0.0.5","local_port":5,"remote_address":"10.0.0.9","remote_port":53}` + "\n" +
		`{"protocol":"unix","family":"unix","state":"LISTEN","type":"stream","local_path":"/run/a"}`
	open := func() sock.Recording {
		d, err := Open(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	socktest.TestRecording(t, open, func(sock.Protocol) sock.Field { return sock.AllFields }, socktest.Everything(), 4)
}

func TestMembersInAnyOrder(t *testing.T) {
	text := `{"future":{"a":[1,{"b":2}]},"warnings":[{"code":"fallback","message":"m","more":1}],
	"sockets":[` + line8080 + `,` + line8080 + `],"complete":true,"host":"h","schema_version":1.0,
	"generated_at":"2026-11-20T14:03:10+01:00"}` + "\n"
	got, warnings, header, err := list(t, text)
	if err != nil || len(warnings) > 0 || len(got) != 2 {
		t.Fatalf("%d sockets, warnings %v, error %v", len(got), warnings, err)
	}
	if header.Host != "h" || !header.Complete || len(header.Warnings) != 1 || header.GeneratedAt.UTC().Hour() != 13 {
		t.Errorf("header %+v", header)
	}
	if got[0].Owners[0].Process != got[1].Owners[1].Process {
		t.Error("the sockets of a process do not share it")
	}
	if got[0].Owners[0].FD != 3 {
		t.Error("the owners are not sorted")
	}
}

func TestLenientMembers(t *testing.T) {
	text := `{"protocol":"TCP"}` + "\n" + // names are as written, in lower case
		`{"unknown_first":1,"protocol":"udp","family":"ipv6","state":"unconn","local_address":"fe80::1%eth0","local_port":53,"pid":null,"owners":null,"timer":null,"tcp_info":{"rtt_us":7,"new_member":"x"}}`
	got, warnings, _, err := list(t, text)
	if err != nil || len(got) != 1 || len(warnings) != 1 {
		t.Fatalf("%d sockets, warnings %v, error %v", len(got), warnings, err)
	}
	s := got[0]
	if s.Interface != "eth0" || s.Local.String() != "[fe80::1]:53" || s.State != sock.Unconnected {
		t.Errorf("got %+v", s)
	}
	if v, ok := s.TCPInfo.Get(sock.TCPInfoRTT); v != 7 || !ok {
		t.Errorf("rtt_us %d, %v", v, ok)
	}
	if want := sock.FieldLocal | sock.FieldInterface | sock.FieldTCPInfo; s.Known != want {
		t.Errorf("knows %b, want %b", s.Known, want)
	}
}

func TestBadSocketsAreLeftOut(t *testing.T) {
	bad := map[string]string{
		`{"protocol":"tcpx","family":"ipv4","state":"LISTEN"}`:                 `unknown protocol "tcpx"`,
		`{"protocol":"tcp","family":"ipv4","state":"LISTENX"}`:                 `unknown state "LISTENX"`,
		`{"protocol":"tcp","family":"ipv5","state":"LISTEN"}`:                  `unknown family "ipv5"`,
		`{"local_address":"x","protocol":"tcp"}`:                               `unknown family ""`,
		line8080[:len(line8080)-1] + `,"local_address":"1.2.3.4.5"}`:           `bad address "1.2.3.4.5"`,
		line8080[:len(line8080)-1] + `,"local_port":"http"}`:                   `local_port cannot be of type string`,
		line8080[:len(line8080)-1] + `,"local_port":65536}`:                    `bad local_port 65536`,
		line8080[:len(line8080)-1] + `,"uid":-1}`:                              `bad uid -1`,
		line8080[:len(line8080)-1] + `,"cookie":"xyz"}`:                        `bad cookie "xyz"`,
		line8080[:len(line8080)-1] + `,"owner_status":"lost"}`:                 `unknown owner_status "lost"`,
		`{"protocol":"tcp","family":"ipv6","state":"LISTEN","owners":[null]}`:  `one of owners has no pid`,
		line8080[:len(line8080)-1] + `,"type":"x"}`:                            `unknown type "x"`,
		line8080[:len(line8080)-1] + `,"shutdown":"x"}`:                        `unknown shutdown "x"`,
		line8080[:len(line8080)-1] + `,"timer":{"name":"x"}}`:                  `unknown timer "x"`,
		line8080[:len(line8080)-1] + `,"timer":{"name":"on","expires_ms":-1}}`: `bad expires_ms -1`,
		line8080[:len(line8080)-1] + `,"memory":{"drops":"x"}}`:                `cannot be of type string`,
		line8080[:len(line8080)-1] + `,"tcp_info":{"rtt_us":1.5}}`:             `bad rtt_us 1.5`,
	}
	for text, want := range bad {
		got, warnings, _, err := list(t, line8080+"\n"+text+"\n"+line8080)
		if err != nil || len(got) != 2 || len(warnings) != 1 {
			t.Errorf("%s: %d sockets, warnings %v, error %v", text, len(got), warnings, err)
			continue
		}
		w := warnings[0]
		if w.Code != sock.CodeInput || !strings.HasPrefix(w.Message, "line 2: ") || !strings.Contains(w.Message, want) {
			t.Errorf("%s: warning %q, want %q", text, w, want)
		}
	}
}

func TestBadInput(t *testing.T) {
	bad := map[string]string{
		`[1]`:                                                          "does not begin with {",
		`{"event":"opened","protocol":"tcp"}`:                          "these are events, not a listing",
		`tcp LISTEN 0 128`:                                             "line 1, byte 0: ",
		`{"schema_version":2,"sockets":[]}`:                            "schema_version 2 is newer than 1",
		`{"schema_version":0,"sockets":[]}`:                            "no schema_version 0",
		`{"schema_version":"1","sockets":[]}`:                          "schema_version: json",
		`{"schema_version":1}`:                                         "no list of sockets",
		`{"schema_version":1,"groups":[]}`:                             "no list of sockets",
		`{"schema_version":1,"sockets":{}}`:                            "sockets is not a list",
		`{"schema_version":1,"sockets":[]} {}`:                         "more text",
		`{"schema_version":1,"sockets":[],"sockets":[]}`:               "second list",
		`{"schema_version":1,"generated_at":"yesterday","sockets":[]}`: "bad generated_at",
		`{"schema_version":1,"sockets":[` + line8080:                   "ends in the middle",
		`{"schema_version":1,`:                                         "ends in the middle",
		`{"sockets":[],"schema_version":3}`:                            "newer",
		line8080 + "\n" + line8080 + "\n\n{\"protocol\":tcp}\n":        "line 4, byte ",
		line8080 + "\n" + line8080[:40]:                                "line 2, byte ",
		"\xff\xfe{\x00":                                                "UTF-16",
		strings.Repeat(`{"x":`, 20000):                                 "depth",
	}
	for text, want := range bad {
		if _, _, _, err := list(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v, want %q", text, err, want)
		}
	}
}

// TestEmptyInput: a document may have no sockets, an input without any text is an error.
func TestEmptyInput(t *testing.T) {
	for _, text := range []string{"", "\n \n", "\ufeff"} {
		if _, _, _, err := list(t, text); err == nil || !strings.Contains(err.Error(), "it is empty") {
			t.Errorf("%q: error %v", text, err)
		}
	}
	got, warnings, _, err := list(t, `{"schema_version":1,"sockets":[]}`)
	if len(got) != 0 || len(warnings) != 0 || err != nil {
		t.Errorf("%d sockets, warnings %v, error %v", len(got), warnings, err)
	}
	_, warnings, _, err = list(t, `{"sockets":[]}`)
	if err != nil || len(warnings) != 1 {
		t.Errorf("without schema_version: warnings %v, error %v", warnings, err)
	}
}

// trickle gives a text and then waits for ever.
type trickle struct{ text string }

func (r *trickle) Read(buf []byte) (int, error) {
	if r.text == "" {
		return 0, errors.New("read past what was there")
	}
	n := copy(buf, r.text)
	r.text = r.text[n:]
	return n, nil
}

func TestFirstSocketComesBeforeTheEnd(t *testing.T) {
	for _, text := range []string{line8080 + "\n", `{"schema_version":1,"sockets":[` + line8080 + "\n"} {
		d, err := Open(&trickle{text})
		if err != nil {
			t.Fatal(err)
		}
		for s, err := range d.Sockets(context.Background(), everything) {
			if err != nil || s.Local.Port() != 8080 {
				t.Errorf("got %v, %v", s, err)
			}
			break
		}
	}
}

func TestReadErrorComesThrough(t *testing.T) {
	broken := errors.New("broken disk")
	for _, text := range []string{"", line8080 + "\n" + line8080[:20], `{"schema_version":1,"sockets":[` + line8080} {
		r := io.MultiReader(strings.NewReader(text), &failing{broken})
		d, err := Open(r)
		if err == nil {
			for _, err = range d.Sockets(context.Background(), everything) {
			}
		}
		if !errors.Is(err, broken) {
			t.Errorf("%.20q: error %v", text, err)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestQueryAndContext(t *testing.T) {
	open := func() *Document {
		d, err := Open(strings.NewReader(line8080 + line8080))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	q := everything
	q.Protocols = sock.Protocols(sock.UDP)
	for s, err := range open().Sockets(context.Background(), q) {
		t.Errorf("got %v, %v", s, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var errs []error
	d := open()
	for _, err := range d.Sockets(ctx, everything) {
		errs = append(errs, err)
		cancel()
	}
	if len(errs) != 2 || !errors.Is(errs[1], context.Canceled) {
		t.Errorf("canceled: %v", errs)
	}
	for _, err := range d.Sockets(context.Background(), everything) {
		if err == nil {
			t.Error("a snapshot was read twice")
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(line8080)
	f.Add(`{"schema_version":1,"sockets":[` + line8080 + `],"warnings":[]}`)
	f.Add(`{"protocol":"unix","family":"unix","state":"ESTABLISHED","local_path":"@a\u0000","abstract":true,"timer":{"name":"on","expires_ms":7},"memory":{"drops":1},"tcp_info":{"rtt_us":9}}`)
	f.Add(`{"protocol":"netlink","family":"netlink","state":"UNCONNECTED","netlink":{"protocol_number":0,"port_id":7,"groups":[1,34],"cb_running":true}}`)
	f.Add(`{"protocol":"packet","family":"packet","state":"UNCONNECTED","packet":{"protocol":"ip","fanout_type":9},"xdp":{"umem_size_bytes":1}}`)
	f.Add(`{"event":"state","time":"2026-11-20T17:14:23.357019Z","event_source":"bpf","protocol":"tcp","family":"ipv4","state":"CLOSED","old_state":"SYN_SENT","new_state":"CLOSED","duration_ms":252.507,"duration_at_least":true,"lifetime_ms":0.001,"failure":"refused","sent_bytes":1,"received_bytes":0,"reason":"NO_SOCKET"}
{"event":"end","lost":3}`)
	f.Add(`{"protocol":"tcp","state":"CLOSED","duration_at_least":false,"time":"2026-11-20T17:14:23.357019001Z","lifetime_ms":1125899906842.623}`)
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := OpenEvents(strings.NewReader(text)); err == nil {
			for s := range d.Sockets(t.Context(), everything) {
				if s != nil {
					checkSafe(t, fact.AppendObject(nil, s, fact.Members()))
				}
			}
		}
		got, _, _, _ := list(t, text)
		for _, s := range got {
			line := fact.AppendObject(nil, s, fact.Members())
			checkSafe(t, line)
			again, warnings, _, err := list(t, string(line))
			if err != nil || len(warnings) > 0 || len(again) != 1 {
				t.Fatalf("%s: %v, %v", line, warnings, err)
			}
			if diff := cmp.Diff(s, again[0], compare); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
