package procnet

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

func flowOf(p sock.Protocol, from, to string) sock.Flow {
	return sock.Flow{Protocol: p, From: netip.MustParseAddrPort(from), To: netip.MustParseAddrPort(to)}
}

const tracked = `ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.9 sport=40112 dport=80 packets=3 bytes=164 src=10.0.0.2 dst=10.0.0.1 sport=8080 dport=40112 packets=2 bytes=112 [ASSURED] mark=0 zone=0 use=2
ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40113 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40113 [ASSURED] mark=0 use=1
ipv4     2 icmp     1 29 src=10.0.0.1 dst=10.0.0.9 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1
ipv6     10 udp      17 29 src=2001:db8::1 dst=2001:db8::9 sport=5353 dport=53 [UNREPLIED] src=fd00::2 dst=2001:db8::1 sport=53 dport=1053 mark=0 use=1
`

var translated = []sock.Translation{
	{Original: flowOf(sock.TCP, "10.0.0.1:40112", "10.0.0.9:80"), Reply: flowOf(sock.TCP, "10.0.0.2:8080", "10.0.0.1:40112")},
	{Original: flowOf(sock.UDP, "[2001:db8::1]:5353", "[2001:db8::9]:53"), Reply: flowOf(sock.UDP, "[fd00::2]:53", "[2001:db8::1]:1053")},
}

// TestTranslations: connections of protocols with ports whose addresses are changed are
// given, and what is not understood is said.
func TestTranslations(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		err  string
	}{
		"as the kernel prints them": {tracked, ""},
		"with a broken line":        {"ipv4 2 tcp 6 9 ESTABLISHED src=10.0.0.1 dst=10.0.0.9 sport=1 dport=2\n" + tracked, "1 line not understood, the first is line 1"},
		"with a long line":          {strings.Repeat("x", 2*readBuffer) + "\n" + tracked, "1 line not understood, the first is line 1"},
	} {
		var got []sock.Translation
		err := readTranslations(strings.NewReader(c.text), "nf_conntrack", func(tr *sock.Translation) { got = append(got, *tr) })
		if !slices.Equal(got, translated) {
			t.Errorf("%s: %+v", name, got)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTrackedLines(t *testing.T) {
	const addresses = "src=10.0.0.1 dst=10.0.0.9 src=10.0.0.2 dst=10.0.0.1"
	for line, want := range map[string][2]bool{
		"ipv4 2 tcp 6 " + addresses:                      {true, true},
		"ipv4 2 unknown 250 " + addresses:                {false, true},
		"ipv4 2 tcp six " + addresses:                    {false, false},
		"ipv4 2 tcp 6 " + addresses + " src=10.0.0.1":    {false, false},
		"ipv4 2 tcp 6 src=10.0.0.300 " + addresses:       {false, false},
		"ipv4 2 tcp 6 sport=65536 " + addresses:          {false, false},
		"ipv6 10 tcp 6 src=fe80::1%lo " + addresses[12:]: {false, false},
		"": {false, false},
	} {
		var tr sock.Translation
		if ported, ok := parseTracked([]byte(line), &tr); ported != want[0] || ok != want[1] {
			t.Errorf("%q: %v, %v, want %v", line, ported, ok, want)
		}
	}
}

// TestTracks: nothing is asked of connection tracking that has nothing to track.
func TestTracks(t *testing.T) {
	for text, want := range map[string]bool{"0\n": false, "12\n": true} {
		env := &sock.Environment{Proc: t.TempDir()}
		if Tracks(env) {
			t.Error("tracks without a count")
		}
		dir := filepath.Join(env.Proc, "sys/net/netfilter")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "nf_conntrack_count"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if Tracks(env) != want {
			t.Errorf("with a count of %q: %v", text, !want)
		}
		env.Namespace = barred{}
		if !Tracks(env) {
			t.Error("tracks nothing in a namespace that is not entered")
		}
	}
}

// barred is a namespace that cannot be entered.
type barred struct{ sock.Namespace }

func (barred) Do(func() error) error { return os.ErrPermission }

func FuzzTranslations(f *testing.F) {
	f.Add([]byte(tracked))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = readTranslations(strings.NewReader(string(text)), "nf_conntrack", func(tr *sock.Translation) {
			if !tr.Changes() || tr.Original.Protocol == sock.ProtocolUnknown || !tr.Original.From.Addr().IsValid() || !tr.Reply.To.Addr().IsValid() {
				t.Errorf("%+v", *tr)
			}
		})
	})
}
