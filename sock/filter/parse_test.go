package filter

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// testNow is the clock of the tests; it stands still.
var testNow = time.Date(2026, 11, 20, 16, 14, 10, 0, time.UTC)

// testEnv knows a few names and asks no system.
func testEnv() Env {
	hosts := map[string][]string{
		"db":        {"10.1.1.1", "::ffff:10.1.1.2", "2001:db8::1"},
		"www.x.org": {"192.0.2.7"},
	}
	ports := map[string][]uint16{"ssh": {22}, "http": {80}, "shell": {514, 514}, "login": {513, 49}, "ftp-data": {20}}
	links := map[string]uint32{"lo": 1, "eth0": 2, "elsewhere": 0, "Ethernet 2": 7}
	return Env{
		LookupHost: func(_ context.Context, name string) ([]netip.Addr, error) {
			var addrs []netip.Addr
			for _, a := range hosts[name] {
				addrs = append(addrs, netip.MustParseAddr(a))
			}
			if addrs == nil {
				return nil, errors.New("no such host")
			}
			return addrs, nil
		},
		LookupPort: func(name string) ([]uint16, error) {
			if ports[name] == nil {
				return nil, errors.New("unknown")
			}
			return ports[name], nil
		},
		InterfaceIndex: func(name string) (uint32, error) {
			if index, ok := links[name]; ok {
				return index, nil
			}
			return 0, fs.ErrNotExist
		},
		CgroupID: func(path string) (uint64, error) {
			if strings.Contains(path, "missing") {
				return 0, &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
			}
			return uint64(len(path)), nil
		},
		AutoPorts: func() [2]uint16 { return [2]uint16{32768, 60999} },
		Now:       func() time.Time { return testNow },
	}
}

func mustParse(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := ParseText(text, testEnv())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

// TestParse compares what texts are read as, in the one spelling that the
// printer has for each expression.
func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range parseTable {
		f, err := ParseText(text, testEnv())
		if wantErr, ok := strings.CutPrefix(want, "!"); ok {
			if err == nil || !strings.HasPrefix(err.Error(), wantErr) {
				t.Errorf("%q: error %v, want %s", text, err, wantErr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
		again, err := ParseText(f.String(), testEnv())
		if err != nil {
			t.Errorf("%q prints as %q: %v", text, f, err)
		} else if diff := compareFilters(f, again); diff != "" {
			t.Errorf("%q prints as %q, another expression: %s", text, f, diff)
		}
	}
}

// TestHosts compares what HOSTs are read as.
func TestHosts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "1.2.3.4:80": "1.2.3.4:80", "1.2.3.4:http": "1.2.3.4:80", "1.2.3.4:*": "1.2.3.4",
		"10/8": "10.0.0.0/8", "10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "172.16/12:22": "172.16.0.0/12:22",
		"10": "10.0.0.0", "10.0.0.1/255.255.255.0": "10.0.0.0/24", "0.0.0.0/0": "0.0.0.0/0",
		"fe80::1": "[fe80::1]", "FE80::1": "[fe80::1]", "fe80::1%eth0": "[fe80::1]%eth0", "fe80::1%2": "[fe80::1]%2",
		"[fe80::1%eth0]:22": "[fe80::1]%eth0:22", "[fe80::1]%eth0:22": "[fe80::1]%eth0:22", "fe80::1%eth0:22": "[fe80::1]%eth0:22",
		"::": "[::]", "::1": "[::1]", "[::1]": "[::1]", "[::1]:22": "[::1]:22", "[::1]:ssh": "[::1]:22",
		"fec0:42::/32": "[fec0:42::]/32", "[fec0:42::]/32": "[fec0:42::]/32", "[fec0:42::]/32:22": "[fec0:42::]/32:22",
		"[fec0:42::/32]:22": "[fec0:42::]/32:22", "fec0:42::/32:22": "[fec0:42::]/32:22", "::1/128:22": "[::1]:22",
		"fec0:42::1/32": "[fec0:42::]/32", "::/0": "[::]/0", "[fe80::%eth0/10]": "[fe80::]%eth0/10", "[fe80::/10%eth0]": "[fe80::]%eth0/10",
		"::ffff:1.2.3.4": "[::ffff:1.2.3.4]", "::ffff:0:0/96": "[::ffff:0.0.0.0]/96", "::ffff:1.2.3.4/120": "[::ffff:1.2.3.0]/120",
		"*": "*", "any": "*", "ALL": "*", "default": "*", "*:*": "*", "*%lo": "*%lo", "*%lo:53": "*%lo:53", "127.0.0.53%lo:53": "127.0.0.53%lo:53",
		"inet:*": "inet:*", "inet:1.2.3.4": "inet:1.2.3.4", "inet::22": "inet:*:22", "inet6:*:22": "inet6:*:22", "inet6:fe80::1": "inet6:[fe80::1]",
		"db": "in 10.1.1.1 10.1.1.2 [2001:db8::1]", "inet6:db": "inet6:[2001:db8::1]", "inet:db:22": "in inet:10.1.1.1:22 inet:10.1.1.2:22",
		"www.x.org:login": "in 192.0.2.7:49 192.0.2.7:513", "1.2.3.4:70000": "1.2.3.4:65536", "1.2.3.4:80-90": "1.2.3.4:80-90",
		"unix:/run/*": "unix:/run/*", "unix:": "unix:", "unix:@x?": "unix:@x?", `"unix:/a b"`: `"unix:/a b"`,
		"link:*:eth0": "link:*:eth0", "link:ip": "link:ip", "link:0x86dd:2": "link:0x86dd:2", "link:": "link:*",
		"netlink:rtnl": "netlink:rtnl", "netlink:genl:kernel": "netlink:genl:kernel", "netlink:*:-4100": "netlink:*:-4100", "netlink:*:*": "netlink:*",
		"vsock:2:1024": "vsock:2:1024", "vsock:*:1024": "vsock:*:1024", "vsock::22": "vsock::22",
	} {
		wantText := "local_address = " + want
		if list, ok := strings.CutPrefix(want, "in "); ok {
			wantText = "local_address in (" + strings.ReplaceAll(list, " ", ", ") + ")"
		}
		f, err := ParseText("src "+text, testEnv())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if f.String() != wantText {
			t.Errorf("%s is %s, want %s", text, f, wantText)
		}
		again := mustParse(t, f.String())
		if diff := compareFilters(f, again); diff != "" {
			t.Errorf("%s prints as %q, another expression: %s", text, f, diff)
		}
	}
}

// TestWords: a shell takes quotes away, so a word with blanks is one operand
// where text is expected, and words of the language elsewhere.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words []string
		want  string
	}{
		{nil, ""},
		{[]string{}, ""},
		{[]string{""}, ""},
		{[]string{"dport", "=", "443"}, "remote_port = 443"},
		{[]string{"dport = 443 and state established"}, "remote_port = 443 and state = ESTABLISHED"},
		{[]string{"dport = 443", "or", "sport 22"}, "remote_port = 443 or local_port = 22"},
		{[]string{"process", "=", "my app"}, `process = "my app"`},
		{[]string{"process", "my app", "sport", "22"}, `process = "my app" and local_port = 22`},
		{[]string{"process", "in", "my app"}, `process = "my app"`},
		{[]string{"cmdline", "~", "/a b/"}, "cmdline ~ /a b/"},
		{[]string{"cmdline", "~", "a b"}, "cmdline ~ /a b/"},
		{[]string{"cmdline", "~", "/a", "b/"}, "cmdline ~ /a b/"},
		{[]string{"src", "unix:/tmp/my sock"}, `local_address = "unix:/tmp/my sock"`},
		{[]string{"src", "10.0.0.1 or sport 22"}, "local_address = 10.0.0.1 or local_port = 22"},
		{[]string{"(", "dport", "22", ")"}, "remote_port = 22"},
		{[]string{"process", "=", "'my app'"}, `process = "'my app'"`},
		{[]string{"sport", "1", "#", "x"}, "!unknown word"},
	} {
		f, err := Parse(c.words, testEnv())
		if wantErr, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil {
				t.Errorf("%q: no error, want %s", c.words, wantErr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.words, err)
		} else if f.String() != c.want {
			t.Errorf("%q is %s, want %s", c.words, f, c.want)
		}
	}
}
