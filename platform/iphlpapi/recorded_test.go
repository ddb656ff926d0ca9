package iphlpapi

import (
	"bufio"
	"encoding/hex"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye/sock"
)

var (
	tcp4 = sock.Table{Protocol: sock.TCP, Family: sock.IPv4}
	tcp6 = sock.Table{Protocol: sock.TCP, Family: sock.IPv6}
	udp4 = sock.Table{Protocol: sock.UDP, Family: sock.IPv4}
	udp6 = sock.Table{Protocol: sock.UDP, Family: sock.IPv6}
)

var allTables = []sock.Table{tcp4, tcp6, udp4, udp6}

// recorded returns the tables that testdata/record.c wrote, by the name of
// their row.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	file, err := os.Open("testdata/tables.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tables := map[string][]byte{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, digits, _ := strings.Cut(lines.Text(), " ")
		b, err := hex.DecodeString(strings.TrimSpace(digits))
		if err != nil {
			t.Fatal(err)
		}
		tables[strings.Replace(name, "TABLE", "ROW", 1)] = b
	}
	if len(tables) != 13 {
		t.Fatalf("%d tables recorded, want 13: %v", len(tables), lines.Err())
	}
	return tables
}

// bound is what record.c puts into the first two rows.
var bound = time.Date(2026, 11, 20, 14, 3, 10, 123456700, time.UTC)

// wantRecorded returns the rows of record.c in a table with the given detail.
func wantRecorded(t sock.Table, d detail) []sock.Socket {
	want := make([]sock.Socket, 3)
	ends := [3][2]string{
		{"127.0.0.1:8080", ""}, {"10.0.0.5:8080", "192.0.2.7:51516"}, {"0.0.0.0:65535", "255.255.255.255:1"},
	}
	if t.Family == sock.IPv6 {
		ends = [3][2]string{
			{"[::]:8080", ""}, {"[fe80::5]:8080", "[fe80::9]:51516"}, {"10.0.0.5:65535", "192.0.2.7:1"},
		}
	}
	for i := range want {
		s := &want[i]
		s.Protocol, s.Family, s.State = t.Protocol, t.Family, sock.Unconnected
		s.Local, s.Known = netip.MustParseAddrPort(ends[i][0]), sock.FieldLocal
		if t.Protocol == sock.TCP {
			s.State = [...]sock.State{sock.Listen, sock.Established, sock.TimeWait}[i]
			if i > 0 {
				s.Remote, s.Known = netip.MustParseAddrPort(ends[i][1]), s.Known|sock.FieldRemote
			}
		}
		if t.Family == sock.IPv6 && i == 1 {
			s.IfIndex, s.Known = 12, s.Known|sock.FieldInterface
		}
		if d == ownerModule && i < 2 {
			s.Created, s.Known = bound, s.Known|sock.FieldCreated
		}
	}
	return want
}

// compare ignores what makes netip.AddrPort incomparable to go-cmp.
var compare = cmp.Options{cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.EquateEmpty()}

func TestRecordedTables(t *testing.T) {
	tables := recorded(t)
	for _, table := range allTables {
		for d := basic; d <= ownerModule; d++ {
			l, _ := layoutOf(table, d)
			t.Run(l.name, func(t *testing.T) {
				r, err := openTable(tables[l.name], table, l)
				if err != nil {
					t.Fatal(err)
				}
				var got []sock.Socket
				for i := range r.count {
					var s sock.Socket
					r.decode(r.at(i), &s)
					got = append(got, s)
					checkProcess(t, &r, i, d)
				}
				if diff := cmp.Diff(wantRecorded(table, d), got, compare); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// checkProcess checks the members that need a look-up.
func checkProcess(t *testing.T, r *rows, i int, d detail) {
	t.Helper()
	pid, told := r.processID(r.at(i))
	if want := [...]uint32{812, 70000, 0}[i]; d >= ownerPID && (!told || pid != want) || d == basic && told {
		t.Errorf("row %d: PID %d, told %v, want %d", i, pid, told, want)
	}
	info := r.moduleInfo(r.at(i))
	if (info != nil) != (d == ownerModule) {
		t.Errorf("row %d: module information is %d bytes", i, len(info))
	}
	if info != nil && (info[0] != byte(100*i) || info[15*8] != byte(100*i+15)) {
		t.Errorf("row %d: module information is that of something else: % x", i, info)
	}
}
