package livetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// namedSpace makes a network namespace with a name, and runs f in it.
func (m *maker) namedSpace(name string, f func() error) {
	m.Helper()
	m.must(population.InNewNamespace(nil, func(file string) error {
		if err := population.BindNamespace(file, filepath.Join("/run/netns", name)); err != nil {
			return err
		}
		if err := population.LinkUp("lo"); err != nil {
			return err
		}
		return f()
	}))
}

// stream is a TCP socket of the network namespace of the calling thread.
func (m *maker) stream() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		m.Cleanup(func() { unix.Close(fd) })
	}
	return fd, err
}

// TestDoctorInNamespaces: a trouble is found in the network namespace that has it, by
// its sockets and by its counters, and in no other; the finding names it.
func TestDoctorInNamespaces(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	m := &maker{t}
	m.must(population.EmptyRun())
	var failing int
	m.namedSpace("blue", func() (err error) {
		if failing, err = m.stream(); err != nil {
			return err
		}
		m.listen("0.0.0.0:6379", 8)
		return nil
	})
	m.namedSpace("red", func() error {
		m.listen("127.0.0.1:6379", 8)
		return nil
	})
	m.goOn(func() { // nothing listens there
		unix.Connect(failing, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}})
	})
	for _, args := range [][]string{{"--all-netns"}, {"-N", "blue"}} {
		args = append(args, "--sample", "0.3")
		by := examine(t, args...)
		for _, rule := range []string{"exposed_service", "connect_failed"} {
			if all := by[rule]; len(all) != 1 || all[0].Netns.Name != "blue" || !strings.HasPrefix(all[0].Try, "sockeye -N blue trace ") && !strings.HasPrefix(all[0].Try, "sockeye -N blue port ") {
				t.Errorf("%v: %s: %+v", args, rule, all)
			}
		}
		if len(by) != 2 {
			t.Errorf("%v: %+v", args, by)
		}
		lines := run(t, sockeye(t, append([]string{"doctor", "--ndjson"}, args...)...)).stdout
		if strings.Count(lines, "\n") != 2 {
			t.Errorf("%v: %s", args, lines)
		}
		for line := range strings.Lines(lines) {
			validate(t, compileSchema(t, "#/properties/findings/items"), args, line)
		}
		got := run(t, sockeye(t, append([]string{"doctor"}, args...)...))
		if strings.Count(got.stdout, "in the network namespace blue") != 2 || got.status != 1 {
			t.Errorf("%v: status %d\n%s%s", args, got.status, got.stdout, got.stderr)
		}
	}
	for _, args := range [][]string{{"-N", "red", "--sample", "0.3"}, {"--sample", "0.3"}} {
		if by := examine(t, args...); len(by) > 0 {
			t.Errorf("%v: %+v", args, by)
		}
	}
}

// TestDoctorOnFiles: between two snapshots that the program wrote itself no rule lacks
// anything but the kernel's counters, and the trouble is found that stayed.
func TestDoctorOnFiles(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	m := &maker{t}
	_, port := m.listen("127.0.0.1:0", 8)
	client, server := m.pair("127.0.0.1", "127.0.0.1")
	_, err := unix.Write(client, make([]byte, 1000))
	m.must(err)
	files := [2]string{filepath.Join(t.TempDir(), "before.json"), filepath.Join(t.TempDir(), "after.json")}
	for _, file := range files {
		got := run(t, sockeye(t, "-tua", "-eiom", "--json"))
		m.must(os.WriteFile(file, []byte(got.stdout), 0o600))
	}
	by := examine(t, "--from", files[0], "--from", files[1], "--set", "receiver_stalled.seconds=0.001")
	if all := by["receiver_stalled"]; len(by) != 1 || len(all) != 1 || all[0].Evidence.Sockets[0].LocalPort != boundPort(t, server) {
		t.Errorf("listener %d: %+v", port, by)
	}
	if by := examine(t, "--from", files[1]); len(by) > 0 {
		t.Errorf("one file: %+v", by)
	}
	got := run(t, sockeye(t, "doctor", "--from", files[0], "--from", files[1]))
	if strings.Count(got.stdout, "skipped ") != 1 || !strings.Contains(got.stdout, "skipped   needs the kernel's counters, which are not known: ") {
		t.Errorf("%s", got.stdout)
	}
}
