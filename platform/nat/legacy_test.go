package nat

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// recorded are what IPT_SO_GET_INFO and, behind it, IPT_SO_GET_ENTRIES told on amd64 of
// the rules of likeDocker.
var recorded = []struct {
	file                            string
	layout                          layout
	family, a, bare, b, d, bitsOfIP string
}{
	{"testdata/iptables-legacy.bin", layout4, "ipv4", "192.0.2.1", "172.17.0.2", "172.17.0.2", "172.17.0.3", "32"},
	{"testdata/ip6tables-legacy.bin", layout6, "ipv6", "2001:db8::1", "fd00::2", "[fd00::2]", "[fd00::3]", "128"},
}

// legacyForwards reads a recording.
func legacyForwards(data []byte, l layout, local localTest) ([]sock.Forward, error) {
	begins, size, err := parseInfo(data, binary.LittleEndian)
	if err != nil || int(size) != len(data)-infoSize {
		return nil, fmt.Errorf("%d bytes: %w", size, errEntries)
	}
	rules, err := parseLegacy(data[infoSize:], l, begins, binary.LittleEndian)
	if err != nil {
		return nil, err
	}
	var all []sock.Forward
	for _, hook := range []int{0, 3} {
		w := walk{rules: rules, by: "iptables", family: l.family, local: local, outgoing: hook == 3}
		w.chain(fmt.Sprint(begins[hook]), match{family: l.family}, 0)
		all = append(all, w.forwards...)
	}
	return once(all), nil
}

func TestLegacy(t *testing.T) {
	for _, r := range recorded {
		data, err := os.ReadFile(r.file)
		if err != nil {
			t.Fatal(err)
		}
		local := func(p netip.Prefix) bool { return p.Contains(netip.MustParseAddr(r.a)) }
		all, err := legacyForwards(data, r.layout, local)
		if err != nil {
			t.Fatal(err)
		}
		want := likeDockerTold("iptables", r.family, r.a, r.b, r.bare, r.d, r.bitsOfIP)
		if diff := cmp.Diff(want, told(all)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.file, diff)
		}
		for n := range data { // cut off
			if _, err := legacyForwards(data[:n], r.layout, local); err == nil {
				t.Errorf("%s: %d of %d bytes are whole", r.file, n, len(data))
			}
		}
	}
}

func FuzzLegacy(f *testing.F) {
	for i, r := range recorded {
		data, err := os.ReadFile(r.file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, i == 1)
	}
	f.Fuzz(func(t *testing.T, data []byte, six bool) {
		l := layout4
		if six {
			l = layout6
		}
		begins, _, err := parseInfo(data, binary.LittleEndian)
		if err != nil {
			return
		}
		rules, err := parseLegacy(data[infoSize:], l, begins, binary.LittleEndian)
		if err != nil {
			return
		}
		w := walk{rules: rules, by: "iptables", family: l.family, local: func(netip.Prefix) bool { return true }}
		for chain := range rules {
			w.chain(chain, match{}, 0)
		}
		for _, forward := range w.forwards {
			if forward.First > forward.Last {
				t.Errorf("%+v", forward)
			}
		}
	})
}

// likeDockerTold is what those rules come to.
func likeDockerTold(by, family, a, b, bare, d, bits string) []string {
	lines := []string{
		by + " tcp " + family + " any 30080-30080 -> " + b + ":81 partly",
		by + " tcp " + family + " any 30080-30080 -> " + d + ":81",
		by + " tcp " + family + " any 7000-7010 -> here:7000",
		by + " tcp " + family + " any 2222-2222 -> " + b + ":22 partly",
		by + " tcp " + family + " any 8080-8080 -> " + b + ":80",
		by + " tcp " + family + " any 9000-9000 -> " + b + ":90",
		by + " tcp " + family + " any 9100-9102 -> " + b + ":90",
		by + " udp " + family + " " + a + "/" + bits + " 5353-5353 -> " + b + ":0",
	}
	slices.Sort(lines)
	return lines
}

// told shows forwards, sorted, each as a line.
func told(all []sock.Forward) (lines []string) {
	for _, f := range all {
		to := "any"
		if f.Address.IsValid() {
			to = f.Address.String()
		}
		target := f.Target.String()
		if !f.Target.IsValid() {
			target = fmt.Sprint("here:", f.Target.Port())
		}
		line := fmt.Sprintf("%s %v %v %s %d-%d -> %s", f.By, f.Protocol, f.Family, to, f.First, f.Last, target)
		if f.Partly {
			line += " partly"
		}
		if f.Outgoing {
			line += " outgoing"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}
