package render

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// readDelimited reads CSV or TSV as RFC 4180 says.
func readDelimited(t *testing.T, text string, comma rune) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return rows
}

// processes are sockets that a process of each name holds.
func processes(names ...string) []*sock.Socket {
	var rows []*sock.Socket
	for _, name := range names {
		rows = append(rows, &sock.Socket{Protocol: sock.TCP, Family: sock.IPv4, Known: sock.FieldOwners, OwnerStatus: sock.OwnerKnown,
			Owners: []sock.Owner{{Process: &sock.Process{PID: 7, Name: name}}}})
	}
	return rows
}

// TestDelimitedIsReadAgain: a reader of RFC 4180 gets every row and every cell of
// CSV and of TSV, whatever a process is called.
func TestDelimitedIsReadAgain(t *testing.T) {
	names := []string{`a"b`, `"`, `"quoted"`, "a,b", "a\tb", " blank ", "a\nb", "=1+1", "-", "", "日本"}
	for format, comma := range map[Format]rune{CSV: ',', TSV: '\t'} {
		for _, columns := range []string{"process", "process,pid", "pid,process"} {
			text := rendered(t, Options{Format: format, Header: true, Columns: mustColumns(t, columns)}, processes(names...))
			rows := readDelimited(t, text, comma)
			if len(rows) != len(names)+1 || strings.Count(text, "\n") != len(rows) {
				t.Fatalf("%v, %s: %d rows of %d in\n%s", format, columns, len(rows), len(names)+1, text)
			}
			at := slices.Index(rows[0], "process")
			for i, name := range names {
				if want := string(escape.AppendText(nil, name)); rows[i+1][at] != want {
					t.Errorf("%v, %s: %q is read as %q", format, columns, name, rows[i+1][at])
				}
			}
		}
	}
}

// TestSafeDelimited: no cell is a formula.
func TestSafeDelimited(t *testing.T) {
	names := []string{"=1+1", "+x", "-x", "@x", ` =cmd|" /C calc"!A0`, "a=b", "'=x", "nginx"}
	want := []string{"'=1+1", "'+x", "'-x", "'@x", `' =cmd|" /C calc"!A0`, "a=b", "'=x", "nginx"}
	for format, comma := range map[Format]rune{CSV: ',', TSV: '\t'} {
		text := rendered(t, Options{Format: format, Safe: true, Columns: mustColumns(t, "pid,process,local_port")}, processes(names...))
		for i, row := range readDelimited(t, text, comma) {
			if row[1] != want[i] || row[0] != "7" {
				t.Errorf("%v: %q is %q", format, names[i], row)
			}
		}
	}
}
