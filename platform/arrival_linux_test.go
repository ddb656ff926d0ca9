package platform

import (
	"os"
	"path/filepath"
	"testing"

	"sockeye/sock"
)

// TestReadNeighbourhood: the links of this namespace, and whether it has virtual services.
func TestReadNeighbourhood(t *testing.T) {
	tables := filepath.Join(t.TempDir(), "thread-self", "net")
	if err := os.MkdirAll(tables, 0o700); err != nil {
		t.Fatal(err)
	}
	env := &sock.Environment{Proc: filepath.Dir(filepath.Dir(tables))}
	const none = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
	for text, want := range map[string]bool{"": false, none: false, none + "TCP  C0000201:0050 rr \n  -> 0A000002:1F90      Masq    1      0          0         \n": true} {
		if text != "" {
			if err := os.WriteFile(filepath.Join(tables, "ip_vs"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		n, err := readNeighbourhood(env)
		if err != nil || n.distributes != want {
			t.Errorf("%q: %v, %v", text, n.distributes, err)
		}
		if !n.links[loopbackIndex].Loopback {
			t.Errorf("%+v", n.links)
		}
		if err := os.RemoveAll(filepath.Join(tables, "ip_vs")); err != nil {
			t.Fatal(err)
		}
	}
}
