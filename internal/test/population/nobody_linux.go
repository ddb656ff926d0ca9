package population

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Nobody is the user and the group that own nothing.
const Nobody = 65534

// AsNobody makes a process that of a user without rights, but for some capabilities.
func AsNobody(capabilities ...uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: Nobody, Gid: Nobody}, AmbientCaps: capabilities}
}

// ReadableCopy copies this program to where everybody can run it, until the test ends.
func ReadableCopy(t CleaningT) (path string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sockeye-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path = filepath.Join(dir, "copy")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if closeErr := to.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
