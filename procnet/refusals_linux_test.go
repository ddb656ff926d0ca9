package procnet

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
	"sockeye/sock"
)

// A process may be read, have no descriptor, be gone, or refuse.
func TestRefusals(t *testing.T) {
	if os.Geteuid() != 0 {
		population.Skip(t, "needs root to become another user")
	}
	root, err := os.MkdirTemp("", "refusals") // others may not enter t.TempDir
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(root) })
		err = os.Chmod(root, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"1/fd", "2/fd", "3/fd", "4", "net"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("socket:[7]", filepath.Join(root, "1/fd/3")); err != nil {
		t.Fatal(err)
	}
	if n, err := At(root).Refusals(t.Context()); n != 0 || err != nil {
		t.Errorf("%d refusals, %v; want none", n, err)
	}
	if err := os.Chmod(filepath.Join(root, "3/fd"), 0); err != nil {
		t.Fatal(err)
	}
	asAnother(func() {
		if n, err := At(root).Refusals(t.Context()); n != 1 || err != nil {
			t.Errorf("%d refusals, %v; want 1", n, err)
		}
	})
	if _, err := At(filepath.Join(root, "none")).Refusals(t.Context()); !errors.Is(err, sock.ErrUnavailable) || !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no file system: %v", err)
	}
}

// asAnother calls f in a thread that opens files as a user without rights.
func asAnother(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		_, _, _ = unix.RawSyscall(unix.SYS_SETFSUID, population.Nobody, 0, 0)
		f()
	}()
	<-done
}

func TestHoldsNoSocket(t *testing.T) {
	fs := procTree(t, map[int]proc{
		7: {fds: map[int]string{0: "/dev/null", 1: "pipe:[5]"}}, 8: {fds: map[int]string{0: "/dev/null", 1: socket(5)}},
		9: {fds: map[int]string{3: ringLink}}, 10: {},
	})
	for pid, want := range map[int]bool{7: true, 8: false, 9: false, 10: true} {
		if got, err := fs.HoldsNoSocket(pid); got != want || err != nil {
			t.Errorf("%d: %v, %v", pid, got, err)
		}
	}
	if got, err := fs.HoldsNoSocket(11); got || err == nil {
		t.Errorf("no such process: %v, %v", got, err)
	}
}
