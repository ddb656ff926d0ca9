package population

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// shared gives one listener to further processes, as a server that forks does.
func (b *builder) shared(holders int) {
	fd := b.listener("shared listener", unix.AF_INET, "127.0.0.4", "", 20)
	if b.err != nil {
		return
	}
	g, err := holdersOf([][]int{{fd}}, holders)
	b.check(err, "share a listener")
	if err == nil {
		b.closers = append(b.closers, g.stop)
	}
}

// group is a number of processes that hold descriptors and do nothing: cat(1),
// which ends when the pipe that it reads does, and so never outlives us.
type group struct {
	cmds []*exec.Cmd
	hold io.Closer
}

// holdersOf starts n processes; process i gets the descriptors files[i mod len]
// from descriptor 3 on. The caller keeps its own.
func holdersOf(files [][]int, n int) (*group, error) {
	g := &group{}
	r, err := g.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for i := range n {
		if err := g.start(r, files[i%len(files)]); err != nil {
			return nil, errors.Join(fmt.Errorf("start holder %d of %d: %w", i, n, err), g.stop())
		}
	}
	return g, nil
}

// open makes the pipe that the processes read; the caller closes its copy of
// the reading end.
func (g *group) open() (*os.File, error) {
	r, w, err := os.Pipe()
	g.hold = w
	return r, err
}

func (g *group) start(stdin *os.File, fds []int) error {
	cmd := exec.Command("cat")
	cmd.Stdin = stdin
	for _, fd := range fds {
		// A copy, because os.File closes what it holds when it is collected.
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(dup), "held")
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	if err := StartProgram(cmd); err != nil {
		return err
	}
	g.cmds = append(g.cmds, cmd)
	return nil
}

// StartProgram starts a program and waits until the process is called as it is: Start of
// exec.Cmd returns when execve(2) has closed descriptors, and the name comes a moment
// later.
func StartProgram(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	name := filepath.Base(cmd.Path)
	name = name[:min(len(name), 15)] + "\n" // as much as the kernel keeps
	for {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
		if err != nil || string(comm) == name {
			return err
		}
	}
}

// stop ends the processes and waits for them.
func (g *group) stop() error {
	g.hold.Close()
	kill := time.AfterFunc(20*time.Second, func() {
		for _, cmd := range g.cmds {
			_ = cmd.Process.Kill()
		}
	})
	defer kill.Stop()
	var first error
	for _, cmd := range g.cmds {
		if err := cmd.Wait(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
