package procnet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

const conntrackStat = "entries  clashres found new insert drop early_drop\n" +
	"00000003  00000000 00000001 00000000 00000000 0000000a 00000001\n" +
	"00000003  00000000 00000001 00000000 00000000 00000005 00000000\n"

const softnetStat = "0bfe6332 00000002 00000008 00000000 00000000 00000000\n00000001 00000001 00000009 00000000 00000000 00000000\n"

func TestReadRoom(t *testing.T) {
	env := kernelTree(t, map[string]string{
		"net/netfilter/nf_conntrack_count": "90\n", "net/netfilter/nf_conntrack_max": "100\n", "net/ipv4/tcp_fin_timeout": "60\n",
	})
	for name, text := range map[string]string{"softnet_stat": softnetStat, "stat/nf_conntrack": conntrackStat} {
		path := filepath.Join(env.Proc, "net", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k, failures := ReadRoom(env)
	if failures != nil {
		t.Errorf("failures: %v", failures)
	}
	known := func(n int64) sock.Amount { return sock.Amount{Value: n, Known: true} }
	if diff := cmp.Diff([]sock.Usage{
		{Protocol: sock.TCP, Name: "fin_timeout", Limit: known(60), Setting: "net.ipv4.tcp_fin_timeout"},
		{Name: "conntrack", Used: known(90), Limit: known(100), Setting: "net.netfilter.nf_conntrack_max"},
	}, k.Usage); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]int64{"nf_conntrack drop": 15, "nf_conntrack early_drop": 1, "softnet_stat dropped": 3, "softnet_stat time_squeeze": 17} {
		group, counter, _ := strings.Cut(name, " ")
		if got, there := Counters(k.Counters).Get(group, counter); got != want || !there {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	// Without the modules there is nothing to tell, and nothing has failed.
	k, failures = ReadRoom(kernelTree(t, nil))
	if failures != nil || len(k.Counters) > 0 || k.Usage[1].Used.Known || k.Usage[1].Limit.Known {
		t.Errorf("%+v, %v", k, failures)
	}
}

func TestParseHexCountersRefuses(t *testing.T) {
	for _, text := range []string{"a b\n1\n", "a b\n1 2 3\n", "a b\n1 x\n", "a\n100000000\n"} {
		if all, err := parseConntrackStat(strings.NewReader(text)); err == nil {
			t.Errorf("%q is %v", text, all)
		}
	}
	for _, text := range []string{"1 2\n", "1 2 x\n", "1 2 3\n4 5\n"} {
		if all, err := parseSoftnet(strings.NewReader(text)); err == nil {
			t.Errorf("%q is %v", text, all)
		}
	}
}

func TestParsePorts(t *testing.T) {
	for text, want := range map[string][][2]uint16{
		"\n": nil, "": nil, "8080\n": {{8080, 8080}}, "8080,9148-9200,65535\n": {{8080, 8080}, {9148, 9200}, {65535, 65535}},
	} {
		if got, err := parsePorts(strings.NewReader(text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{",", "1,", "x", "65536", "9-8", "1-", "-1", "1-2-3"} {
		if got, err := parsePorts(strings.NewReader(text)); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	var odd []string
	for port := 1; port < 1<<16; port += 2 {
		odd = append(odd, fmt.Sprint(port))
	}
	if got, err := parsePorts(strings.NewReader(strings.Join(odd, ",") + "\n")); err != nil || len(got) != len(odd) {
		t.Errorf("%d of %d, %v", len(got), len(odd), err)
	}
}

const rawText = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n" +
	"  93: 00000000:00FF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 208545087 2 00000000bc7590fd 0\n" +
	" 196: 00000000:0011 00000000:0000 07 00000000:00001400 00:00000000 00000000     0        0 208545086 2 0000000034e7fa3d 900\n"

func TestParseRawDrops(t *testing.T) {
	got, err := parseRawDrops(strings.NewReader(rawText))
	if diff := cmp.Diff(Counters{counter("raw_drops", "255/208545087", 0), counter("raw_drops", "17/208545086", 900)}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for _, cut := range []string{rawText[:150], strings.Replace(rawText, "0:0011", "0:x", 1), strings.Replace(rawText, " 900", " x", 1)} {
		if all, err := parseRawDrops(strings.NewReader(cut)); err == nil {
			t.Errorf("%q is %v", cut, all)
		}
	}
}

const limitsText = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
`

// TestOpenFiles: how many a process has, told by the size or counted, beside its limit.
func TestOpenFiles(t *testing.T) {
	open, most, err := At("/proc").OpenFiles(os.Getpid())
	if err == nil && (open < 3 || most < open) {
		t.Errorf("%d of %d", open, most)
	} else if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "7", "fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "7", "limits"), []byte(limitsText), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, most, err := At(root).OpenFiles(7); err != nil || most != 1024 {
		t.Errorf("%d, %v", most, err)
	}
	if _, _, err := At(root).OpenFiles(8); err == nil {
		t.Error("a process that is not there has files")
	}
	for text, want := range map[string]int64{"Max open files unlimited unlimited files\n": -1, "Max open files 5 9 files": 5} {
		if got, err := parseOpenFilesLimit(text); err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Max open files\n", "Max open files x\n"} {
		if got, err := parseOpenFilesLimit(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// FuzzRoom: any text gives numbers or an error.
func FuzzRoom(f *testing.F) {
	for _, text := range []string{conntrackStat, softnetStat, rawText, limitsText, "8080,9148-9200\n", "1-,2", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(*strings.Reader) (Counters, error){
			func(r *strings.Reader) (Counters, error) { return parseConntrackStat(r) },
			func(r *strings.Reader) (Counters, error) { return parseSoftnet(r) },
			func(r *strings.Reader) (Counters, error) { return parseRawDrops(r) },
		} {
			all, _ := parse(strings.NewReader(text))
			for _, c := range all {
				if c.Name == "" && c.Group == rawGroup || len(all) > maxCounters {
					t.Errorf("%+v", c)
				}
			}
		}
		ranges, err := parsePorts(strings.NewReader(text))
		for _, r := range ranges {
			if r[0] > r[1] {
				t.Errorf("%v, %v", r, err)
			}
		}
		if n, err := parseOpenFilesLimit(text); err == nil && n < 0 && !strings.Contains(text, "unlimited") && !strings.Contains(text, "-") {
			t.Errorf("%d", n)
		}
	})
}
