package procnet

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/sock"
)

const (
	sctpEps = " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n" +
		" 4d85c59 4a9fa594 2   10  0    7001     33 10860 127.0.0.1 10.0.0.1 \n" +
		"9b7a5b53 2e073026 2   10  2    7003      0  1864 0000:0000:0000:0000:0000:0000:0000:0000 \n" +
		"9b7a5b54 2e073027 0   7   2    7009      0  1999 127.0.0.1 \n"
	sctpAssocs = " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n" +
		"1e057676 1332a252 2   1   3  0      13        5      332      33 10862 39781  7003  127.0.0.1 <-> *127.0.0.1 \t    7500    10    11   10    0    0        0        1        0   212992   212992\n" +
		"547884a8 d2a5424d 0   10  3  0       8        0        0       0  1860 7002  54916  127.0.0.1 <-> 10.0.0.9 *127.0.0.1 \t 7500 1 2 10 0 0 0 1 0 1 1\n" +
		"547884a9 d2a5424d 0   10  5  0       9        0        0       0  1860 7002  54917  127.0.0.1 <-> *127.0.0.1 \t 7500 1 2 10 0 0 0 1 0 1 1\n" +
		"e430f680 2e073026 2   10  3  0      12        0        0       0  1864 7003  47274  *127.0.0.1 0000:0000:0000:0000:0000:0000:0000:0001 <-> *0000:0000:0000:0000:0000:0000:0000:0001 127.0.0.1 \t 7500 10 10 10 0 0 0 1 0 1 1\n" +
		"e430f681 2e073026 2   10  9  0      12        0        0       0  0 7003  47275  127.0.0.1 <-> 127.0.0.1 \n"
)

// sctpText is a row in short.
func sctpText(s *sock.Socket) string {
	i := s.SCTPInfo
	in, _ := i.Get(sctpInStreams)
	return fmt.Sprintf("%s %s %v %v %d %d/%d %s in=%d %v %v %s", s.Family, s.State, s.Local, s.Remote, s.Inode, s.RecvQueue, s.SendQueue,
		sock.SCTPStateNames()[i.State], in, i.Locals, i.Peers, i.Primary)
}

func TestSCTPTables(t *testing.T) {
	env := treeWith(t, map[string]string{})
	dir := filepath.Join(env.Proc, "net", "sctp")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"eps": sctpEps, "assocs": sctpAssocs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	q := only(sock.SCTP, sock.IPv4)
	q.Families = sock.Families(sock.IPv4, sock.IPv6)
	q.States = sock.AllStates
	var got []string
	for _, phase := range []sock.StateSet{sock.AllStates, sock.States(sock.Listen), sock.AllStates &^ sock.ListeningStates} {
		q.States = phase
		rows, errs := list(t, env, q)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for _, s := range rows {
			got = append(got, sctpText(&s))
		}
		got = append(got, "")
	}
	listeners4 := "ipv4 LISTEN 127.0.0.1:7001 invalid AddrPort 10860 0/0  in=0 [127.0.0.1 10.0.0.1] [] "
	listeners6 := "ipv6 LISTEN [::]:7003 invalid AddrPort 1864 0/0  in=0 [::] [] "
	rest4 := []string{
		"ipv4 ESTABLISHED 127.0.0.1:39781 127.0.0.1:7003 10862 332/5 established in=10 [127.0.0.1] [127.0.0.1] 127.0.0.1",
		"ipv4 ESTABLISHED 127.0.0.1:7002 127.0.0.1:54916 1860 0/0 established in=1 [127.0.0.1] [10.0.0.9 127.0.0.1] 127.0.0.1",
		"ipv4 FIN_WAIT_2 127.0.0.1:7002 127.0.0.1:54917 1860 0/0 shutdown_sent in=1 [127.0.0.1] [127.0.0.1] 127.0.0.1",
		"ipv4 UNKNOWN 127.0.0.1:7003 127.0.0.1:47275 0 0/0  in=0 [127.0.0.1] [127.0.0.1] ",
	}
	rest6 := "ipv6 ESTABLISHED [::1]:7003 [::1]:47274 1864 0/0 established in=10 [127.0.0.1 ::1] [::1 127.0.0.1] ::1"
	var want []string
	want = append(append(append(want, listeners4), rest4...), listeners6, rest6, "")
	want = append(want, listeners4, listeners6, "")
	want = append(append(want, rest4...), rest6, "")
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// What is not understood is said, and the other file is read all the same.
	if err := os.WriteFile(filepath.Join(dir, "eps"), []byte("ENDPT \n1 2 x\n"+sctpEps), 0o644); err != nil {
		t.Fatal(err)
	}
	q.States, q.Families = sock.AllStates, sock.Families(sock.IPv4)
	rows, errs := list(t, env, q)
	if len(rows) != 5 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "eps: 2 lines not understood") {
		t.Errorf("%d rows, %v", len(rows), errs)
	}
	if err := os.Remove(filepath.Join(dir, "assocs")); err != nil {
		t.Fatal(err)
	}
	if rows, errs = list(t, env, q); len(rows) != 1 || len(errs) != 2 {
		t.Errorf("without associations: %d rows, %v", len(rows), errs)
	}
}

// FuzzSCTPTables: any text gives sound rows, one a line at most, and the same however it
// is cut.
func FuzzSCTPTables(f *testing.F) {
	f.Add(sctpEps, false)
	f.Add(sctpAssocs, true)
	f.Add("1 2 3 10 5 7 8 9 1.2.3.4%eth0\n1 <-> 2\n", false)
	f.Fuzz(func(t *testing.T, text string, v6 bool) {
		table := sock.Table{Protocol: sock.SCTP, Family: sock.IPv4}
		if v6 {
			table.Family = sock.IPv6
		}
		rows, errs := readBytes(t, table, []byte(text), binary.LittleEndian, readBuffer)
		if lines := strings.Count(text, "\n") + 1; len(rows) > lines || len(errs) > 1 {
			t.Errorf("%d rows of %d lines, errors %v", len(rows), lines, errs)
		}
		for _, s := range rows {
			if s.Family != table.Family || !s.Local.IsValid() || s.Local.Addr().Is4In6() || s.Knows(sock.FieldRemote) != s.Remote.IsValid() {
				t.Errorf("unsound row %+v", s)
			}
		}
		cut, _ := readBytes(t, table, []byte(text), binary.LittleEndian, 7)
		if len(cut) != len(rows) {
			t.Errorf("%d rows, cut in pieces %d", len(rows), len(cut))
		}
	})
}
