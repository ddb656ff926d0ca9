package livetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// faultPopulation is what stands still while calls fail: connections of one
// process, a listener that three processes hold, one of a process with many
// descriptors, UDP and unix sockets and one that is only bound.
type faultPopulation struct {
	shared int // port
	second int // one of the three
	// deep is a process whose listener is behind more descriptors than one
	// reading of a directory returns.
	deep, deepFD, deepPort int
	mass                   int // a process with connections
}

// manyFiles is how many descriptors stand before the last of a process.
const manyFiles = 1500

func newFaultPopulation(t *testing.T) (p faultPopulation) {
	t.Helper()
	allowFiles(t, 2*manyFiles)
	set, err := population.Mass(10, true)
	keep(t, set, err)
	p.mass = set.Made[0].PID
	shared := listener(t, "tcp4", "127.0.0.5:0")
	p.shared = shared.Addr().(*net.TCPAddr).Port
	for range 2 {
		p.second = hold(t, 0, duplicate(t, shared))
	}
	deep := listener(t, "tcp", "[::]:0")
	p.deepPort = deep.Addr().(*net.TCPAddr).Port
	p.deep, p.deepFD = hold(t, manyFiles, duplicate(t, deep)), 3+manyFiles
	deep.Close()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	listener(t, "unix", filepath.Join(t.TempDir(), "listener"))
	bindOnly(t)
	return p
}

// bindOnly makes a TCP socket that is bound and does not listen.
func bindOnly(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 6}}); err != nil {
		t.Fatal(err)
	}
}

// allowFiles lets this process and those that it starts open a number of files.
func allowFiles(t *testing.T, files uint64) {
	t.Helper()
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	if err == nil && limit.Max < files {
		population.Skip(t, fmt.Sprintf("needs %d open files, %d are allowed", files, limit.Max))
	}
	if err == nil {
		limit.Cur = files
		err = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func listener(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func duplicate(t *testing.T, l net.Listener) *os.File {
	t.Helper()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// hold starts a process that holds the file behind a number of others, closes it
// here and returns the PID.
func hold(t *testing.T, others int, file *os.File) int {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	defer file.Close()
	cmd := exec.Command("cat")
	for range others {
		cmd.ExtraFiles = append(cmd.ExtraFiles, null)
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := population.StartProgram(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return cmd.Process.Pid
}

// socketsOf walks /proc as simply as can be and returns the descriptors of every
// socket: PID/FD by inode.
func socketsOf(t *testing.T) map[uint64][]string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	held := map[uint64][]string{}
	for _, link := range links {
		target, err := os.Readlink(link)
		number, isSocket := strings.CutPrefix(target, "socket:[")
		if err != nil || !isSocket {
			continue
		}
		inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		part := strings.Split(link, "/")
		held[inode] = append(held[inode], fmt.Sprintf("%s/%s", part[2], part[4]))
	}
	return held
}
