//go:build unix

package procnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// udpRow is a row of /proc/net/udp.
func udpRow(port int, inode uint64) string {
	return fmt.Sprintf("%5d: 0100007F:%04X 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 %d 2 0000000000000000 0\n",
		port, port, inode)
}

func inodes(rows []sock.Socket) []uint64 {
	var numbers []uint64
	for _, s := range rows {
		numbers = append(numbers, s.Inode)
	}
	return numbers
}

func TestRepeatedRowsAreDropped(t *testing.T) {
	row := func(local, remote, state, inode string) string {
		return "   0: " + local + " " + remote + " " + state + " 00000000:00000000 00:00000000 00000000     0        0 " + inode + " 1 0\n"
	}
	const a, b, c = "0100007F:0001", "0100007F:0002", "0100007F:0003"
	env := treeWith(t, map[string]string{
		"tcp": tcpHeader + row(a, b, "01", "7") + row(a, b, "06", "0") + row(a, c, "06", "0") + row(b, a, "06", "0") +
			row(a, b, "01", "7") + row(a, b, "06", "0") + row(a, b, "08", "8"),
		"udp": udpHeader + udpRow(1, 7) + udpRow(1, 7) + udpRow(1, 8), // SO_REUSEPORT: two sockets
	})
	rows := listAll(t, env, only(sock.TCP, sock.IPv4))
	if got := fmt.Sprint(inodes(rows)); got != "[7 0 0 0 8]" {
		t.Errorf("tcp: %s", got)
	}
	rows = listAll(t, env, only(sock.UDP, sock.IPv4))
	if got := fmt.Sprint(inodes(rows)); got != "[7 8]" {
		t.Errorf("udp: %s", got)
	}
}

// changing is a table that has other rows at the second reading, in pieces as the
// kernel gives them.
type changing struct {
	readings [][]byte
	rest     []byte
}

func (c *changing) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 200)], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *changing) Seek(int64, int) (int64, error) {
	c.rest, c.readings = c.readings[0], c.readings[1:]
	return 0, nil
}

func TestUDPIsReadTwice(t *testing.T) {
	tests := []struct {
		name          string
		first, second string
		want          string
	}{
		{"a missed row is found", udpRow(1, 1) + udpRow(2, 2) + udpRow(4, 4), udpRow(1, 1) + udpRow(3, 3) + udpRow(4, 4), "[1 2 4 3]"},
		{"one page is whole", "", udpRow(1, 1), "[]"},
		{"a mistake is told once", udpRow(1, 1) + "?\n", udpRow(1, 1) + "?\n", "[1] 1"},
	}
	for _, tt := range tests {
		var rows []sock.Socket
		problems := 0
		r := reading{ctx: t.Context(), session: session{here}, query: everything, table: sock.Table{Protocol: sock.UDP, Family: sock.IPv4}}
		r.yield = func(s *sock.Socket, err error) bool {
			if err != nil {
				problems++
				return true
			}
			rows = append(rows, *s.Clone())
			return true
		}
		table := &changing{readings: [][]byte{[]byte(udpHeader + tt.first), []byte(udpHeader + tt.second)}}
		_, _ = table.Seek(0, 0)
		r.read(table, formats[sock.UDP])
		got := fmt.Sprint(inodes(rows))
		if problems > 0 {
			got += fmt.Sprint(" ", problems)
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestMissingTable(t *testing.T) {
	env := treeWith(t, map[string]string{"udp": udpHeader + udpRow(1, 7)})
	rows, errs := list(t, env, only(sock.TCP, sock.IPv4))
	var table *sock.TableError
	if len(rows) != 0 || len(errs) != 1 || !errors.As(errs[0], &table) || errors.As(errs[0], new(*sock.Partial)) {
		t.Fatalf("alone: %v, %v", rows, errs)
	}
	if !errors.Is(table, sock.ErrUnavailable) || !errors.Is(table, iofs.ErrNotExist) {
		t.Errorf("alone: %v wraps too little", table)
	}
	if want := "proc: tcp/ipv4: " + env.Proc + "/net/tcp: not available on this system: no such file or directory"; table.Error() != want {
		t.Errorf("got %q, want %q", table, want)
	}

	q := only(sock.UDP, sock.IPv4)
	q.Protocols |= sock.Protocols(sock.TCP, sock.UDPLite, sock.MPTCP)
	rows, errs = list(t, env, q)
	if len(rows) != 1 || rows[0].Inode != 7 || len(errs) != 2 {
		t.Fatalf("among others: %v, %v", rows, errs)
	}
	for i, protocol := range []sock.Protocol{sock.TCP, sock.MPTCP} {
		if !errors.As(errs[i], &table) || table.Table.Protocol != protocol || !errors.Is(errs[i], sock.ErrUnavailable) ||
			errors.Is(errs[i], sock.ErrAbsent) != (protocol == sock.TCP) {
			t.Errorf("among others: %v", errs[i])
		}
	}
	// No proc file system is there: not even UDP-Lite is an empty table.
	_, errs = list(t, &sock.Environment{Proc: filepath.Join(env.Proc, "none")}, only(sock.UDPLite, sock.IPv4))
	if len(errs) != 1 || !errors.Is(errs[0], sock.ErrUnavailable) || errors.Is(errs[0], sock.ErrAbsent) {
		t.Errorf("nowhere: %v", errs)
	}
}

// A thread that changed its namespace sees its own tables in thread-self only.
func TestThreadSelfComesFirst(t *testing.T) {
	env := treeWith(t, map[string]string{"udp": udpHeader + udpRow(1, 7)})
	dir := filepath.Join(env.Proc, "thread-self", "net")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "udp"), []byte(udpHeader+udpRow(1, 8)), 0o644); err != nil {
		t.Fatal(err)
	}
	if rows := listAll(t, env, only(sock.UDP, sock.IPv4)); len(rows) != 1 || rows[0].Inode != 8 {
		t.Errorf("got %v", rows)
	}
}

func TestCanceledMidway(t *testing.T) {
	var text strings.Builder
	text.WriteString(udpHeader)
	for i := range 4 * checkEvery {
		text.WriteString(udpRow(i, uint64(i+1)))
	}
	env := treeWith(t, map[string]string{"udp": text.String()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows := 0
	var last error
	for s, err := range socktest.Rows(ctx, Source{}, env, only(sock.UDP, sock.IPv4)) {
		if s != nil {
			rows++
			cancel()
		}
		last = err
	}
	if rows == 0 || rows > checkEvery || !errors.Is(last, context.Canceled) {
		t.Errorf("%d rows, then %v", rows, last)
	}
}

// failing gives some text, then an error.
type failing struct {
	io.Reader
	err error
}

func (f failing) Seek(int64, int) (int64, error) { return 0, f.err }

func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", tcpHeader} {
		var errs []error
		r := reading{ctx: t.Context(), session: session{here}, query: everything, table: sock.Table{Protocol: sock.TCP, Family: sock.IPv4}}
		r.yield = func(_ *sock.Socket, err error) bool {
			errs = append(errs, err)
			return true
		}
		pipe, w := io.Pipe()
		go func() {
			_, _ = io.Copy(w, bytes.NewReader([]byte(text)))
			w.CloseWithError(broken)
		}()
		r.read(failing{pipe, broken}, formats[sock.TCP])
		if len(errs) != 1 || !errors.Is(errs[0], broken) {
			t.Fatalf("%q: %v", text, errs)
		}
		var p *sock.Partial
		if begun := text != ""; errors.As(errs[0], &p) != begun || errors.Is(errs[0], sock.ErrUnavailable) == begun {
			t.Errorf("%q: %v", text, errs[0])
		}
	}
}

func TestLongLine(t *testing.T) {
	env := treeWith(t, map[string]string{"udp": udpHeader + strings.Repeat("x", 2*readBuffer+1) + "\n" + udpRow(1, 7)})
	rows, errs := list(t, env, only(sock.UDP, sock.IPv4))
	if len(rows) != 1 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "1 line not understood, the first is line 2") {
		t.Errorf("%v, %v", rows, errs)
	}
}

func TestConformance(t *testing.T) {
	env := treeWith(t, map[string]string{
		"tcp": tcpHeader +
			"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 1184 1 000000003cc590b5 100 0 0 10 0\n" +
			"   1: 0100007F:A2C6 0100007F:1F90 06 00000000:00000000 03:00001766 00000000     0        0 0 3 0000000000000000\n",
		"tcp6": v6Header +
			"   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:A2C6 01 00000000:00000000 00:00000000 00000000     0        0 11 1 0 20 4 30 10 -1\n",
		"udp":  udpHeader + udpRow(53, 7001),
		"unix": unixHeader + "00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 /run/a\n",
	})
	socktest.TestSource(t, Source{}, env, socktest.Everything(), 5)
	// Every table of a machine of the other byte order as well.
	env.ByteOrder = binary.BigEndian
	socktest.TestSource(t, Source{}, env, everything, 5)
}
