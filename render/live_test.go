package render

import (
	"bytes"
	"testing"

	"sockeye/sock"
)

// TestLiveTable: the header comes before any row, and rows that follow have room.
func TestLiveTable(t *testing.T) {
	var b bytes.Buffer
	l, err := Options{Header: true, Live: true, Columns: mustColumns(t, "protocol,local,remote,pid")}.Layout()
	if err != nil {
		t.Fatal(err)
	}
	out := New(&b, l)
	const header = "PROTO  LOCAL                  REMOTE                    PID\n"
	if err := out.Flush(); err != nil || b.String() != header {
		t.Errorf("%v, before a row:\n%s", err, b.String())
	}
	s := inet(sock.TCP, sock.Established, "10.0.0.5:80", "10.0.0.9:1")
	if err := out.Socket(s); err != nil {
		t.Fatal(err)
	}
	const row = "tcp    10.0.0.5:80            10.0.0.9:1                  -\n"
	if err := out.Flush(); err != nil || b.String() != header+row {
		t.Errorf("%v, with a row:\n%s", err, b.String())
	}
}
