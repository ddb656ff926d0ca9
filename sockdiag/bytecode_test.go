package sockdiag

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
	"sockeye/sock/filter"
)

func parseFilter(t testing.TB, text string) *filter.Filter {
	t.Helper()
	f, err := filter.ParseText(text, testFilterEnv())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

var tcp4Table, tcp6Table = sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, sock.Table{Protocol: sock.TCP, Family: sock.IPv6}

// TestProgramBytes compares programs byte by byte with the structs of
// linux/inet_diag.h, written by hand for a little-endian machine. That of
// a prefix is what ss(8) sends; for a port alone it sends four bytes of address
// more, which the kernel does not look at.
func TestProgramBytes(t *testing.T) {
	if bigEndianHost {
		t.Skip("the bytes are those of a little-endian machine; TestCompile runs on any")
	}
	for text, want := range map[string]string{
		"dport = :22":    "080c1000 00000000 16000000",
		"dst 10.0.0.0/8": "08101400 02080000 ffffffff 0a000000",
		"dport > 1024":   "04080c00 00000104", // ss: LE and a jump
		"sport <= 1024":  "03080c00 00000004",
		"sport 20-30":    "02081400 00001400 03080c00 00001e00",
		"not sport 22":   "070c1000 00000000 16000000 01040800",
		"sport 1 or sport 2": "070c1000 00000000 01000000 01041000" +
			"070c1000 00000000 02000000",
		"dev eth1":          "09080c00 02000100",
		"fwmark 0x10/0xff":  "0a0c1000 10000000 ff000000",
		"cgroup /bc":        "0d0c1000 03000000 00000000",
		"uid 0 and sport 1": "070c1000 00000000 01000000",
	} {
		made, possible := testCompiler(tcp4Table, sock.AllStates, allInstructions).program(parseFilter(t, text))
		program := made.code
		if got := hex.EncodeToString(program); !possible || got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if !audit(program) {
			t.Errorf("%s: the kernel would refuse it", text)
		}
	}
}

// TestProgramOfParts: what the kernel cannot decide is left to the check, and
// what can match nothing is not asked for.
func TestProgramOfParts(t *testing.T) {
	listening := sock.ListeningStates
	for _, c := range []struct {
		text     string
		table    sock.Table
		states   sock.StateSet
		may      instructions
		program  bool
		possible bool
	}{
		{"uid 0", tcp4Table, sock.AllStates, allInstructions, false, true},
		{"uid 0 or sport 1", tcp4Table, sock.AllStates, allInstructions, false, true},
		{"uid 0 and sport 1", tcp4Table, sock.AllStates, allInstructions, true, true},
		{"not (uid 0 or sport 1)", tcp4Table, sock.AllStates, allInstructions, true, true},
		{"not (uid 0 and sport 1)", tcp4Table, sock.AllStates, allInstructions, false, true},
		{"dst ::1", tcp4Table, sock.AllStates, allInstructions, false, false},
		{"dst ::1 and uid 0", tcp4Table, sock.AllStates, allInstructions, false, false},
		{"dst ::1 or uid 0", tcp4Table, sock.AllStates, allInstructions, false, true},
		{"dst ::1", tcp6Table, sock.AllStates, allInstructions, true, true},
		{"protocol = udp", tcp4Table, sock.AllStates, allInstructions, false, false},
		{"dport 22", tcp4Table, listening, allInstructions, false, false},
		{"not dport 22", tcp4Table, listening, allInstructions, false, true},
		{"dport 22", tcp4Table, sock.States(sock.Bound), allInstructions, false, false},
		{"not dport 22", tcp4Table, sock.States(sock.Bound, sock.Established), allInstructions, false, true},
		{"not dport 22", tcp4Table, sock.States(sock.Established), allInstructions, true, true},
		{"state established and sport 1", tcp4Table, listening, allInstructions, false, false},
		{"state listening or sport 1", tcp4Table, listening, allInstructions, false, true},
		{"sport 1", sock.Table{Protocol: sock.Unix, Family: sock.FamilyUnix}, sock.AllStates, allInstructions, false, false},
		{"src unix:a", sock.Table{Protocol: sock.Unix, Family: sock.FamilyUnix}, sock.AllStates, allInstructions, false, true},
		{"dev lo", tcp4Table, sock.AllStates, basicInstructions, false, true},
		{"dev lo and sport 1", tcp4Table, sock.AllStates, basicInstructions, true, true},
		{"dev lo and sport 1", tcp4Table, sock.AllStates, noInstructions, false, true},
		{"dst 0.0.0.0/0", tcp4Table, sock.AllStates, allInstructions, false, true},
		{"src ::/0", tcp6Table, sock.AllStates, allInstructions, false, true},
		{"src 0.0.0.0/0", tcp6Table, sock.AllStates, allInstructions, true, true}, // v4-mapped ones
	} {
		compiler := testCompiler(c.table, c.states, c.may)
		made, possible := compiler.program(parseFilter(t, c.text))
		program := made.code
		if (len(program) > 0) != c.program || possible != c.possible {
			t.Errorf("%s in %v: program %x, possible %v", c.text, c.table, program, possible)
		}
	}
}

var programTables = []sock.Table{tcp4Table, tcp6Table,
	{Protocol: sock.UDP, Family: sock.IPv4}, {Protocol: sock.UDP, Family: sock.IPv6}}

// TestCompile: over random rows, a program lets through every row that the
// filter matches; and no other, if it has only conditions that the kernel
// decides and the row has a remote end with a port.
func TestCompile(t *testing.T) {
	r := rand.New(rand.NewPCG(20261121, 1))
	var tried, matched, dropped int
	for range 8000 {
		extras := r.IntN(2) == 0
		text := randomText(r, 3, extras)
		f := parseFilter(t, text)
		table := pick(r, programTables...)
		states := sock.AllStates &^ sock.States(sock.Bound)
		if extras {
			states = pick(r, sock.AllStates, sock.ListeningStates, sock.ConnectedStates, sock.States(sock.Established))
		}
		c := testCompiler(table, states, pick(r, allInstructions, allInstructions, basicInstructions, noInstructions))
		made, possible := c.program(f)
		program := made.code
		if len(program) > 0 && !audit(program) {
			t.Fatalf("%s: the kernel would refuse %x", text, program)
		}
		for range 20 {
			e, payload, _ := randomRow(r, table)
			s := decoded(t, table, payload)
			if !states.Has(s.State) {
				continue
			}
			passed := possible
			if len(program) > 0 {
				passed, _ = passes(program, e)
			}
			match := f.Match(s)
			tried++
			switch {
			case match && !passed:
				t.Fatalf("%s\nin %v: the program %x leaves out %+v", text, table, program, s)
			case match:
				matched++
			case !passed:
				dropped++
			case !extras && c.may == allInstructions && e.dport != 0 && e.ifIndex != 0 && s.State != sock.TimeWait:
				t.Fatalf("%s\nin %v: the program %x lets %+v through", text, table, program, s)
			}
		}
	}
	t.Logf("%d rows, %d matched, %d left out by programs", tried, matched, dropped)
	if matched < tried/10 || dropped < (tried-matched)/3 {
		t.Errorf("%d rows, %d matched, %d left out: too easy", tried, matched, dropped)
	}
}

// TestCompileForBothFamilies: a program that is made for both families is that of
// each, or says that they differ.
func TestCompileForBothFamilies(t *testing.T) {
	r := rand.New(rand.NewPCG(20261121, 2))
	same := 0
	for range 8000 {
		text := randomText(r, 3, r.IntN(2) == 0)
		f := parseFilter(t, text)
		states := pick(r, sock.AllStates, sock.ListeningStates, sock.ConnectedStates, sock.States(sock.Established))
		both := testCompiler(tcp4Table, states, allInstructions)
		both.families = sock.Families(sock.IPv4, sock.IPv6)
		made, possible := both.program(f)
		if made.differs {
			continue
		}
		same++
		for _, table := range []sock.Table{tcp4Table, tcp6Table} {
			one, possibleThere := testCompiler(table, states, allInstructions).program(f)
			if !bytes.Equal(one.code, made.code) || one.uses != made.uses || possibleThere != possible {
				t.Fatalf("%s\nboth: %x %v\n%v: %x %v", text, made.code, possible, table, one.code, possibleThere)
			}
		}
	}
	if same < 800 {
		t.Errorf("only %d filters of 8000 are the same for both families: too hard", same)
	}
}

// decoded is the record of a row, with the names that the platform adds.
func decoded(t testing.TB, table sock.Table, payload []byte) *sock.Socket {
	t.Helper()
	d := inetDecoder{protocol: table.Protocol}
	s := new(sock.Socket)
	if d.decode(payload, s) != understood {
		t.Fatalf("not understood: %x", payload)
	}
	nameInterface(s)
	return s
}

func nameInterface(s *sock.Socket) {
	for name, index := range randomNames {
		if s.Knows(sock.FieldInterface) && s.IfIndex == index {
			s.Interface = name
		}
	}
}

// TestProgramOfLongLists: a list too long for the kernel is left to the check of
// the row. What stands beside it is compared in the kernel all the same, and
// leaves out nothing that the filter matches.
func TestProgramOfLongLists(t *testing.T) {
	var ports, hosts []string
	for i := range 3000 {
		ports = append(ports, netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(20*i+3)).String()[len("0.0.0.0:"):])
		hosts = append(hosts, netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String())
	}
	list := "(" + strings.Join(ports, ",") + ")"
	hostList := "(" + strings.Join(hosts, ",") + ")"
	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{"sport in " + list, "not dport in " + list, "dst in " + hostList, "not src in " + hostList} {
		made, possible := testCompiler(tcp4Table, sock.ConnectedStates, allInstructions).program(parseFilter(t, text))
		if !possible || len(made.code) > 0 {
			t.Errorf("%.40s: a program of %d bytes", text, len(made.code))
		}
	}
	for _, text := range []string{"sport < 30000 and sport in " + list, "dst 10.1.0.0/16 and not src in " + hostList,
		"sport 5 and (" + strings.Repeat("dst 10.1.0.1 or src 10.1.0.2 or ", 500) + "dport 3)"} {
		f := parseFilter(t, text)
		made, possible := testCompiler(tcp4Table, sock.ConnectedStates, allInstructions).program(f)
		program := made.code
		if !possible || len(program) == 0 || len(program) > maxProgram || !audit(program) {
			t.Fatalf("%.40s: a program of %d bytes", text, len(program))
		}
		passed, matched := 0, 0
		for range 3000 {
			e := &kernelEntry{family: afInet, sport: uint16(r.IntN(65536)), dport: uint16(1 + r.IntN(65535)),
				saddr: netip.AddrFrom4([4]byte{10, byte(r.IntN(3)), byte(r.IntN(20)), byte(r.IntN(256))}),
				daddr: netip.AddrFrom4([4]byte{10, byte(r.IntN(3)), byte(r.IntN(20)), byte(r.IntN(256))})}
			row := inetRow{family: afInet, state: tcpEstablished, local: netip.AddrPortFrom(e.saddr, e.sport).String(),
				remote: netip.AddrPortFrom(e.daddr, e.dport).String()}
			pass, _ := passes(program, e)
			match := f.Match(decoded(t, tcp4Table, row.bytes()))
			if match && !pass {
				t.Fatalf("%.40s: leaves %+v out", text, e)
			}
			if pass {
				passed++
			}
			if match {
				matched++
			}
		}
		if passed == 3000 {
			t.Errorf("%.40s: everything passes, %d match", text, matched)
		}
	}
}
