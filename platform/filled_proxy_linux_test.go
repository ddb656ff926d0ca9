package platform

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// publish lets a process that calls itself the monitor of a container hold a listener,
// until the test ends.
func publish(t *testing.T) {
	t.Helper()
	shell, err := os.ReadFile("/bin/sh")
	monitor := filepath.Join(t.TempDir(), "conmon")
	if err == nil {
		err = os.WriteFile(monitor, shell, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command(monitor, "-c", "read line") // which is the ID of a container to the reader
	cmd.ExtraFiles = []*os.File{file}
	end, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end.Close()
		_ = cmd.Wait() // the shell fails at the end of its input
	})
}
