package fault

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the launcher is told in its environment.
const (
	programEnv = "SOCKEYE_FAULT_PROGRAM" // the path of the program
	numbersEnv = "SOCKEYE_FAULT_CALLS"   // numbers of the system calls, with blanks
	socketEnv  = "SOCKEYE_FAULT_SOCKET"  // descriptor over which the listener is handed
)

// RunHelper becomes the program with faults, if this process was started for
// that; else it returns at once. TestMain calls it before anything else.
func RunHelper() {
	program := os.Getenv(programEnv)
	if program == "" {
		return
	}
	err := launch(program)
	fmt.Fprintf(os.Stderr, "fault: launch %s: %v\n", program, err)
	os.Exit(125)
}

// launch returns only if it fails.
func launch(program string) error {
	socket, err := strconv.Atoi(os.Getenv(socketEnv))
	if err != nil {
		return err
	}
	var numbers []uint32
	for text := range strings.FieldsSeq(os.Getenv(numbersEnv)) {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return err
		}
		numbers = append(numbers, uint32(n))
	}
	for _, name := range []string{programEnv, numbersEnv, socketEnv} {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	// The filter is this thread's, which becomes the program's first one.
	runtime.LockOSThread()
	listener, err := install(numbers)
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(socket, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("hand the listener over: %w", err)
	}
	// The program must not see the socket: it goes on when the other end is closed.
	if _, _, _, _, err := unix.Recvmsg(socket, make([]byte, 1), nil, 0); err != nil {
		return err
	}
	unix.CloseOnExec(socket)
	return unix.Exec(program, os.Args, os.Environ())
}

// install installs a filter that asks about the calls with these numbers, and
// returns the descriptor on which it asks.
func install(numbers []uint32) (listener int, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, fmt.Errorf("PR_SET_NO_NEW_PRIVS: %w", err)
	}
	filter := filterOf(numbers)
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// With the second flag, of Linux 5.19, the signals of the Go runtime do not
	// interrupt a call that is being decided on.
	const listen = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	for _, flags := range []uintptr{listen | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, listen} {
		fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
		if errno == 0 {
			return int(fd), nil
		}
		err = errno
		if !errors.Is(err, unix.EINVAL) {
			break
		}
	}
	return -1, fmt.Errorf("seccomp: %w", err)
}

// filterOf returns a filter over struct seccomp_data of linux/seccomp.h, whose
// first member is the number of the call.
func filterOf(numbers []uint32) []unix.SockFilter {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
	)
	filter := []unix.SockFilter{{Code: load, K: 0}}
	for i, n := range numbers {
		// To the last instruction if it is this call; else to the next one.
		filter = append(filter, unix.SockFilter{Code: equal, K: n, Jt: uint8(len(numbers) - i)})
	}
	return append(filter,
		unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_USER_NOTIF})
}
