package platform

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/platform/netns"
	"sockeye/sock"
)

// ip runs ip(8).
func ip(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", line, err, out)
	}
}

// colours makes two named namespaces in which the same index is a device of
// another name, the same port belongs to another socket, and what the kernel
// gives to sockets without a port is another range.
func colours(t *testing.T) []string {
	t.Helper()
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	names := []string{"red", "blue"}
	for _, name := range names {
		ip(t, "netns add "+name)
	}
	ip(t, "link add red0 index 77 netns red type veth peer name blue0 index 77 netns blue")
	for i, name := range names {
		ip(t, "-n "+name+" link set lo up")
		populate(t, name, i)
	}
	return names
}

// populate opens the sockets of a namespace: a listener on port 1000 that is bound
// to the device, and datagram sockets on ports of its own.
func populate(t *testing.T, name string, number int) {
	t.Helper()
	handle, err := netns.Open(proc, netns.Names+"/"+name)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	var files []io.Closer
	err = handle.Do(func() error {
		listener, err := net.Listen("tcp4", "127.0.0.1:1000")
		if err != nil {
			return err
		}
		file, err := listener.(*net.TCPListener).File()
		if err != nil {
			return err
		}
		files = append(files, listener, file)
		if err := unix.BindToDevice(int(file.Fd()), name+"0"); err != nil {
			return err
		}
		for port := range 2 + number {
			datagram, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", 2000+port))
			if err != nil {
				return err
			}
			files = append(files, datagram)
		}
		ports := fmt.Sprintf("%d %d", 20000+1000*number, 20999+1000*number)
		return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(ports), 0)
	})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() {
		for _, f := range files {
			f.Close()
		}
	})
}

// rowsOf lists a namespace: protocol, port, device, namespace of each socket.
func rowsOf(t *testing.T, h *Host) (rows []string) {
	t.Helper()
	q := inetQuery(sock.TCP, sock.UDP)
	q.States = sock.DefaultStates // the kernel looks long for bound sockets
	q.Want = sock.FieldInterface | sock.FieldNetns | sock.FieldNetnsName
	if h.Fields().Has(sock.FieldOwners) {
		q.Want |= sock.FieldOwners
	}
	listing := h.List(t.Context(), Request{Query: q})
	for s, err := range listing.Sockets {
		if err != nil {
			t.Error(err)
			return nil
		}
		holder := 0
		if len(s.Owners) > 0 {
			holder = s.Owners[0].PID
		}
		rows = append(rows, fmt.Sprintf("%s %d %q %d %q %d", s.Protocol, s.Local.Port(), s.Interface, s.Netns.Inode, s.Netns.Name, holder))
	}
	if w := listing.Snapshot().Warnings; len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	slices.Sort(rows)
	return rows
}

// TestTwoNamespacesAtOnce opens the same sources in two namespaces and lists both
// at the same time: each listing has the sockets, the names of interfaces and the
// name of its namespace, and the process itself stays where it was.
func TestTwoNamespacesAtOnce(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	names := colours(t)
	for _, source := range []string{"sock_diag", "proc", "portable"} {
		var group sync.WaitGroup
		for number, name := range names {
			env, err := OpenEnvironment(netns.Names + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			h, err := Open(Options{Source: source, Environment: env})
			if err != nil {
				t.Fatal(err)
			}
			want := expected(t, source, name, number)
			group.Go(func() {
				for range 10 {
					if d := cmp.Diff(want, rowsOf(t, h)); d != "" {
						t.Errorf("%s from %s (-want +got):\n%s", name, source, d)
						break
					}
				}
				checkWords(t, h, name, number)
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		own, err := Open(Options{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		if rows := rowsOf(t, own); len(rows) != 0 {
			t.Errorf("%s: the own namespace has none of these: %v", source, rows)
		}
		own.Close()
	}
	checkThreads(t)
}

// expected are the rows of a namespace, by what a source tells.
func expected(t *testing.T, source, name string, number int) []string {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(netns.Names+"/"+name, &st); err != nil {
		t.Fatal(err)
	}
	device, holder := "", os.Getpid()
	switch source {
	case "sock_diag":
		device = name + "0"
	case "portable":
		holder = 0 // it tells none on Linux
	}
	row := func(protocol string, port int, device string) string {
		return fmt.Sprintf("%s %d %q %d %q %d", protocol, port, device, st.Ino, name, holder)
	}
	want := []string{row("tcp", 1000, device)}
	for port := range 2 + number {
		want = append(want, row("udp", 2000+port, ""))
	}
	return want
}

// checkWords: the words of a filter mean what they do in the namespace.
func checkWords(t *testing.T, h *Host, name string, number int) {
	if index, err := h.InterfaceIndex(name + "0"); index != 77 || err != nil {
		t.Errorf("%s: device %d, %v", name, index, err)
	}
	if _, err := h.InterfaceIndex("sockeye0"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: a device that does not exist: %v", name, err)
	}
	if ports := h.AutoPorts(); ports != [2]uint16{uint16(20000 + 1000*number), uint16(20999 + 1000*number)} {
		t.Errorf("%s: ports %v", name, ports)
	}
}

// checkThreads: no thread is left in a namespace that was listed.
func checkThreads(t *testing.T) {
	t.Helper()
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	threads, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil || len(threads) == 0 {
		t.Fatal(threads, err)
	}
	for _, thread := range threads {
		if in, err := os.Readlink(thread); err == nil && in != own {
			t.Errorf("%s is %s, and the process is in %s", thread, in, own)
		}
	}
}

// TestDumpOfANamespace: raw dumps are made in the environment too.
func TestDumpOfANamespace(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	for _, name := range colours(t) {
		env, err := OpenEnvironment(netns.Names + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		h, err := Open(Options{Environment: env})
		if err != nil {
			t.Fatal(err)
		}
		listing, err := h.Dump(t.Context(), Request{Query: inetQuery(sock.TCP), Filter: parsed(t, "sport = :1000")}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, listing); n != 1 {
			t.Errorf("%s: %d sockets in the dump", name, n)
		}
		h.Close()
	}
}

func TestNamespaceThatIsNone(t *testing.T) {
	if _, err := OpenEnvironment(t.TempDir() + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	// A file that is no namespace is found out when it is entered.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env, err := OpenEnvironment(file)
	if err != nil {
		return
	}
	defer env.Close()
	if err := env.Do(func() error { t.Error("it was entered"); return nil }); !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EPERM) {
		t.Errorf("a file that is no namespace: %v", err)
	}
}
