package netns

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

func TestMain(m *testing.M) {
	population.RunHelper()
	os.Exit(m.Run())
}

// inode is that of the namespace of the calling thread.
func inode(t *testing.T) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// add makes a named namespace.
func add(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// emptyRun gives the namespaces of the test a directory of their own.
func emptyRun(t *testing.T) {
	t.Helper()
	if err := population.EmptyRun(); err != nil {
		t.Fatal(err)
	}
}

// opened opens a namespace until the test ends.
func opened(t *testing.T, path string) *Handle {
	t.Helper()
	h, err := Open("/proc", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// TestDo: the function runs in the namespace, whose error is passed on, and the
// caller is afterwards where it was, on a locked thread too.
func TestDo(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	emptyRun(t)
	add(t, "green")
	green, own := opened(t, Names+"/green"), opened(t, "")
	home := inode(t)
	if own.Inode() != home || green.Inode() == home {
		t.Fatalf("inodes %d and %d at %d", own.Inode(), green.Inode(), home)
	}
	mistake := errors.New("mistake")
	visit := func(h *Handle) {
		t.Helper()
		err := h.Do(func() error {
			if at := inode(t); at != h.Inode() {
				t.Errorf("in %d, want %d", at, h.Inode())
			}
			return mistake
		})
		if err != mistake {
			t.Errorf("error %v", err)
		}
	}
	for range 50 {
		visit(green)
		visit(own)
	}
	if at := inode(t); at != home {
		t.Errorf("afterwards in %d, want %d", at, home)
	}
	// From a thread that is elsewhere itself, both are entered.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	visit(own)
	visit(green)
	if at := inode(t); at == home || at == green.Inode() {
		t.Errorf("the thread was moved to %d", at)
	}
	elsewhere := opened(t, "")
	done := make(chan struct{})
	go func() { // on another thread
		defer close(done)
		visit(elsewhere)
	}()
	<-done
}

func TestName(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	emptyRun(t)
	own := opened(t, "")
	if name := own.Name(); name != "" {
		t.Errorf("without a name it is called %q", name)
	}
	add(t, "green")
	// What is left of a namespace that is gone has the inode of a file.
	if err := os.WriteFile(filepath.Join(Names, "gone"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	green := opened(t, Names+"/green")
	if name := green.Name(); name != "green" {
		t.Errorf("it is called %q", name)
	}
	if _, err := Open("/proc", Names+"/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that does not exist: %v", err)
	}
}

// TestClosed: a handle that is closed enters nothing, though its descriptor is that of
// another namespace by then.
func TestClosed(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	emptyRun(t)
	add(t, "green")
	add(t, "blue")
	green := opened(t, Names+"/green")
	number := green.fd
	if err := green.Close(); err != nil {
		t.Fatal(err)
	}
	blue := opened(t, Names+"/blue")
	if blue.fd != number { // which it has unless a smaller one was closed meanwhile
		if err := unix.Dup3(blue.fd, number, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
	}
	err := green.Do(func() error {
		t.Errorf("in %d, where %d is blue", inode(t), blue.Inode())
		return nil
	})
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if err := green.Close(); err == nil {
		t.Error("it was closed twice")
	}
	if err := blue.Do(func() error { return nil }); err != nil {
		t.Errorf("the other one: %v", err)
	}
}

// TestOpenPipe: a file that is no namespace is refused, and one that could be waited for
// is not.
func TestOpenPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("/proc", pipe); !errors.Is(err, ErrOther) {
		t.Errorf("a pipe: %v", err)
	}
}
