package procnet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"testing"
	"unicode/utf8"

	"sockeye/sock"
)

// readBytes streams a table out of memory.
func readBytes(t *testing.T, table sock.Table, text []byte, order binary.ByteOrder, pieces int) (rows []sock.Socket, errs []error) {
	env := &sock.Environment{ByteOrder: order}
	r := reading{ctx: t.Context(), session: session{env}, query: everything.Only(table), table: table}
	r.yield = func(s *sock.Socket, err error) bool {
		if err != nil {
			errs = append(errs, err)
			return true
		}
		if s.Known&^(Source{}).Fields(s.Protocol) != 0 || s.Inode == 0 && s.Knows(sock.FieldInode) {
			t.Errorf("unsound row %+v", s)
		}
		rows = append(rows, *s.Clone())
		return true
	}
	src := &chunked{Reader: bytes.NewReader(text), most: pieces}
	r.read(src, formats[table.Protocol])
	return rows, errs
}

// chunked gives a file in small pieces.
type chunked struct {
	*bytes.Reader
	most int
}

func (c *chunked) Read(p []byte) (int, error) { return c.Reader.Read(p[:min(len(p), c.most)]) }

var _ io.ReadSeeker = (*chunked)(nil)

// fuzzInet feeds one kind of table: any text gives sound rows, at most one a
// line and at most one warning, and the same however it is cut.
func fuzzInet(f *testing.F, protocol sock.Protocol) {
	tail := " 00000010:00000020 01:00000014 00000002    33        0 22339 1 0000000000000000 20 4 30 10 -1\n"
	v4 := "   1: 0100007F:A2C4 0100007F:1F90 01" + tail
	v6 := "   1: B80D0120000000006745230100000001:0050 0000000000000000FFFF00000100007F:1234 0A" + tail
	f.Add([]byte(tcpHeader+v4+v4), false)
	f.Add([]byte(v6Header+v6), true)
	f.Add([]byte(v6Header+v6[:150]), true)
	f.Add([]byte("   3: 0100007F:A2C6 0100007F:1F90 06 00000000:00000000 03:00001766 00000000     0        0 0 3 0\n"), false)
	f.Add([]byte(v4[:40]+"\n\n\n"), false)
	f.Add(bytes.Repeat([]byte("9"), 200), false)
	f.Fuzz(func(t *testing.T, text []byte, v6 bool) {
		table := sock.Table{Protocol: protocol, Family: sock.IPv4}
		if v6 {
			table.Family = sock.IPv6
		}
		rows, errs := readBytes(t, table, text, binary.LittleEndian, readBuffer)
		if lines := bytes.Count(text, []byte("\n")) + 1; len(rows) > lines || len(errs) > 1 {
			t.Errorf("%d rows of %d lines, errors %v", len(rows), lines, errs)
		}
		for _, s := range rows {
			if s.Protocol != protocol || s.Family != table.Family || !s.Local.IsValid() || s.Local.Addr().Is4In6() {
				t.Errorf("unsound row %+v", s)
			}
		}
		cut, cutErrs := readBytes(t, table, text, binary.LittleEndian, 7)
		if d := diff(rows, cut); d != "" || len(errs) != len(cutErrs) {
			t.Errorf("cut in pieces: %v, %v\n%s", errs, cutErrs, d)
		}
		big, _ := readBytes(t, table, text, binary.BigEndian, readBuffer)
		if len(big) > 0 != (len(rows) > 0) {
			t.Errorf("%d rows, but %d in the other byte order", len(rows), len(big))
		}
	})
}

func FuzzTCP(f *testing.F)  { fuzzInet(f, sock.TCP) }
func FuzzUDP(f *testing.F)  { fuzzInet(f, sock.UDP) }
func FuzzRaw(f *testing.F)  { fuzzInet(f, sock.Raw) }
func FuzzICMP(f *testing.F) { fuzzInet(f, sock.ICMP) }

// FuzzUnix also binds the text as a path: whatever it is, the row comes back
// with it unless the path imitates a row.
func FuzzUnix(f *testing.F) {
	row := "00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 "
	f.Add([]byte(unixHeader + row + "/run/a\n" + row + "@b\nc\n"))
	f.Add([]byte("x\n" + row + "y"))
	f.Add([]byte("\n\n\n"))
	f.Add([]byte("@"))
	f.Add([]byte(row[:58] + "\nNum "))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, _ := readBytes(t, sock.Table{Protocol: sock.Unix, Family: sock.FamilyUnix}, text, binary.LittleEndian, 9)
		for _, s := range rows {
			if s.Path == "" == s.Knows(sock.FieldPath) || len(s.Path) > maxUnixPath {
				t.Errorf("unsound row %+v", s)
			}
		}
		if len(text) == 0 || len(text) > maxUnixPath || bytes.IndexByte(text, 0) >= 0 {
			return
		}
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			if _, ok := parseUnixRow(line); ok {
				return
			}
		}
		rows, errs := readBytes(t, sock.Table{Protocol: sock.Unix, Family: sock.FamilyUnix},
			[]byte(unixHeader+row+string(text)+"\n"+row[:58]+"\n"), binary.LittleEndian, readBuffer)
		want := string(text)
		if text[0] == '@' {
			want = "\x00" + want[1:]
		}
		if len(rows) != 2 || rows[0].Path != want || rows[1].Path != "" {
			t.Errorf("bound %q, got %+v %v", want, rows, errs)
		}
	})
}

func FuzzParseStat(f *testing.F) {
	for _, comm := range hostileComms {
		f.Add([]byte(statLine(77, comm, 123456)), comm)
	}
	f.Add([]byte(") 1 1 1"), "")
	f.Fuzz(func(t *testing.T, line []byte, comm string) {
		if got, ok := parseStat(line); ok && (!bytes.Contains(line, got.name) || got.parent > 1<<31-1) {
			t.Errorf("%q: %+v is not in it", line, got)
		}
		got, ok := parseStat([]byte(statLine(77, comm, 123456)))
		if !ok || string(got.name) != comm || got.start != 123456 {
			t.Errorf("%q: got %+v, %v", comm, got, ok)
		}
	})
}

func FuzzParseSocketLink(f *testing.F) {
	f.Add([]byte("socket:[123]"))
	f.Add([]byte("socket:[18446744073709551616]"))
	f.Add([]byte("pipe:[1]"))
	f.Add([]byte("socket:[007]"))
	f.Fuzz(func(t *testing.T, link []byte) {
		inode, ok := parseSocketLink(link)
		if !ok {
			return
		}
		if !utf8.Valid(link) || inode == 0 {
			t.Fatalf("%q: got %d", link, inode)
		}
		// The kernel prints no leading zero, but one does no harm.
		digits := bytes.TrimLeft(link[len("socket:["):], "0")
		if string(digits) != strconv.FormatUint(inode, 10)+"]" {
			t.Errorf("%q: got %d", link, inode)
		}
	})
}

// dirent returns a record of getdents64(2).
func dirent(name string) []byte {
	b := make([]byte, (19+len(name)+1+7)/8*8)
	binary.NativeEndian.PutUint16(b[16:], uint16(len(b)))
	copy(b[19:], name)
	return b
}

func FuzzNumberedEntries(f *testing.F) {
	f.Add(bytes.Join([][]byte{dirent("."), dirent(".."), dirent("0"), dirent("2147483647")}, nil))
	f.Add(dirent("12")[:20])
	f.Add(make([]byte, 24))
	f.Fuzz(func(t *testing.T, buf []byte) {
		for _, n := range numberedEntries(nil, buf) {
			if n < 0 || !bytes.Contains(buf, strconv.AppendInt(nil, int64(n), 10)) {
				t.Errorf("%d is not in %q", n, buf)
			}
		}
	})
}

func TestNumberedEntries(t *testing.T) {
	buf := bytes.Join([][]byte{dirent("."), dirent(".."), dirent("0"), dirent("self"), dirent("2147483647"), dirent("77")}, nil)
	if got := numberedEntries([]int32{5}, buf); len(got) != 4 || got[0] != 5 || got[1] != 0 || got[2] != 1<<31-1 || got[3] != 77 {
		t.Errorf("got %v", got)
	}
	if got := numberedEntries(nil, buf[:len(buf)-1]); len(got) != 2 {
		t.Errorf("a cut record: got %v", got)
	}
	if errors.Is(errLongLine, io.EOF) {
		t.Error("a long line would end a table")
	}
}
