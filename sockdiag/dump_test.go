package sockdiag

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// anyTCP asks for every TCP socket, in both families.
func anyTCP() sock.Query { return everythingOf(sock.TCP) }

func everythingOf(protocols ...sock.Protocol) sock.Query {
	return sock.Query{Protocols: sock.Protocols(protocols...), Families: sock.Families(sock.IPv4, sock.IPv6),
		States: sock.AllStates, Want: sock.AllFields}
}

// dumped makes a dump of what the fake says, and lists what was written.
func dumped(t *testing.T, k *fakeKernel, q sock.Query, keep func(*sock.Socket) bool) (file []byte, rows []*sock.Socket, errs []error) {
	t.Helper()
	var b bytes.Buffer
	for s, err := range k.source().Dump(t.Context(), here, q, &b, keep) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rows = append(rows, s.Clone())
	}
	if k.opened != k.closed {
		t.Errorf("%d wires opened, %d closed", k.opened, k.closed)
	}
	return b.Bytes(), rows, errs
}

// readDump lists a dump.
func readDump(t testing.TB, file []byte, q sock.Query) (rows []*sock.Socket, parts []*sock.Partial, err error) {
	t.Helper()
	d, err := OpenDump(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	for s, err := range d.Sockets(t.Context(), q) {
		if part, ok := errors.AsType[*sock.Partial](err); ok {
			parts = append(parts, part)
		} else if err != nil {
			return rows, parts, err
		} else {
			checkRecord(t, s)
			rows = append(rows, s.Clone())
		}
	}
	return rows, parts, nil
}

var (
	sameEnds = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	sameInfo = cmp.Comparer(func(a, b *sock.TCPInfo) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) })
)

// kindsOf walks the messages of a dump.
func kindsOf(file []byte) (kinds []uint16) {
	for walk := (messages{file}); ; {
		m, ok := walk.next()
		if !ok {
			return kinds
		}
		kinds = append(kinds, m.kind)
	}
}

func twoFamilies(t *testing.T) *fakeKernel {
	return newFakeKernel(t,
		[]delivery{datagram(row(established(1)), row(established(2))), datagram(row(established(3)), done(0))},
		[]delivery{datagram(row(inetRow{family: afInet6, state: tcpListen, local: "[::]:80", cookie: 4, inode: 9}.bytes(attribute(inetDiagSKV6Only, 1))), done(0))})
}

func TestDumpIsReadAgain(t *testing.T) {
	k := twoFamilies(t)
	file, rows, errs := dumped(t, k, anyTCP(), nil)
	if len(rows) != 4 || len(errs) > 0 {
		t.Fatalf("%d rows, errors %v", len(rows), errs)
	}
	// ss stops at the first NLMSG_DONE.
	if diff := cmp.Diff([]uint16{20, 20, 20, 20, 3}, kindsOf(file)); diff != "" {
		t.Error(diff)
	}
	for _, request := range k.requests {
		if request[18] != 0x7e {
			t.Errorf("asked with idiag_ext %#x: not every fact", request[18])
		}
	}
	again, parts, err := readDump(t, file, anyTCP())
	if err != nil || len(parts) > 0 {
		t.Fatal(err, parts)
	}
	untimed := cmpopts.IgnoreFields(sock.Socket{}, "ReadAt")
	if diff := cmp.Diff(rows, again, sameEnds, sameInfo, untimed); diff != "" {
		t.Error(diff)
	}
	q := anyTCP()
	q.States, q.Families = sock.States(sock.Listen), sock.Families(sock.IPv6)
	if listening, _, _ := readDump(t, file, q); len(listening) != 1 || listening[0].Cookie != 4 {
		t.Errorf("listening: %v", listening)
	}
	if none, _, err := readDump(t, file, everythingOf(sock.UDP)); len(none) > 0 || err != nil {
		t.Errorf("UDP sockets of a dump: %v, %v", none, err)
	}
}

func TestDumpKeepsWhatIsWanted(t *testing.T) {
	file, rows, errs := dumped(t, twoFamilies(t), anyTCP(), func(s *sock.Socket) bool { return s.Cookie%2 == 0 })
	if len(rows) != 2 || len(errs) > 0 || len(kindsOf(file)) != 3 {
		t.Errorf("%d rows in %v, errors %v", len(rows), kindsOf(file), errs)
	}
}

// TestDumpReadTwice: a reading that the kernel calls interrupted is followed by
// another, and the file has each socket once.
func TestDumpReadTwice(t *testing.T) {
	k := newFakeKernel(t,
		[]delivery{datagram(row(established(1)), interrupted(established(2)), done(0))},
		[]delivery{datagram(row(established(2)), row(established(3)), row(established(1)), done(0))})
	file, _, errs := dumped(t, k, tcp4(), nil)
	rows, parts, err := readDump(t, file, anyTCP())
	if len(rows) != 3 || len(errs)+len(parts) > 0 || err != nil {
		t.Errorf("%d rows, %v, %v, %v", len(rows), errs, parts, err)
	}
}

// TestDumpThatFails: the file of a table that could not be read to its end does
// not look whole; a failed write ends the dump.
func TestDumpThatFails(t *testing.T) {
	k := newFakeKernel(t, []delivery{datagram(row(established(1))), failed(syscall.EIO)})
	file, rows, errs := dumped(t, k, tcp4(), nil)
	if len(rows) != 1 || len(errs) != 1 {
		t.Errorf("%d rows, errors %v", len(rows), errs)
	}
	if _, parts, err := readDump(t, file, anyTCP()); err != nil || len(parts) != 1 || !parts[0].Incomplete {
		t.Errorf("read as whole: %v, %v", parts, err)
	}
	k = newFakeKernel(t, []delivery{datagram(row(established(1))), failed(syscall.EIO)}, []delivery{datagram(row(established(2)), done(0))})
	file, rows, errs = dumped(t, k, anyTCP(), nil)
	if len(rows) != 2 || len(errs) != 1 || slices.Contains(kindsOf(file), nlmsgDone) {
		t.Errorf("one of two tables failed: %d rows, %v in the file, errors %v", len(rows), kindsOf(file), errs)
	}
	for limit := range 3 {
		var errs []error
		full := &limitedWriter{left: limit}
		for _, err := range twoFamilies(t).source().Dump(t.Context(), here, anyTCP(), full, nil) {
			if err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) != 1 || !errors.Is(errs[0], syscall.ENOSPC) || full.after > 0 {
			t.Errorf("a disk for %d messages: errors %v, %d writes behind the first failure", limit, errs, full.after)
		}
	}
}

// limitedWriter takes a number of writes and fails then.
type limitedWriter struct{ left, after int }

func (w *limitedWriter) Write(b []byte) (int, error) {
	if w.left < 0 {
		w.after++
	}
	if w.left--; w.left < 0 {
		return 0, syscall.ENOSPC
	}
	return len(b), nil
}

// ssDump is what `ss -D` of iproute2 6.1 wrote on a little-endian machine, with
// an end behind each family.
func ssDump(t testing.TB) []byte {
	t.Helper()
	file, err := os.ReadFile("testdata/ss.dump")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestDumpOfSS(t *testing.T) {
	rows, parts, err := readDump(t, ssDump(t), anyTCP())
	if bigEndianHost {
		if err == nil || !strings.Contains(err.Error(), "byte order") {
			t.Errorf("a dump of the other byte order: %d rows, %v", len(rows), err)
		}
		return
	}
	if err != nil || len(parts) > 0 {
		t.Fatal(err, parts)
	}
	var got []string
	for _, s := range rows {
		text := s.Family.String() + " " + s.State.String() + " " + s.Local.String()
		if s.Knows(sock.FieldRemote) {
			text += " " + s.Remote.String()
		}
		got = append(got, text)
	}
	want := []string{
		"ipv4 LISTEN 127.0.0.1:8080",
		"ipv4 ESTABLISHED 127.0.0.1:40001 127.0.0.1:8443",
		"ipv4 ESTABLISHED 127.0.0.1:8080 127.0.0.1:40000",
		"ipv4 ESTABLISHED 127.0.0.1:40000 127.0.0.1:8080",
		"ipv4 TIME_WAIT 127.0.0.1:40003 127.0.0.1:8080",
		"ipv6 LISTEN [::]:8443",
		"ipv6 ESTABLISHED [::1]:40002 [::1]:8443",
		"ipv6 ESTABLISHED [::1]:8443 [::1]:40002",
		"ipv6 ESTABLISHED 127.0.0.1:8443 127.0.0.1:40001",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDumpOfOtherByteOrder: it is refused with its reason, never misread.
func TestDumpOfOtherByteOrder(t *testing.T) {
	file, _, _ := dumped(t, twoFamilies(t), anyTCP(), nil)
	for i := 0; i+4 <= len(file); i += 4 {
		if i == 4 {
			binary.LittleEndian.PutUint16(file[i:], binary.BigEndian.Uint16(file[i:]))
			continue
		}
		binary.LittleEndian.PutUint32(file[i:], binary.BigEndian.Uint32(file[i:]))
	}
	if !IsDump(file) {
		t.Error("not known as a dump")
	}
	if _, _, err := readDump(t, file, anyTCP()); err == nil || !strings.Contains(err.Error(), "byte order") {
		t.Errorf("read with %v", err)
	}
}

func TestDumpKeepsTheContract(t *testing.T) {
	file, _, _ := dumped(t, twoFamilies(t), anyTCP(), nil)
	open := func() sock.Recording {
		d, err := OpenDump(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	socktest.TestRecording(t, open, New().Fields, anyTCP(), 4)
}
