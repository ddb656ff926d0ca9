package filter

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestNoAllocation: a row costs no memory, whatever is compared.
func TestNoAllocation(t *testing.T) {
	f := mustParse(t, `not sport 1 and (addr in (::/64, 192.168.0.0/16, 10.0.0.9:51514) or uid 5)
		process ~ /^ngi/ cmdline ~ "--config" and process in (a, b, nginx) and pid > 1 and age > 1s and rtt > 1ms
		and (src unix:/run/[a-z]* or dst unix:* or cgroup ~ nginx) dev != eth0 fwmark 0x34/0xff netns blue state estab`)
	if !f.Match(&tcpConn) {
		t.Fatal("the filter does not reach its end")
	}
	unix := mustParse(t, "src unix:@12* and autobound and path = @12abf")
	if !unix.Match(&unixConn) {
		t.Fatal("the filter of unix sockets does not reach its end")
	}
	const missing = sock.FieldOwners | sock.ProcessFields
	if n := testing.AllocsPerRun(100, func() {
		f.Match(&tcpConn)
		f.Match(&mappedConn)
		f.CanMatch(&tcpConn, missing)
		unix.Match(&unixConn)
	}); n != 0 && !raced {
		t.Errorf("%v allocations", n)
	}
}

// TestParseMemory: what a text takes is a small multiple of its length, whatever
// stands in it. A condition of a few bytes is a few small objects, and that is
// what the factor leaves room for.
func TestParseMemory(t *testing.T) {
	const size, factor = 1 << 20, 400
	for name, unit := range map[string]string{
		"conditions": "v6only ", "alternatives": "uid 1 or ", "hosts": "src ::1 or ", "parentheses": "(", "pairs": "()",
		"nots": "!", "commas": ",", "states": "state all ", "words": "x", "quotes": `process "`, "escapes": `process \\\\\\\\`,
		"list": "uid in 1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9 or ", "slashes": "process ~ /a", "comments": "#\n",
		"regular expressions": "exe ~ a or ", "classes": `exe ~ /\pL/ or `, "repeats": "exe ~ /(a{30}){30}/ or ",
		"names": "dst db or ", "wrong names": "dst x or ", "ports": "sport login or ", "numbers": "uid 9", "digits": "9",
		"brackets": "src unix:[[:", "stars": "src unix:*a", "blanks": " ", "blanks in brackets": "( ", "bytes": "\xff", "zeros": "\x00",
	} {
		text := strings.Repeat(unit, size/len(unit)) + "uid 1"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := ParseText(text, testEnv())
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > factor*size {
			t.Errorf("%s: %d bytes for %d (%v, %v)", name, used, size, f.Empty(), err)
		} else {
			t.Logf("%s: %d times its length", name, used/size)
		}
	}
}

// TestLists: a long list of operands is searched, not walked, and stays right.
func TestLists(t *testing.T) {
	t.Parallel()
	var pids, names, hosts []string
	for i := range 5000 {
		pids = append(pids, decimal(uint64(10*i+2)))
		names = append(names, "u"+decimal(uint64(i)))
		hosts = append(hosts, "192.0.2."+decimal(uint64(i%256)))
	}
	list := func(field string, of []string) *Filter { return mustParse(t, field+" in ("+strings.Join(of, ",")+")") }
	for _, c := range []struct {
		f    *Filter
		s    *sock.Socket
		want bool
	}{
		{list("pid", pids), &tcpConn, true}, {list("fd", pids), &tcpConn, false},
		{list("user", names), &tcpConn, false}, {list("user", append(names, "www-data")), &tcpConn, true},
		{list("dst", hosts), &mappedConn, true}, {list("dst", hosts), &tcpConn, false},
		{list("process", append(names, "nginx")), &tcpConn, true},
	} {
		if got := c.f.Match(c.s); got != c.want {
			t.Errorf("a list of %d bytes: %v", len(c.f.String()), got)
		}
	}
}

// TestHostIndex: a list with an index matches what its hosts match one by one.
func TestHostIndex(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(propertySeed, 2))
	matched := 0
	for range 300 {
		var hosts []string
		for range indexedHosts + 1 {
			text, _ := randomHost(r)
			hosts = append(hosts, pick(r, text, text, text, "*%eth0:22"))
		}
		side := pick(r, "src", "dst", "addr")
		indexed := mustParse(t, side+" in ("+strings.Join(hosts, ",")+")")
		if indexed.Expr().(*HostCond).index == nil {
			t.Fatal("no index")
		}
		single := mustParse(t, side+" "+strings.Join(hosts, " or "+side+" "))
		for range 30 {
			s := randomSocket(r)
			m := single.Match(s)
			if m {
				matched++
			}
			if indexed.Match(s) != m {
				t.Fatalf("%s: %v for %s", indexed, !m, describe(s))
			}
		}
	}
	if matched < 1000 || matched > 8000 {
		t.Errorf("%d of 9000 matched: too easy", matched)
	}
}

func BenchmarkMatch(b *testing.B) {
	for name, text := range map[string]string{
		"port":    "dport = :443",
		"prefix":  "dst 192.168.0.0/16",
		"mixed":   "state established and (sport in (22, 80, 443) or dst 10.0.0.0/16) and not dst ::1",
		"process": "process = node",
		"regexp":  "process ~ /^nod/",
	} {
		f := mustParse(b, text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Match(&tcpConn)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	env := testEnv()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseText("state established and (sport in (22, 80, 443) or dst 10.0.0.0/16) and not dst ::1", env); err != nil {
			b.Fatal(err)
		}
	}
}
