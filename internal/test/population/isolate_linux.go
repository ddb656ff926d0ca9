package population

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideEnv marks a process that [Isolate] started.
const insideEnv = "SOCKEYE_POPULATION_INSIDE"

// Inside reports whether this process was started by [Isolate].
func Inside() bool { return os.Getenv(insideEnv) != "" }

// Command returns a command that is this program with the given arguments and
// the additional environment (KEY=VALUE), as the first process of new network,
// PID and mount namespaces. Starting it without CAP_SYS_ADMIN fails with an
// error that wraps [os.ErrPermission].
//
// Everything in the namespaces ends with that process. It ends with the thread
// that starts it, which the caller locks (runtime.LockOSThread).
func Command(args, env []string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(append(os.Environ(), env...), insideEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd
}

// Isolate runs this program again as [Command] does, with the same arguments
// and standard files, and returns the exit status of that run. The error is one
// of starting it.
func Isolate(env ...string) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := Command(os.Args[1:], env)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return -1, fmt.Errorf("run in new namespaces: %w", err)
	}
	return 0, nil
}

// Enter finishes the namespaces from within, in the process that [Isolate]
// started: it mounts the /proc that belongs to them and brings lo up. It also
// keeps the descriptors that whoever started us left open out of the processes
// that we start: they would count among theirs. Only the first call does so; all
// return its error.
func Enter() error { return entered() }

var entered = sync.OnceValue(enter)

func enter() error {
	if !Inside() {
		return errors.New("not in namespaces of this package's making")
	}
	// Else the mount of /proc would spread to the host.
	if err := unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := closeOnExec(); err != nil {
		return fmt.Errorf("keep descriptors from other programs: %w", err)
	}
	return LinkUp("lo")
}

// closeOnExec keeps the descriptors of this process from the programs that it
// starts. Before Linux 5.11 there is no close_range(2) that could.
func closeOnExec() error {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd) // the one that was read from is closed by now
		}
	}
	return nil
}

// LinkUp sets IFF_UP: netdevice(7), SIOCSIFFLAGS.
func LinkUp(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring %s up: %w", name, err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("bring %s up: %w", name, err)
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("bring %s up: %w", name, err)
	}
	return nil
}
