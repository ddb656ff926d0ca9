package sstext

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var compareAddr = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

const tcpText = `SYN-SENT 0      1          10.77.0.1:35016  10.77.0.2:80    users:(("python3",pid=11,fd=3)) timer:(on,992ms,0) ino:9396 sk:1 cgroup:/ <->
LISTEN   2      5      [fe80::77]%v0:60949       [::]:*     users:(("a",pid=11,fd=4),("b c",pid=12,fd=40)) uid:65534 ino:9397 sk:2f cgroup:/ v6only:1 <->
LISTEN   0      128    *:8080 *:*  ino:5 sk:3 fwmark:0x2a cgroup:/ v6only:0 <->
ESTAB    0      0      [::ffff:127.0.0.1]:8080 [::ffff:127.0.0.1]:42454 ino:9400 sk:3 cgroup:/ <->                   
TIME-WAIT 0 0 0.0.0.0%lo:3 127.0.0.1:4 timer:(timewait,59sec,0) ino:0 sk:7
`

func TestTCP(t *testing.T) {
	got, err := Parse(strings.NewReader(tcpText), TCP)
	if err != nil {
		t.Fatal(err)
	}
	ap := netip.MustParseAddrPort
	want := []Row{
		{Table: TCP, State: "SYN-SENT", SendQ: 1, Local: ap("10.77.0.1:35016"), Remote: ap("10.77.0.2:80"),
			Inode: 9396, Cookie: "1", Owners: []Owner{{"python3", 11, 3}}},
		{Table: TCP, State: "LISTEN", RecvQ: 2, SendQ: 5, V6: true, Local: ap("[fe80::77]:60949"), Remote: ap("[::]:0"),
			Interface: "v0", Inode: 9397, UID: 65534, Cookie: "2f", V6Only: "1",
			Owners: []Owner{{"a", 11, 4}, {"b c", 12, 40}}},
		{Table: TCP, State: "LISTEN", SendQ: 128, V6: true, Local: ap("[::]:8080"), Remote: ap("[::]:0"),
			Inode: 5, Cookie: "3", Mark: 42, V6Only: "0"},
		{Table: TCP, State: "ESTAB", V6: true, Local: ap("127.0.0.1:8080"), Remote: ap("127.0.0.1:42454"),
			Inode: 9400, Cookie: "3"},
		{Table: TCP, State: "TIME-WAIT", Local: ap("0.0.0.0:3"), Remote: ap("127.0.0.1:4"), Interface: "lo", Cookie: "7"},
	}
	if diff := cmp.Diff(want, got, compareAddr, cmpopts.IgnoreFields(Row{}, "Extras")); diff != "" {
		t.Error(diff)
	}
	if value, ok := got[0].Extra("timer"); !ok || value != "(on,992ms,0)" {
		t.Errorf("timer %q, %v", value, ok)
	}
}

const sctpText = "ESTAB     0      0            127.0.0.1:54916    127.0.0.1:7002  ino:1862 sk:4 cgroup:/ <->\n" +
	"`- ESTAB  0      0         127.0.0.1%lo:54916    127.0.0.1:7002  ino:1862 sk:4 cgroup:/ <-> locals:127.0.0.1 state:ESTABLISHED\n" +
	"`- (null) 2      5         127.0.0.1:7003             0.0.0.0:*     ino:1864 sk:b\n"

func TestSCTP(t *testing.T) {
	got, err := Parse(strings.NewReader(sctpText), SCTP)
	if err != nil || len(got) != 3 || got[2].State != "(null)" || !got[2].Association || got[0].Association || !got[1].Association || got[1].Interface != "lo" || got[1].Inode != 1862 {
		t.Fatalf("%+v, %v", got, err)
	}
	if state, ok := got[1].Extra("state"); !ok || state != "ESTABLISHED" {
		t.Errorf("state %q, %v", state, ok)
	}
}

const unixText = `u_str ESTAB  3      0                   * 9407 * 9406 users:(("python3",pid=11,fd=14)) <->
u_dgr UNCONN 0      768    /tmp/a path  with 12 blanks 34 * 0    users:(("p",pid=11,fd=12)) --- ino:77 dev:0/37 peers:
u_str LISTEN 1      3      @a` + "\x1b[31m b\n\xff" + `@c 9404 * 0    users:(("x
y",pid=11,fd=11)) <-> peers: 9405
u_seq LISTEN 0      4      /s 1 * 0
`

func TestUnix(t *testing.T) {
	got, err := Parse(strings.NewReader(unixText), Unix)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Table: Unix, Netid: "u_str", State: "ESTAB", RecvQ: 3, Path: "*", Inode: 9407, PeerInode: 9406,
			Owners: []Owner{{"python3", 11, 14}}},
		{Table: Unix, Netid: "u_dgr", State: "UNCONN", SendQ: 768, Path: "/tmp/a path  with 12 blanks", Inode: 34,
			Owners: []Owner{{"p", 11, 12}}},
		{Table: Unix, Netid: "u_str", State: "LISTEN", RecvQ: 1, SendQ: 3, Path: "@a\x1b[31m b\n\xff@c", Inode: 9404,
			Owners: []Owner{{"x\ny", 11, 11}}},
		{Table: Unix, Netid: "u_seq", State: "LISTEN", SendQ: 4, Path: "/s", Inode: 1},
	}
	if diff := cmp.Diff(want, got, compareAddr); diff != "" {
		t.Error(diff)
	}
}

func TestRefuses(t *testing.T) {
	for _, text := range []string{
		"State Recv-Q Send-Q Local Peer",
		"ESTAB 0 0 127.0.0.1:1",
		"ESTAB x 0 127.0.0.1:1 127.0.0.1:2",
		"ESTAB 0 0 127.0.0.1 127.0.0.1:2",
		"ESTAB 0 0 127.0.0.1:1 127.0.0.1:70000",
		"ESTAB 0 0 127.0.0.1:1 localhost:2",
		"ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 ino:x",
		`ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 users:((nonsense))`,
	} {
		if rows, err := Parse(strings.NewReader(text), TCP); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", text, rows)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(tcpText, byte(TCP))
	f.Add(unixText, byte(Unix))
	f.Fuzz(func(t *testing.T, text string, table byte) {
		rows, err := Parse(strings.NewReader(text), Table(table))
		if err == nil && len(rows) > strings.Count(text, "\n")+1 {
			t.Errorf("%d rows of %q", len(rows), text)
		}
	})
}
