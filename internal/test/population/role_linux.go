package population

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Role is what a process does that a test needs. It returns an answer for the test,
// which goes through JSON; what it made is there until the process ends.
type Role func() (answer any, err error)

// Zombie is an answer after which the first thread of the process ends, and the others
// go on.
type Zombie struct{ Answer any }

// CleaningT is what [StartRole] needs of *testing.T.
type CleaningT interface {
	T
	Cleanup(f func())
}

// StartRole starts a process in one of the roles that [RunHelper] was given, decodes
// its answer, and returns its PID. It ends with the test.
func StartRole(t CleaningT, name string, attr *syscall.SysProcAttr, answer any) (pid int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.SysProcAttr = attr
	return StartRoleBy(t, cmd, name, answer)
}

// StartRoleBy is [StartRole] by a command that runs a copy of this program.
func StartRoleBy(t CleaningT, cmd *exec.Cmd, name string, answer any) (pid int) {
	t.Helper()
	helper, err := startHelperAs(cmd, name, nil, answer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := helper.Stop(); err != nil {
			t.Error("role", name, err)
		}
	})
	return helper.PID()
}

// WaitForZombie waits until the first thread of a process has ended; see [Zombie].
func WaitForZombie(t T, pid int) {
	t.Helper()
	for {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(b[bytes.LastIndexByte(b, ')')+1:], []byte(" Z")) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
