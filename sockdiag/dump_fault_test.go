package sockdiag

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestDumpCutAnywhere: a dump that lost its end is never taken for a whole one.
func TestDumpCutAnywhere(t *testing.T) {
	file, whole, _ := dumped(t, twoFamilies(t), anyTCP(), nil)
	for n := range len(file) {
		rows, parts, err := readDump(t, file[:n], anyTCP())
		if err == nil && len(parts) == 0 {
			t.Fatalf("%d of %d bytes are read as whole", n, len(file))
		}
		if len(rows) > len(whole) {
			t.Fatalf("%d rows in %d bytes", len(rows), n)
		}
		if n > 16 && err != nil && !strings.Contains(err.Error(), "byte ") {
			t.Fatalf("%d bytes: the error %v names no place", n, err)
		}
	}
}

func TestDumpIsNone(t *testing.T) {
	for _, file := range []string{"", "{", `{"schema_version":1,"sockets":[]}`, "[]", "# text\n", strings.Repeat("\x00", 40), strings.Repeat("\xff", 40), strings.Repeat("ELF", 30)} {
		if IsDump([]byte(file)) {
			t.Errorf("%q is taken for a dump", file)
		}
		if _, err := OpenDump(strings.NewReader(file)); err == nil {
			t.Errorf("%q is opened", file)
		}
	}
}

// TestDumpWithFaults: what is wrong inside is told, with its place.
func TestDumpWithFaults(t *testing.T) {
	good := netlinkMessage(sockDiagByFamily, 2, 1, 5, established(1))
	end := netlinkMessage(nlmsgDone, 2, 1, 5, errnoPayload(0))
	second := fmt.Sprintf("byte %d", len(good))
	for name, c := range map[string]struct {
		file       [][]byte
		rows       int
		part, fail string
	}{
		"an error":           {[][]byte{good, netlinkMessage(nlmsgError, 0, 1, 5, errnoPayload(-2)), good, end}, 2, "error 2", ""},
		"a failed end":       {[][]byte{good, netlinkMessage(nlmsgDone, 0, 1, 5, errnoPayload(-1)), good, end}, 2, "error 1", ""},
		"lost messages":      {[][]byte{good, netlinkMessage(nlmsgOverrun, 0, 1, 5, nil), good, end}, 2, "lost", ""},
		"a short row":        {[][]byte{good, netlinkMessage(sockDiagByFamily, 0, 1, 5, make([]byte, 9)), good, end}, 2, "first at " + second, ""},
		"another family":     {[][]byte{good, netlinkMessage(sockDiagByFamily, 0, 1, 5, make([]byte, 80)), end}, 1, "first at " + second, ""},
		"nothing in between": {[][]byte{good, end, netlinkMessage(nlmsgNoop, 0, 1, 5, nil), good, end}, 2, "", ""},
		"the old type":       {[][]byte{netlinkMessage(tcpDiagGetSock, 2, 1, 5, established(1)), end}, 1, "", ""},
		"an unknown type":    {[][]byte{good, netlinkMessage(77, 0, 1, 5, nil), good, end}, 1, "", second + ":"},
		"a length of 0":      {[][]byte{good, make([]byte, 32)}, 1, "", second + ":"},
		"a huge length":      {[][]byte{good, bytes.Repeat([]byte{0x7f}, 32)}, 1, "", second + ":"},
		"no end":             {[][]byte{good}, 1, "no end", ""},
	} {
		rows, parts, err := readDump(t, slices.Concat(c.file...), anyTCP())
		if len(rows) != c.rows {
			t.Errorf("%s: %d rows, want %d", name, len(rows), c.rows)
		}
		if (err != nil) != (c.fail != "") || err != nil && !strings.HasPrefix(err.Error(), c.fail) {
			t.Errorf("%s: error %v, want %q", name, err, c.fail)
		}
		if (len(parts) > 0) != (c.part != "") || len(parts) > 0 && (!strings.Contains(parts[0].Error(), c.part) || !parts[0].Incomplete) {
			t.Errorf("%s: parts %v, want %q", name, parts, c.part)
		}
	}
}

func TestDumpErrorsOfTheReader(t *testing.T) {
	broken := errors.New("broken")
	if _, err := OpenDump(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("open: %v", err)
	}
	file, _, _ := dumped(t, twoFamilies(t), anyTCP(), nil)
	d, err := OpenDump(iotest.OneByteReader(io.MultiReader(bytes.NewReader(file[:200]), iotest.ErrReader(broken))))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range d.Sockets(t.Context(), anyTCP()) {
		last = err
	}
	if !errors.Is(last, broken) {
		t.Errorf("read: %v", last)
	}
	for _, err := range d.Sockets(t.Context(), anyTCP()) {
		if err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("read again: %v", err)
		}
	}
}
