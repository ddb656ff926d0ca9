package procnet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// kernelTree is a proc file system with counters and limits.
func kernelTree(t *testing.T, settings map[string]string) *sock.Environment {
	t.Helper()
	env := treeWith(t, map[string]string{
		"sockstat":  "sockets: used 17\nTCP: inuse 5 orphan 1 tw 2 alloc 8 mem 3\nUDP: inuse 2 mem 4\nFRAG: inuse 0 memory 0\n",
		"sockstat6": "TCP6: inuse 3\n",
		"snmp":      "Ip: InDiscards\nIp: 9\nTcp: CurrEstab InErrs\nTcp: 5 7\nUdp: NoPorts\nUdp: 0\n",
		"netstat":   "TcpExt: ListenOverflows ListenDrops TCPSACKReorder\nTcpExt: 3 0 4\n",
	})
	for name, text := range settings {
		path := filepath.Join(env.Proc, "sys", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

func TestReadKernel(t *testing.T) {
	env := kernelTree(t, map[string]string{
		"net/ipv4/tcp_mem": "10\t20\t30\n", "net/core/somaxconn": "4096\n", "fs/file-nr": "99\t0\t1000\n",
	})
	k, failures := ReadKernel(env, sock.Protocols(sock.TCP))
	if failures != nil {
		t.Errorf("failures: %v", failures)
	}
	known := func(n int64) sock.Amount { return sock.Amount{Value: n, Known: true} }
	page := int64(os.Getpagesize())
	want := map[string][2]sock.Amount{
		"memory_bytes": {known(3 * page), known(30 * page)},
		"orphaned":     {known(1), {}},
		"time_wait":    {known(2), {}},
		"backlog":      {{}, known(4096)},
		"syn_backlog":  {},
		"open_files":   {known(99), known(1000)},
	}
	got := map[string][2]sock.Amount{}
	for _, u := range k.Usage {
		got[u.Name] = [2]sock.Amount{u.Used, u.Limit}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]sock.Counter{counter("Tcp", "InErrs", 7), counter("TcpExt", "ListenOverflows", 3)}, k.Troubles); diff != "" {
		t.Error(diff)
	}
	for _, c := range k.Counters {
		if c.Group == "Udp" || c.Group == "UDP" || c.Group == "Ip" || c.Group == "FRAG" {
			t.Errorf("%s %s is not about TCP sockets", c.Group, c.Name)
		}
	}
	if len(k.Counters) != 12 {
		t.Errorf("%d counters: %v", len(k.Counters), k.Counters)
	}
}

// TestReadKernelFailures: what cannot be understood is said, what is missing is not
// known.
func TestReadKernelFailures(t *testing.T) {
	env := kernelTree(t, map[string]string{"net/ipv4/tcp_mem": "many\n"})
	if err := os.WriteFile(filepath.Join(env.Proc, "net/netstat"), []byte("TcpExt: A B\nTcpExt: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	k, failures := ReadKernel(env, sock.Protocols(sock.TCP))
	var said []string
	for _, f := range failures {
		said = append(said, strings.TrimPrefix(f.Error(), env.Proc))
	}
	if diff := cmp.Diff([]string{
		"/net/netstat could not be read: line 2: 1 values of TcpExt for 2 names",
		`/sys/net/ipv4/tcp_mem could not be read: line 1: "many" is no number`,
	}, said); diff != "" {
		t.Error(diff)
	}
	if u := k.Usage[0]; u.Limit.Known || !u.Used.Known {
		t.Errorf("memory: %+v", u)
	}
}

// closedNamespace cannot be entered.
type closedNamespace struct{}

func (closedNamespace) Inode() uint64         { return 1 }
func (closedNamespace) Name() string          { return "" }
func (closedNamespace) Do(func() error) error { return os.ErrPermission }
func (closedNamespace) Close() error          { return nil }

// TestReadKernelElsewhere: the settings of a namespace that is not entered are not those
// of this one, which is said once; its counters are among its tables, and what is of the
// whole machine is read here.
func TestReadKernelElsewhere(t *testing.T) {
	env := kernelTree(t, map[string]string{"net/ipv4/tcp_mem": "10\t20\t30\n", "net/core/somaxconn": "4096\n"})
	env.Tables, env.Namespace = filepath.Join(env.Proc, "net"), closedNamespace{}
	k, failures := ReadKernel(env, sock.Protocols(sock.TCP, sock.UDP))
	if len(k.Counters) == 0 || len(failures) != 1 || strings.Count(failures[0].Message, env.Proc) != 3 {
		t.Errorf("%d counters, %v", len(k.Counters), failures)
	}
	for _, u := range k.Usage {
		if u.Limit.Known != (u.Setting == "net.ipv4.tcp_mem") {
			t.Errorf("%+v", u)
		}
	}
}
