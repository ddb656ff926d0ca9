package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/terminal"
)

// program runs on a terminal of ours.
type program struct {
	cmd      *exec.Cmd
	terminal *os.File
	drawn    atomic.Int64   // bytes
	draws    chan time.Time // when something was drawn; what nobody takes is dropped
	ended    chan error
}

const (
	// settling is how long a program is left alone before it is measured.
	settling = 5 * time.Second
	// leastDrawn is how many bytes are a screen: less is an error message.
	leastDrawn = 400
)

// start starts a program and waits until it has drawn and settled.
func start(command []string) (*program, error) {
	if beside, err := os.Executable(); err == nil {
		if path := filepath.Join(filepath.Dir(beside), command[0]); unix.Access(path, unix.X_OK) == nil {
			command[0] = path
		}
	}
	ours, theirs, err := terminal.Open(160, 50)
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p := &program{cmd: exec.Command(command[0], command[1:]...), terminal: ours, draws: make(chan time.Time, 1), ended: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs, theirs, theirs
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	go p.read()
	go func() { p.ended <- p.cmd.Wait() }()
	time.Sleep(settling)
	if p.drawn.Load() < leastDrawn {
		return nil, errors.Join(fmt.Errorf("%s drew no screen in %v", command[0], settling), p.stop())
	}
	return p, nil
}

// answers are those of a terminal to what some programs ask before they draw: which
// colour is behind the text (OSC 11), and where the cursor stands (ECMA-48 section 8.3.35).
var answers = []struct{ question, answer string }{
	{"\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x1b\\"},
	{"\x1b[6n", "\x1b[1;1R"},
}

// read takes what is drawn.
func (p *program) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := p.terminal.Read(buf)
		if err != nil {
			return // the program has ended
		}
		p.drawn.Add(int64(n))
		for _, a := range answers {
			if bytes.Contains(buf[:n], []byte(a.question)) {
				_, _ = p.terminal.WriteString(a.answer) // without it, it waits for a while
			}
		}
		select {
		case p.draws <- time.Now():
		default:
		}
	}
}

// stop asks the program to end, and ends it if it does not.
func (p *program) stop() error {
	defer p.terminal.Close()
	_, err := p.terminal.WriteString("q")
	select {
	case <-p.ended:
		return err // the status of its end is its own
	case <-time.After(10 * time.Second): // it is still busy with what was measured
		err = errors.Join(err, p.cmd.Process.Kill())
		<-p.ended
		return err
	}
}

// processorTime is what the program has used: fields 14 and 15 of proc_pid_stat(5), in
// ticks of a hundredth of a second.
func (p *program) processorTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is cut off", p.cmd.Process.Pid)
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

// memory is a line of proc_pid_status(5) in KiB: VmHWM or RssAnon.
func (p *program) memory(line string) (kib int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), line+":")
	_, err = fmt.Sscan(rest, &kib)
	return kib, err
}

// files is the number of its descriptors.
func (p *program) files() (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	return len(entries), err
}
