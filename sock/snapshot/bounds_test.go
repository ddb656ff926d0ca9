package snapshot

import (
	"io"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// endless gives the same text again and again.
type endless struct {
	text string
	at   int
	read int64
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		copied := copy(b[n:], e.text[e.at:])
		e.at = (e.at + copied) % len(e.text)
		n += copied
	}
	e.read += int64(n)
	return n, nil
}

// TestBounds: what never ends is not read to the end of memory.
func TestBounds(t *testing.T) {
	for name, c := range map[string]struct{ head, tail, want string }{
		"blank lines":              {`{"protocol":"tcp","state":"LISTEN"}`, "\n", "more than 65536 blanks"},
		"lines":                    {`{"protocol":"tcp","owners":[`, "1,\n", "takes more than 1048576 lines"},
		"blanks in front":          {"", " ", "more than 65536 blanks"},
		"blanks behind a socket":   {`{"schema_version":1,"sockets":[{"protocol":"tcp"},`, " ", "more than 65536 blanks"},
		"an unknown member":        {`{"nobody":"`, "x", "line 1, byte 10: a socket takes more than 67108864 bytes"},
		"a socket in a document":   {`{"schema_version":1,"sockets":[{"protocol":"`, "x", "takes more than 67108864 bytes"},
		"warnings behind the list": {`{"schema_version":1,"sockets":[],"warnings":[`, `{"message":"m"},`, "takes more than 67108864 bytes"},
	} {
		tail := &endless{text: c.tail}
		d, err := Open(io.MultiReader(strings.NewReader(c.head), tail))
		if err == nil {
			for _, err = range d.Sockets(t.Context(), sock.Query{}) {
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if tail.read > 2*maxValue {
			t.Errorf("%s: %d bytes were read", name, tail.read)
		}
	}
}

// TestOwnOutputIsReadAgain: a listener that 1,000 processes share, each with the
// longest command line that is kept, in the longest spelling.
func TestOwnOutputIsReadAgain(t *testing.T) {
	s := &sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, State: sock.Listen, Known: sock.FieldOwners, OwnerStatus: sock.OwnerKnown}
	line := strings.Repeat("\x01", 128<<10)
	for i := range 1000 {
		s.Owners = append(s.Owners, sock.Owner{FD: 3, Process: &sock.Process{PID: i + 1, Name: "nginx", Known: sock.FieldExe | sock.FieldCmdline,
			Exe: "/usr/sbin/nginx", Cmdline: line}})
	}
	text := fact.AppendObject(nil, s, fact.Members())
	d, err := Open(strings.NewReader(string(text) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for s, err := range d.Sockets(t.Context(), sock.Query{Protocols: sock.Protocols(sock.TCP), Families: sock.Families(sock.IPv4), States: sock.AllStates}) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		first, last := s.Owners[0], s.Owners[999]
		if len(s.Owners) != 1000 || first.Cmdline != line || last.Name != "nginx" || last.Known.Has(sock.FieldCmdline) {
			t.Errorf("%d owners, the first has a command line of %d bytes, the last %q", len(s.Owners), len(first.Cmdline), last.Name)
		}
	}
	if rows != 1 {
		t.Errorf("%d rows of %d bytes", rows, len(text))
	}
}
