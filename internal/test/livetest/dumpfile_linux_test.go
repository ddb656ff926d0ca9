package livetest

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDumpFile: the file of --dump is the old one or a whole new one, whatever
// happens, with nothing beside it; what is no regular file is written as it is.
func TestDumpFile(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // so that there is a socket
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "dump"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dump", link); err != nil {
		t.Fatal(err)
	}
	limited := exec.Command("sh", "-c", `ulimit -f 0; exec "$0" -ta --dump "$1"`, os.Getenv(binaryEnv), link)
	if got := run(t, limited); got.status != 3 || !strings.Contains(got.stderr, "file too large") {
		t.Errorf("a file that may not grow: %+v", got)
	}
	if text, err := os.ReadFile(file); string(text) != "old" {
		t.Errorf("the old file after a failed dump: %q, %v", text, err)
	}
	list(t, "-ta", "--dump", link)
	list(t, "-ta", "--from", file, "sport = "+strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	info, err := os.Lstat(file)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the new file: %v, %v", info, err)
	}
	if got := run(t, sockeye(t, "-ta", "--dump", "/dev/full")); got.status != 3 || !strings.Contains(got.stderr, "no space left") {
		t.Errorf("/dev/full: %+v", got)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan int)
	go func() {
		r, _ := os.Open(pipe)
		defer r.Close()
		text, _ := io.ReadAll(r)
		read <- len(text)
	}()
	list(t, "-ta", "--dump", pipe)
	if n := <-read; n < 100 {
		t.Errorf("%d bytes came through the FIFO", n)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("%v stand in the directory: %v", entries, err)
	}
}
