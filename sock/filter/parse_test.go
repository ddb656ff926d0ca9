package filter

import (
	"context"
	"errors"
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
			return 0, errors.New("no such device")
		},
		CgroupID: func(path string) (uint64, error) {
			if strings.Contains(path, "missing") {
				return 0, errors.New("no such directory")
			}
			return uint64(len(path)), nil
		},
		AutoPorts: [2]uint16{32768, 60999},
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
	for text, want := range map[string]string{
		"":                   "",
		" \t\n ":             "",
		"dport = 443":        "remote_port = 443",
		"dport 443":          "remote_port = 443",
		"dport :443":         "remote_port = 443",
		"dport=443":          "remote_port = 443",
		"DPORT EQ 443":       "remote_port = 443",
		"dport == :ssh":      "remote_port = 22",
		"sport ssh":          "local_port = 22",
		"sport shell":        "local_port = 514",
		"sport login":        "local_port in (49, 513)",
		"sport ftp-data":     "local_port = 20",
		"port 0x16":          "port = 22",
		"sport != ssh":       "not local_port = 22",
		"sport ne 22":        "not local_port = 22",
		"sport neq 22":       "not local_port = 22",
		"sport > 1024":       "local_port >= 1025",
		"sport gt 1024":      "local_port >= 1025",
		"sport >= 1024":      "local_port >= 1024",
		"sport ge :1024":     "local_port >= 1024",
		"sport geq 1024":     "local_port >= 1024",
		"sport < 1024":       "local_port <= 1023",
		"sport lt 1024":      "local_port <= 1023",
		"sport <= 1024":      "local_port <= 1024",
		"sport le 1024":      "local_port <= 1024",
		"sport leq 1024":     "local_port <= 1024",
		"sport < 0":          "local_port < 0",
		"sport > 65535":      "local_port < 0",
		"sport >= 0":         "local_port >= 0",
		"sport = 70000":      "local_port = 70000",
		"sport > 70000":      "local_port = 70000",
		"sport < 70000":      "local_port >= 0",
		"sport 60000-70000":  "local_port >= 60000",
		"sport = *":          "local_address = *",
		"sport in (:22, 80)": "local_port in (22, 80)",

		"sport in(22,80,100-110)":          "local_port in (22, 80, 100-110)",
		"sport in 22,80, 100-110":          "local_port in (22, 80, 100-110)",
		"sport in 23,22,22-30,31":          "local_port in (22-31)",
		"sport not in 22,80":               "not local_port in (22, 80)",
		"not sport in 22":                  "not local_port = 22",
		"sport in (22, 70000)":             "local_port in (22, 70000)",
		"a_d_d_r = any":                    "!unknown word in the filter, did you mean addr?",
		"src 1.2.3.4 or dst 1.2.3.4 and v": "!unknown word in the filter",

		// precedence
		"sport 1 or sport 2 and sport 3":     "local_port = 1 or local_port = 2 and local_port = 3",
		"(sport 1 or sport 2) and sport 3":   "(local_port = 1 or local_port = 2) and local_port = 3",
		"sport 1 or sport 2 sport 3":         "local_port = 1 or local_port = 2 and local_port = 3",
		"not sport 1 and sport 2":            "not local_port = 1 and local_port = 2",
		"not (sport 1 and sport 2)":          "not (local_port = 1 and local_port = 2)",
		"! sport 1 | sport 2":                "not local_port = 1 or local_port = 2",
		"!!sport 1":                          "local_port = 1",
		"not not not sport 1":                "not local_port = 1",
		"not (not sport 1)":                  "local_port = 1",
		"not sport != 1":                     "local_port = 1",
		"sport 1 && sport 2 || sport 3":      "local_port = 1 and local_port = 2 or local_port = 3",
		"sport 1&sport 2|sport 3":            "local_port = 1 and local_port = 2 or local_port = 3",
		"((sport 1)and((sport 2)sport 3))":   "local_port = 1 and local_port = 2 and local_port = 3",
		"(sport=22)or(dport=22)":             "local_port = 22 or remote_port = 22",
		"Sport 1 AND NOT dport 2 Or v6only":  "local_port = 1 and not remote_port = 2 or v6only = true",
		"autobound !dport 22":                "autobound and not remote_port = 22",
		"not autobound dport 1":              "not autobound and remote_port = 1",
		"uid 1 or (uid 2 or uid 3) or uid 4": "uid = 1 or uid = 2 or uid = 3 or uid = 4",

		// states
		"state established":                    "state = ESTABLISHED",
		"state estab state LISTEN":             "state in (LISTEN, ESTABLISHED)",
		"state estab dport 22 state time-wait": "state in (ESTABLISHED, TIME_WAIT) and remote_port = 22",
		"state estab and state time-wait":      "state = ESTABLISHED and state = TIME_WAIT",
		"(state estab) state time-wait":        "state = ESTABLISHED and state = TIME_WAIT",
		"dport 22 state established":           "remote_port = 22 and state = ESTABLISHED",
		"state connected exclude time-wait":    "state in (SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK)",
		"exclude listening excl close":         "state in (UNKNOWN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT, BOUND)",
		"exclude all state syn-sent":           "state = SYN_SENT",
		"state all":                            "state = all",
		"all":                                  "state = all",
		"bucket":                               "state in (SYN_RECEIVED, TIME_WAIT)",
		"bucket exclude syn_rcvd":              "state = TIME_WAIT",
		"big exclude connected":                "state in (UNKNOWN, LISTEN, CLOSED, BOUND, UNCONNECTED)",
		"synchronized exclude bucket":          "state in (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK)",
		"state listen exclude listen":          "state = none",
		"state unconnected":                    "state in (CLOSED, UNCONNECTED)",
		"state close":                          "state in (CLOSED, UNCONNECTED)",
		"state closed":                         "state in (CLOSED, UNCONNECTED)",
		"state unconn":                         "state in (CLOSED, UNCONNECTED)",
		"state bound-inactive":                 "state = BOUND",
		"state bound":                          "state = BOUND",
		"state unknown":                        "state = UNKNOWN",
		"state syn-rcv":                        "state = SYN_RECEIVED",
		"state fin-wait1":                      "state = FIN_WAIT_1",
		"state = established":                  "state = ESTABLISHED",
		"state != listen":                      "not state = LISTEN",
		"state in (listen, unconn)":            "state in (LISTEN, CLOSED, UNCONNECTED)",
		"state not in bucket,listen":           "not state in (LISTEN, SYN_RECEIVED, TIME_WAIT)",
		"not state listen state bound":         "not state = LISTEN and state = BOUND",
		"not exclude listen":                   "not state in (UNKNOWN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT, CLOSED, BOUND, UNCONNECTED)",
		"state established or state listen":    "state = ESTABLISHED or state = LISTEN",
		"protocol tcp":                         "protocol = tcp",
		"proto in tcp,UDP":                     "protocol in (tcp, udp)",
		"family inet6":                         "family = ipv6",
		"af in (inet, link, unix)":             "family in (ipv4, unix, packet)",
		"type datagram":                        "type = dgram",
		"type in stream,seqpacket":             "type in (stream, seqpacket)",
		"owner_status != accept-queue":         "not owner_status = accept_queue",
		"timer on":                             "timer.name = on",
		"shutdown = both":                      "shutdown = both",
		"v6only":                               "v6only = true",
		"v6only no":                            "v6only = false",
		"v6only = yes":                         "v6only = true",
		"v6only != 0":                          "not v6only = false",
		"v6only in (true, false)":              "v6only in (false, true)",
		"v6only not dport 22":                  "v6only = true and not remote_port = 22",
		"fwmark 0x10":                          "mark = 0x10",
		"fwmark = 16/0xff":                     "mark = 0x10/0xff",
		"mark != 010/0377":                     "not mark = 0x8/0xff",
		"mark in 1,2/3":                        "mark in (0x1, 0x2/0x3)",
		"dev lo":                               "interface = lo",
		"dev != 3":                             "not interface = 3",
		"dev in lo,0":                          "interface in (lo, 0)",
		`dev "Ethernet 2"`:                     `interface = "Ethernet 2"`,
		"dev ~ /^veth/":                        "interface ~ /^veth/",
		"cgroup /sys/fs/cgroup/system.slice/a.service/": "cgroup = /system.slice/a.service",
		"cgroup = user.slice":                           "cgroup = /user.slice",
		"cgroup ~ user":                                 "cgroup ~ /user/",
		"netns blue":                                    "netns = blue",
		"netns = net:[4026531840]":                      "netns = 4026531840",
		"pid 812":                                       "pid = 812",
		"pid >= 10 pid < 20":                            "pid >= 10 and pid <= 19",
		"inode 0x10":                                    "inode = 16",
		"sk FF":                                         "cookie = 0xff",
		"cookie in 0x1,10":                              "cookie in (0x1, 0x10)",
		"process nginx":                                 "process = nginx",
		"process in (nginx, 'my app')":                  `process in ("my app", nginx)`,
		`process = "a\"b\\c\x0ad"`:                      `process = "a\"b\\c\x0ad"`,
		`process = 'a\x41b'`:                            `process = "a\\x41b"`,
		`process = "and"`:                               `process = "and"`,
		`exe = C:\Windows\x.exe`:                        `exe = "C:\\Windows\\x.exe"`,
		`process = \(sd-pam\)`:                          `process = "(sd-pam)"`,
		"comm = (x)":                                    "!comm needs a text to be compared with",
		"cmdline ~ /--config/":                          "cmdline ~ /--config/",
		"cmdline=~/a b/i":                               "cmdline ~ /(?i)a b/",
		"cmdline !~ /usr/bin/x/":                        `not cmdline ~ /usr\/bin\/x/`,
		`cmdline matches /a\/b\\/`:                      `cmdline ~ /a\/b\\/`,
		"cmdline not matches x.*y":                      "not cmdline ~ /x.*y/",
		"cmdline nomatch x":                             "not cmdline ~ /x/",
		`(cmdline ~ /a|(b)/)`:                           "cmdline ~ /a|(b)/",
		`cmdline ~ "a b/c"`:                             `cmdline ~ /a b\/c/`,
		"recv_queue > 10k":                              "recv_queue >= 10001",
		"recv-q >= 4MiB":                                "recv_queue >= 4194304",
		"sendq = 1.5KB":                                 "send_queue = 1500",
		"sendq < 0.3Ki":                                 "send_queue <= 307",
		"sendq = 0.3Ki":                                 "send_queue < 0",
		"sendq in 1k-2k,5":                              "send_queue in (5, 1000-2000)",
		"rtt > 50ms":                                    "tcp_info.rtt_us >= 50001us",
		"rtt >= 1.5s":                                   "tcp_info.rtt_us >= 1500000us",
		"rtt_us < 100":                                  "tcp_info.rtt_us <= 99us",
		"tcp_info.rtt_us <= 1500ns":                     "tcp_info.rtt_us <= 1us",
		"rtt > 1500ns":                                  "tcp_info.rtt_us >= 2us",
		"rtt >= 1500ns":                                 "tcp_info.rtt_us >= 2us",
		"rtt < 1500ns":                                  "tcp_info.rtt_us <= 1us",
		"rtt in 1ms-2ms":                                "tcp_info.rtt_us in (1000us-2000us)",
		"lastrcv":                                       "!unknown word in the filter",
		"last_data_recv > 1h30m":                        "tcp_info.last_data_recv_ms >= 5400001ms",
		"bytes_acked > 10k":                             "tcp_info.bytes_acked >= 10001",
		"pacing_rate > 1M/s":                            "tcp_info.pacing_rate_bytes_per_second >= 1000001",
		"age < 2h":                                      "age <= 7199999999999ns",
		"age >= 90":                                     "age >= 90000000000ns",
		"started_at >= 2026-11-20":                      "started_at >= @1795132800.000000000",
		"started = 2026-11-20T14:03:10Z":                "started_at in (@1795183390.000000000..@1795183390.999999999)",
		"started = '2026-11-20 14:03:10.5'":             "started_at = @1795183390.500000000",
		"started > 2026-11-20T14:03+01:00":              "started_at >= @1795179840.000000000",
		"started < 2026-11-20T14:03":                    "started_at <= @1795183379.999999999",
		"started in 2026-11-01..2026-11-20,@5":          "started_at in (@5.000000000..@5.999999999, @1793491200.000000000..@1795219199.999999999)",
		"expires < 10s":                                 "timer.expires_ms <= 9999999999ns",
		"expires > 10":                                  "timer.expires_ms >= 10000001ns",
		"congestion in bbr,cubic":                       "congestion in (bbr, cubic)",
		"local_path = @/tmp/.X11-unix/X0":               "local_path = @/tmp/.X11-unix/X0",
		"sport 1 # comment":                             "local_port = 1",
		"# c\nsport 1\n#d\n or sport 2 #":               "local_port = 1 or local_port = 2",
		"path = /a#b":                                   `local_path = "/a#b"`,
		"memory.drops > 0 mem_rmem_alloc > 1 rcvbuf > 2Ki": "memory.drops >= 1 and memory.rmem_alloc_bytes >= 2 and memory.rcvbuf_bytes >= 2049",
	} {
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
		"www.x.org:login": "in 192.0.2.7:49 192.0.2.7:513", "1.2.3.4:70000": "1.2.3.4:70000", "1.2.3.4:80-90": "1.2.3.4:80-90",
		"unix:/run/*": "unix:/run/*", "unix:": "unix:", "unix:@x?": "unix:@x?", `"unix:/a b"`: `"unix:/a b"`,
		"link:*:eth0": "link:*:eth0", "link:ip": "link:2048", "link:0x86dd:2": "link:34525:2", "link:": "link:*",
		"netlink:rtnl": "netlink:0", "netlink:genl:kernel": "netlink:16:0", "netlink:*:-4100": "netlink:*:4294963196", "netlink:audit:*": "netlink:9",
		"vsock:2:1024": "vsock:2:1024", "vsock:*:1024": "vsock:*:1024", "vsock::22": "vsock:*:22",
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
