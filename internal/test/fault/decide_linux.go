package fault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The structures of linux/seccomp.h.
type (
	callData struct {
		number, arch uint32
		instruction  uint64
		args         [6]uint64
	}
	notification struct {
		id         uint64
		pid, flags uint32
		data       callData
	}
	response struct {
		id           uint64
		value        int64
		error        int32
		continuation uint32
	}
)

// Run is a program whose calls are decided on.
type Run struct {
	cmd      *exec.Cmd
	listener int
	faults   []Fault
	// seen and hits count, by fault, the calls that it is for and those that
	// failed.
	seen, hits []int
	done       chan error
}

// Start starts a command as cmd.Start does, with faults. The first one that is
// for a call decides.
func Start(cmd *exec.Cmd, faults ...Fault) (*Run, error) {
	r := &Run{cmd: cmd, faults: faults, seen: make([]int, len(faults)), hits: make([]int, len(faults)), done: make(chan error, 1)}
	var numbers []string
	for _, f := range faults {
		c, known := calls[f.Call]
		if !known {
			return nil, fmt.Errorf("no faults of the call %q", f.Call)
		}
		numbers = append(numbers, strconv.Itoa(c.number))
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "listener")
	defer theirs.Close()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, programEnv+"="+cmd.Path, numbersEnv+"="+strings.Join(numbers, " "), socketEnv+"="+strconv.Itoa(3+len(cmd.ExtraFiles)))
	cmd.ExtraFiles = append(cmd.ExtraFiles, theirs)
	cmd.Path = "/proc/self/exe"
	if err := cmd.Start(); err != nil {
		unix.Close(pair[0])
		return nil, err
	}
	theirs.Close()
	r.listener, err = receive(pair[0])
	unix.Close(pair[0]) // which the launcher waits for
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the launcher: %w", err), cmd.Wait())
	}
	go func() { r.done <- r.decide() }()
	return r, nil
}

// receive receives a descriptor.
func receive(socket int) (int, error) {
	oob := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(socket, make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) != 1 {
		return -1, errors.Join(errors.New("it hands over no listener"), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}

// Wait waits as cmd.Wait does. It returns how many calls each fault made fail;
// the second error is one of deciding.
func (r *Run) Wait() (hits []int, ended, err error) {
	ended = r.cmd.Wait()
	err = <-r.done
	return r.hits, ended, err
}

// decide answers until no process is left that the filter is for.
func (r *Run) decide() error {
	defer unix.Close(r.listener) // what is not answered fails with ENOSYS
	for {
		poll := []unix.PollFd{{Fd: int32(r.listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err == unix.EINTR {
			continue
		} else if err != nil {
			return err
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			return nil
		}
		var n notification
		err := control(r.listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
		if err == unix.ENOENT || err == unix.EINTR {
			continue // a signal interrupted the call, or the process has ended
		}
		if err != nil {
			return fmt.Errorf("receive a call: %w", err)
		}
		// ENOENT: the same.
		answer := r.answer(&n)
		if err := control(r.listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer)); err != nil && err != unix.ENOENT {
			return fmt.Errorf("answer a call: %w", err)
		}
	}
}

func control(fd int, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// answer decides on one call.
func (r *Run) answer(n *notification) response {
	c := callOf(n)
	for i, f := range r.faults {
		if f.Call != c.Name || f.When != nil && !f.When(c) {
			continue
		}
		r.seen[i]++
		if r.seen[i] > f.After {
			r.hits[i]++
			return response{id: n.id, error: -int32(f.Errno)}
		}
	}
	return response{id: n.id, continuation: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
}

// callOf returns the call with what it names. A process that is just ending
// names nothing.
func callOf(n *notification) Call {
	c := Call{Args: n.data.args}
	for name, known := range calls {
		if uint32(known.number) != n.data.number {
			continue
		}
		c.Name = name
		switch known.names {
		case descriptor:
			c.Path = descriptorPath(n.pid, int32(c.Args[0]))
		case pathAt:
			c.Path = text(n.pid, c.Args[1])
			if !path.IsAbs(c.Path) {
				c.Path = path.Join(descriptorPath(n.pid, int32(c.Args[0])), c.Path)
			}
		}
	}
	return c
}

// descriptorPath returns what a descriptor of a process refers to.
func descriptorPath(pid uint32, fd int32) string {
	link := fmt.Sprintf("/proc/%d/fd/%d", pid, fd)
	if fd == unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/cwd", pid)
	}
	target, err := os.Readlink(link)
	if err != nil {
		return ""
	}
	return target
}

// text reads a C string from the memory of a process.
func text(pid uint32, address uint64) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return ""
	}
	defer memory.Close()
	var name []byte
	for len(name) < unix.PathMax {
		// A page at a time: there may be none behind it.
		at := address + uint64(len(name))
		page := make([]byte, 4096-at%4096)
		if _, err := memory.ReadAt(page, int64(at)); err != nil {
			return ""
		}
		if end := bytes.IndexByte(page, 0); end >= 0 {
			return string(append(name, page[:end]...))
		}
		name = append(name, page...)
	}
	return ""
}
