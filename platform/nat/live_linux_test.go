package nat

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/test/population"
)

func TestMain(m *testing.M) {
	population.RunHelper()
	os.Exit(m.Run())
}

// command runs a program that must succeed.
func command(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// read reads the rules of the namespace of the test, whose addresses are 192.0.2.1 and
// 2001:db8::1.
func read(t *testing.T) []string {
	t.Helper()
	all, err := Read("/proc", []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")})
	if err != nil {
		t.Fatal(err)
	}
	return told(all)
}

// likeDocker are rules as docker, the port maps of CNI, and kube-proxy make them.
var likeDocker = []string{
	"-N DOCKER", "-N KUBE-SVC", "-N KUBE-SEP-1", "-N KUBE-SEP-2",
	"-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
	"-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER",
	"-A DOCKER -i docker0 -j RETURN",
	"-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination @B:80",
	"-A DOCKER -d @A ! -i docker0 -p udp --dport 5353 -j DNAT --to-destination @B",
	"-A DOCKER -p tcp -m multiport --dports 9000,9100:9102 -m comment --comment some -j DNAT --to-destination @B:90",
	"-A PREROUTING -d @C -p tcp --dport 443 -j DNAT --to-destination @B:8443",
	"-A PREROUTING -s @C -p tcp --dport 2222 -j DNAT --to-destination @B:22",
	"-A PREROUTING -p tcp --dport 7000:7010 -j REDIRECT --to-ports 7000",
	"-A PREROUTING -p tcp --dport 30080 -j KUBE-SVC",
	"-A KUBE-SVC -m statistic --mode random --probability 0.5 -j KUBE-SEP-1",
	"-A KUBE-SVC -j KUBE-SEP-2",
	"-A KUBE-SEP-1 -p tcp -j DNAT --to-destination @B:81",
	"-A KUBE-SEP-2 -p tcp -j DNAT --to-destination @D:81",
	"-A POSTROUTING -p tcp --dport 1 -j MASQUERADE",
}

// TestIptables reads what iptables writes, in either of its forms and for both families.
func TestIptables(t *testing.T) {
	if !population.Alone(t, "iptables-nft", "iptables-legacy") {
		return
	}
	for _, test := range []struct{ program, by, family, a, b, c, d, bits string }{
		{"iptables-nft", "nftables", "ipv4", "192.0.2.1", "172.17.0.2", "198.51.100.7", "172.17.0.3", "32"},
		{"ip6tables-nft", "nftables", "ipv6", "2001:db8::1", "fd00::2", "2001:db8:1::7", "fd00::3", "128"},
		{"iptables-legacy", "iptables", "ipv4", "192.0.2.1", "172.17.0.2", "198.51.100.7", "172.17.0.3", "32"},
		{"ip6tables-legacy", "iptables", "ipv6", "2001:db8::1", "fd00::2", "2001:db8:1::7", "fd00::3", "128"},
	} {
		end := test.b
		if test.family == "ipv6" {
			end = "[" + test.b + "]"
		}
		d := strings.Replace(end, test.b, test.d, 1)
		for _, rule := range likeDocker {
			target := end
			if !strings.Contains(rule, "@B:") {
				target = test.b
			}
			rule = strings.NewReplacer("@A", test.a, "@B", target, "@C", test.c, "@D", d).Replace(rule)
			command(t, test.program+" -t nat "+rule)
		}
		command(t, test.program+" -t nat -A OUTPUT -p tcp --dport 4003 -j DNAT --to-destination "+end+":43")
		want := append(likeDockerTold(test.by, test.family, test.a, end, test.b, d, test.bits), test.by+" tcp "+test.family+" any 4003-4003 -> "+end+":43 outgoing")
		slices.Sort(want)
		if diff := cmp.Diff(want, read(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.program, diff)
		}
		command(t, test.program+" -t nat -F")
		if left := read(t); len(left) > 0 {
			t.Errorf("%s: without rules there is %v", test.program, left)
		}
	}
}

// nftRules are rules of nftables itself, with sets and maps, as podman's netavark and
// kube-proxy make them.
const nftRules = `
table inet pods {
	set public { type inet_service; flags interval; elements = { 8000-8009, 8443 } }
	map ports { type inet_proto . inet_service : ipv4_addr . inet_service; elements = { tcp . 30080 : 10.88.0.4 . 80, udp . 30053 : 10.88.0.5 . 53 } }
	map services { type inet_proto . inet_service : verdict; elements = { tcp . 31000 : goto svc } }
	chain svc {
		numgen random mod 2 vmap { 0 : goto one, 1 : goto two }
	}
	chain one { meta nfproto ipv4 meta l4proto tcp dnat ip to 10.88.0.6:81; }
	chain two { meta nfproto ipv4 meta l4proto tcp dnat ip to 10.88.0.7:81; }
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump local
		ip daddr 198.51.100.7 tcp dport 443 dnat ip to 10.88.0.9:443
	}
	chain output {
		type nat hook output priority -100; policy accept;
		fib daddr type local jump local
		tcp dport 4003 dnat ip to 10.88.0.8:43
		ip daddr != 127.0.0.0/8 tcp dport 4001 dnat ip to 10.88.0.8:41
	}
	chain local {
		ip daddr 192.0.2.1 tcp dport 8080 dnat ip to 10.88.0.2:80
		ip6 daddr 2001:db8::/32 tcp dport 8081 dnat ip6 to [fd00::2]:80
		tcp dport @public redirect to :9000
		tcp dport { 9100, 9200 } dnat ip to 10.88.0.3
		udp dport 5000-5009 dnat ip to 10.88.0.3:5000-5009
		meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports
		meta l4proto . th dport vmap @services
		iifname "eth1" tcp dport 4000 dnat ip to 10.88.0.8:40
		iifname != "podman0" tcp dport 4001 counter dnat ip to 10.88.0.8:41
		ip protocol tcp ip saddr 10.0.0.0/8 tcp dport 4002 dnat ip to 10.88.0.8:42
		tcp dport >= 65000 dnat ip to 10.88.0.8:43
		ip protocol icmp dnat ip to 10.88.0.8
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.88.0.0/16 masquerade
	}
}
table ip filter {
	chain input { type filter hook input priority 0; policy accept; tcp dport 22 accept; }
}
`

// TestNftables reads what nft writes.
func TestNftables(t *testing.T) {
	if !population.Alone(t, "nft") {
		return
	}
	file := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(file, []byte(nftRules), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "nft -f "+file)
	want := []string{
		"nftables tcp ipv4 192.0.2.1/32 8080-8080 -> 10.88.0.2:80",
		"nftables tcp ipv6 2001:db8::/32 8081-8081 -> [fd00::2]:80",
		"nftables tcp unknown any 8000-8009 -> here:9000",
		"nftables tcp unknown any 8443-8443 -> here:9000",
		"nftables tcp ipv4 any 9100-9100 -> 10.88.0.3:0",
		"nftables tcp ipv4 any 9200-9200 -> 10.88.0.3:0",
		"nftables udp ipv4 any 5000-5009 -> 10.88.0.3:0",
		"nftables tcp ipv4 any 30080-30080 -> 10.88.0.4:80",
		"nftables udp ipv4 any 30053-30053 -> 10.88.0.5:53",
		"nftables tcp ipv4 any 31000-31000 -> 10.88.0.6:81 partly",
		"nftables tcp ipv4 any 31000-31000 -> 10.88.0.7:81 partly",
		"nftables tcp ipv4 any 4000-4000 -> 10.88.0.8:40 partly",
		"nftables tcp ipv4 any 4001-4001 -> 10.88.0.8:41",
		"nftables tcp ipv4 any 4002-4002 -> 10.88.0.8:42 partly",
		"nftables tcp ipv4 any 65000-65535 -> 10.88.0.8:43",
		"nftables tcp ipv4 any 4003-4003 -> 10.88.0.8:43 outgoing",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, read(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	command(t, "nft flush ruleset")
	if left := read(t); len(left) > 0 {
		t.Errorf("without rules there is %v", left)
	}
}
