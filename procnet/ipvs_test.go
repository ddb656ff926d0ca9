package procnet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sockeye/sock"
)

// virtual is what Linux 6.12 shows of the services that TestVirtualServices names, but
// for a longer title.
const virtual = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0000201:0050 rr persistent 300 FFFFFFFF
  -> 0A000002:1F90      Masq    1      0          0         
  -> 0A000003:1F90      Masq    1      3          1         
  -> 0A000004:1F90      Masq    0      0          0         
TCP  C0000201:01BB wlc 
  -> 0A000002:01BB      Route   100    0          0         
TCP  C0000201:0015 rr 
UDP  C0000201:0035 rr ops 
  -> C0000201:0035      Local   1      0          0         
TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0050 rr 
  -> [fd00:0000:0000:0000:0000:0000:0000:0002]:0050      Tunnel  1      0          0         
TCP  C0000201:0000 sh persistent 300 FFFFFFFF
  -> 0A000009:0000      Masq    1      0          0         
FWM  00000007 rr 
  -> 0A000005:0000      Masq    1      0          0         
`

// virtualTold is what is told of them.
var virtualTold = []string{
	"tcp ipv4 192.0.2.1/32 80-80 10.0.0.2:8080 true", "tcp ipv4 192.0.2.1/32 80-80 10.0.0.3:8080 true",
	"tcp ipv4 192.0.2.1/32 443-443 10.0.0.2:443 false", "udp ipv4 192.0.2.1/32 53-53 invalid AddrPort false",
	"tcp ipv6 2001:db8::1/128 80-80 [fd00::2]:80 false", "tcp ipv4 192.0.2.1/32 0-65535 10.0.0.9:0 false",
	" ipv4 invalid Prefix 0-65535 10.0.0.5:0 true",
}

func toldVirtual(all *[]string) func(*sock.Forward) {
	return func(f *sock.Forward) {
		protocol := ""
		if f.Protocol != sock.ProtocolUnknown {
			protocol = f.Protocol.String()
		}
		*all = append(*all, fmt.Sprintf("%s %v %v %d-%d %v %v", protocol, f.Family, f.Address, f.First, f.Last, f.Target, f.Partly))
	}
}

func TestVirtualServices(t *testing.T) {
	dir := t.TempDir()
	var got []string
	if err := VirtualServices(dir, toldVirtual(&got)); err != nil || got != nil {
		t.Errorf("without IPVS: %v, %q", err, got)
	}
	if err := os.WriteFile(filepath.Join(dir, "ip_vs"), []byte(virtual), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := VirtualServices(dir, toldVirtual(&got)); err != nil || !slices.Equal(got, virtualTold) {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(virtualTold, "\n"))
	}
}

// TestVirtualServicesNotUnderstood: what is not understood is left out, and said.
func TestVirtualServicesNotUnderstood(t *testing.T) {
	titles := strings.Join(strings.SplitAfter(virtual, "\n")[:3], "")
	const masq = "      Masq    1      0          0         "
	for text, want := range map[string]int{
		"TCP  C0000201:0050 rr\n  -> 0A000002:0050" + masq:                     1,
		"TCP  C0000201:0050 rr\n  -> 0A000002" + masq:                          0,
		"TCP  C0000201:0050 rr\n  -> [fe80::1%lo]:0050" + masq:                 0,
		"TCP  C00002:0050 rr\n  -> 0A000002:0050" + masq:                       0,
		"GRE  C0000201:0050 rr\n  -> 0A000002:0050" + masq:                     0,
		"  -> 0A000002:0050" + masq:                                            0,
		"TCP  C0000201:0050 rr\n  -> 0A000002:0050 Masq":                       0,
		"FWM  1 rr\n  -> 0A000002:0050" + masq:                                 0,
		"TCP  C0000201:0050 rr\n  -> 0A000002:0050" + masq + "\nwhat is this?": 1,
	} {
		var got []string
		err := readVirtualServices(strings.NewReader(titles+text), "ip_vs", toldVirtual(&got))
		if understood := strings.HasSuffix(text, masq) && want == 1; len(got) != want || (err == nil) != understood {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func FuzzVirtualServices(f *testing.F) {
	f.Add([]byte(virtual))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = readVirtualServices(strings.NewReader(string(text)), "ip_vs", func(f *sock.Forward) {
			if f.First > f.Last || f.Family == sock.FamilyUnknown || f.Protocol != sock.ProtocolUnknown && !f.Address.IsSingleIP() {
				t.Errorf("%+v", *f)
			}
		})
	})
}
