package procnet

import (
	"errors"
	"strings"
	"testing"

	"sockeye/sock"
)

// unixSocket is what a row of the tests below must become.
func unixSocket(st sock.State, typ sock.SocketType, inode uint64, path string) sock.Socket {
	s := sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, State: st, Type: typ, Inode: inode, Path: path, Known: sock.FieldType}
	if inode != 0 {
		s.Known |= sock.FieldInode
	}
	if path != "" {
		s.Known |= sock.FieldPath
	}
	return s
}

// The rows were recorded on Linux 6.18, the paths beside them are what was bound.
func TestUnixRows(t *testing.T) {
	env := treeWith(t, map[string]string{"unix": unixHeader +
		"00000000e41b3ec3: 00000003 00000000 00000000 0001 03   511\n" + // socketpair
		"00000000f4208884: 00000002 00000000 00000000 0002 03  9660\n" + // a datagram client
		"00000000e464b83c: 00000002 00000000 00000000 0001 01  9663\n" + // fresh
		"00000000ddc0a63a: 00000003 00000000 00000000 0001 02     0 b\nx y\n" + // in the accept queue of b\nx y
		"00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 b\nx y\n" +
		"0000000086709732: 00000002 00000000 00000000 0002 01  9666\n" +
		"00000000ab1cfcf0: 00000002 00000000 00010000 0005 01  9667 @q@r\n" + // \0q\0r
		"00000000ab1cfcf1: 00000002 00000000 00010000 0001 01 123456  two  blanks \n" + // " two  blanks "
		"00000000ab1cfcf2: 00000002 00000000 00000000 0002 01 123457 \n\n\n" + // "\n\n"
		"00000000ab1cfcf3: 00000002 00000000 00000000 0001 04     0\n" +
		"00000000ab1cfcf4: 00000002 00000000 00000000 0009 07 123458\n"})
	want := []sock.Socket{
		unixSocket(sock.Established, sock.TypeStream, 511, ""),
		unixSocket(sock.Established, sock.TypeDatagram, 9660, ""),
		unixSocket(sock.Closed, sock.TypeStream, 9663, ""),
		unixSocket(sock.Established, sock.TypeStream, 0, "b\nx y"),
		unixSocket(sock.Listen, sock.TypeStream, 9664, "b\nx y"),
		unixSocket(sock.Unconnected, sock.TypeDatagram, 9666, ""),
		unixSocket(sock.Listen, sock.TypeSeqpacket, 9667, "\x00q@r"),
		unixSocket(sock.Listen, sock.TypeStream, 123456, " two  blanks "),
		unixSocket(sock.Unconnected, sock.TypeDatagram, 123457, "\n\n"),
		unixSocket(sock.Closed, sock.TypeStream, 0, ""),
		{Protocol: sock.Unix, Family: sock.FamilyUnix, Inode: 123458, Known: sock.FieldInode},
	}
	if d := diff(want, listAll(t, env, only(sock.Unix, 0))); d != "" {
		t.Error(d)
	}
}

func TestUnixQuery(t *testing.T) {
	env := treeWith(t, map[string]string{"unix": unixHeader +
		"00000000e41b3ec3: 00000003 00000000 00000000 0001 03   511 skipped\nwith its second line\n" +
		"00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 /run/a\n" +
		"00000000ddc0a63c: 00000002 00000000 00010000 0005 01  9665 /run/b\n"})
	q := only(sock.Unix, 0)
	q.States, q.Want = sock.States(sock.Listen), sock.FieldInode
	q.Types[sock.Unix] = sock.Types(sock.TypeStream)
	want := []sock.Socket{unixSocket(sock.Listen, sock.TypeStream, 9664, "")}
	if d := diff(want, listAll(t, env, q)); d != "" {
		t.Error(d)
	}
}

// A path that imitates a row can make one, but it must not hide the true row of
// the socket that it names, and the contradiction is reported.
func TestUnixForgedRow(t *testing.T) {
	row := "00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 /run/docker.sock\n"
	forged := "00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 /tmp/mine"
	env := treeWith(t, map[string]string{"unix": unixHeader +
		"00000000ab1cfcf1: 00000002 00000000 00000000 0001 01 12345 x\n" + forged + "\n" + row + row})
	rows, errs := list(t, env, only(sock.Unix, 0))
	want := []sock.Socket{
		unixSocket(sock.Closed, sock.TypeStream, 12345, "x"),
		unixSocket(sock.Listen, sock.TypeStream, 9664, "/tmp/mine"),
		unixSocket(sock.Listen, sock.TypeStream, 9664, "/run/docker.sock"),
	}
	// The repetition of a row that contradicts the first one is not dropped.
	want = append(want, want[2])
	if d := diff(want, rows); d != "" {
		t.Error(d)
	}
	var p *sock.Partial
	if len(errs) != 1 || !errors.As(errs[0], &p) || p.Code != sock.CodeMalformed || p.Incomplete {
		t.Errorf("errors: %v", errs)
	}
}

// What no path of the kernel can be is not put behind a path.
func TestUnixLinesThatBelongNowhere(t *testing.T) {
	unnamed := "00000000e41b3ec3: 00000003 00000000 00000000 0001 03   511\n"
	named := "00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 /run/a\n"
	long := strings.Repeat("x", maxUnixPath)
	env := treeWith(t, map[string]string{"unix": unixHeader +
		"before any row\n" + unnamed + "behind no path\n" + named + long + "\n" +
		"00000000ddc0a63c: 00000002 00000000 00010000 0001 01  9665 " + long + "x\n"})
	rows, errs := list(t, env, only(sock.Unix, 0))
	want := []sock.Socket{
		unixSocket(sock.Established, sock.TypeStream, 511, ""),
		unixSocket(sock.Listen, sock.TypeStream, 9664, "/run/a"),
	}
	if d := diff(want, rows); d != "" {
		t.Error(d)
	}
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "4 lines not understood, the first is line 2") {
		t.Errorf("errors: %v", errs)
	}
}

func TestUnixRepetitions(t *testing.T) {
	embryo := "00000000ddc0a63a: 00000003 00000000 00000000 0001 02     0 /run/a\n"
	unknown := "0000000000000000: 00000003 00000000 00000000 0001 02     0 /run/a\n" // kptr_restrict
	row := "00000000ddc0a63b: 00000002 00000000 00010000 0001 01  9664 /run/a\n"
	env := treeWith(t, map[string]string{"unix": unixHeader + row + embryo + unknown +
		strings.Replace(row, "00000002", "00000005", 1) + embryo + unknown})
	want := []sock.Socket{
		unixSocket(sock.Listen, sock.TypeStream, 9664, "/run/a"),
		unixSocket(sock.Established, sock.TypeStream, 0, "/run/a"),
		unixSocket(sock.Established, sock.TypeStream, 0, "/run/a"),
		unixSocket(sock.Established, sock.TypeStream, 0, "/run/a"), // nothing says that it is the same
	}
	if d := diff(want, listAll(t, env, only(sock.Unix, 0))); d != "" {
		t.Error(d)
	}
}

// TestUnknownPointers: before the kernel has randomness for the hashes of its
// addresses it prints none. Two connections that nobody has accepted are two then,
// though nothing tells one from the other.
func TestUnknownPointers(t *testing.T) {
	waiting := "(____ptrval____): 00000003 00000000 00000000 0001 03     0 /run/a\n"
	rows, errs := list(t, treeWith(t, map[string]string{"unix": unixHeader +
		"(____ptrval____): 00000002 00000000 00010000 0001 01 10635 @abc\n" + waiting + waiting +
		"(ptrval): 00000003 00000000 00000000 0001 03 10636\n",
	}), only(sock.Unix, sock.FamilyUnix))
	if len(rows) != 4 || len(errs) > 0 || rows[0].Path != "\x00abc" || rows[0].State != sock.Listen || rows[3].Inode != 10636 {
		t.Errorf("%+v, %v", rows, errs)
	}
}
