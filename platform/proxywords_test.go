package platform

import (
	"net/netip"
	"strings"
	"testing"

	"sockeye/sock"
)

// proxyListener is a listener of a proxy at a port.
func proxyListener(p sock.Protocol, port uint16) *sock.Socket {
	return &sock.Socket{Protocol: p, Family: sock.IPv4, State: sock.Listen, Known: sock.FieldLocal,
		Local: netip.AddrPortFrom(netip.IPv4Unspecified(), port)}
}

// TestProxyWords reads command lines as the programs are started by docker 20.10,
// docker 28, podman 4 and podman 5.
func TestProxyWords(t *testing.T) {
	end := netip.MustParseAddrPort
	atPort := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.Addr{}, port) }
	for _, test := range []struct {
		line     string
		protocol sock.Protocol
		port     uint16
		want     lead
	}{
		{"docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80", sock.TCP, 8080, lead{target: end("172.17.0.2:80")}},
		{"docker-proxy -proto tcp -host-ip :: -host-port 8080 -container-ip fd00::2 -container-port 80 -use-listen-fd", sock.TCP, 8080, lead{target: end("[fd00::2]:80")}},
		{"docker-proxy --container-ip=172.17.0.2 --container-port=80", sock.TCP, 8080, lead{target: end("172.17.0.2:80")}},
		{"pasta --config-net -t 8080-8081:80-81,9000 -u none --netns /run/user/1000/netns/netns-5f", sock.TCP, 8081, lead{file: "/run/user/1000/netns/netns-5f", target: atPort(81)}},
		{"passt.avx2 -t 127.0.0.1/8080-8080:80-80 -t 443-443:8443-8443 --netns /n", sock.TCP, 443, lead{file: "/n", target: atPort(8443)}},
		{"pasta -t 53:5300 -u 53:5353 --netns /n", sock.UDP, 53, lead{file: "/n", target: atPort(5353)}},
		{"pasta -t auto 4242", sock.TCP, 22, lead{pid: 4242, children: true, target: atPort(22)}},
		{"pasta -t 80:8080 busybox httpd -f", sock.TCP, 80, lead{children: true, target: atPort(8080)}},
		{"slirp4netns --disable-host-loopback --mtu=65520 -c -r 3 -e 4 --netns-type=path /run/user/1000/netns/netns-5f tap0", sock.TCP, 80, lead{file: "/run/user/1000/netns/netns-5f"}},
		{"slirp4netns -c --mtu 65520 -r 3 4242 tap0", sock.TCP, 80, lead{pid: 4242}},
		{"rootlesskit --net=slirp4netns --port-driver=builtin dockerd-rootless.sh", sock.TCP, 8080, lead{children: true, target: atPort(8080)}},
		{"rootlesskit -p 127.0.0.1:8080:80/tcp -p 53:5353/udp sh", sock.TCP, 8080, lead{children: true, target: atPort(80)}},
		{"rootlesskit --publish=0.0.0.0:53:5353/udp sh", sock.UDP, 53, lead{children: true, target: atPort(5353)}},
		{"rootlessport", sock.TCP, 8080, lead{children: true}},
		{"conmon --api-version 1 -c 3f4a -u 3f4a -r /usr/bin/crun -n web --exit-command /usr/bin/podman", sock.TCP, 8080,
			lead{children: true, container: sock.Container{Runtime: "podman", ID: "3f4a", Name: "web"}}},
	} {
		words := strings.Fields(test.line)
		if got, ok := proxies[words[0]](words[1:], proxyListener(test.protocol, test.port)); !ok || got != test.want {
			t.Errorf("%s:\n %+v, %v, want\n %+v", test.line, got, ok, test.want)
		}
	}
	for _, line := range []string{
		"docker-proxy", "docker-proxy -container-ip x -container-port 80", "docker-proxy -container-ip 10.0.0.1 -container-port 80000",
		"docker-proxy -container-ip 10.0.0.1 -container-port", "pasta", "slirp4netns", "slirp4netns tap0", "slirp4netns -1 tap0", "conmon -n web",
	} {
		words := strings.Fields(line)
		if got, ok := proxies[words[0]](words[1:], proxyListener(sock.TCP, 80)); ok {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

func FuzzProxyWords(f *testing.F) {
	for _, line := range []string{
		"docker-proxy\x00-container-ip\x00172.17.0.2\x00-container-port\x0080", "pasta\x00-t\x0080-90:180-190,1:2\x00--netns\x00/n", "pasta\x00-t\x0065535-65535:65535",
		"slirp4netns\x00-c\x001\x00tap0", "conmon\x00-c\x00id\x00-n", "rootlesskit",
	} {
		f.Add(line, uint16(80))
	}
	f.Fuzz(func(t *testing.T, line string, port uint16) {
		words := strings.Split(line, "\x00")
		for name, read := range proxies {
			if l, ok := read(words[1:], proxyListener(sock.UDP, port)); ok && l == (lead{}) && name != "rootlessport" {
				t.Errorf("%s %q tells nothing", name, words)
			}
		}
	})
}
