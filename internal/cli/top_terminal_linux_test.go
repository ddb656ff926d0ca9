package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// onTerminal is the program on a terminal of the test's own.
type onTerminal struct {
	t            *testing.T
	cmd          *exec.Cmd
	ours, theirs *os.File
	before       *unix.Termios
	shown        strings.Builder
}

// startTop starts `sockeye top` with some words.
func startTop(t *testing.T, words ...string) *onTerminal {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_EMULATED") != "" {
		t.Skip("an emulated program cannot start itself again")
	}
	p := &onTerminal{t: t}
	p.ours, p.theirs = openTerminal(t, 120, 30)
	var err error
	if p.before, err = unix.IoctlGetTermios(int(p.theirs.Fd()), unix.TCGETS); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	// Nothing is read from a terminal of which both ends are open: the end of the time is
	// that of the reading, too.
	context.AfterFunc(ctx, func() { p.theirs.Close() })
	p.cmd = exec.CommandContext(ctx, "/proc/self/exe", append([]string{"top", "--interval", "0.05"}, words...)...)
	p.cmd.Args[0] = "sockeye" // the test binary then is the program: see TestMain
	p.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR=1")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = p.theirs, p.theirs, p.theirs
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// until reads what is drawn until it holds a word. Only what is another than before is
// drawn, which may be a part of the word, so that the whole screen is asked for.
func (p *onTerminal) until(text string) {
	p.t.Helper()
	buf := make([]byte, 64<<10)
	for !strings.Contains(p.shown.String(), text) {
		n, err := p.ours.Read(buf)
		p.shown.Write(buf[:n])
		if err != nil {
			p.t.Fatalf("%v before %q was drawn: %q", err, text, p.shown.String())
		}
		if !strings.Contains(p.shown.String(), text) {
			p.types("\x0c") // ^L
		}
	}
	p.shown.Reset()
}

// types types.
func (p *onTerminal) types(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.ours, text); err != nil {
		p.t.Fatal(err)
	}
}

// ended waits for the end, and holds the terminal against what it was.
func (p *onTerminal) ended(status int) {
	p.t.Helper()
	rest := make(chan string)
	go func() {
		text, _ := io.ReadAll(p.ours) // it ends with EIO when the other end is closed
		rest <- string(text)
	}()
	_ = p.cmd.Wait() // the exit status is what is looked at
	after, err := unix.IoctlGetTermios(int(p.theirs.Fd()), unix.TCGETS)
	if err != nil || *after != *p.before {
		p.t.Errorf("the terminal is another: %+v, was %+v, %v", after, p.before, err)
	}
	p.theirs.Close()
	shown := <-rest
	if got := p.cmd.ProcessState.ExitCode(); got != status {
		p.t.Errorf("exit status %d, want %d: %q", got, status, shown)
	}
	for _, sequence := range []string{"\x1b[?1049l", "\x1b[?25h"} { // the first screen, the cursor
		if !strings.Contains(shown, sequence) {
			p.t.Errorf("%q is missing at the end: %q", sequence, shown)
		}
	}
}

// listenAt listens on an address that nothing else here has.
func listenAt(t *testing.T) (l net.Listener, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.9.8.7:0")
	if err != nil {
		t.Fatal(err)
	}
	return l, fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// TestTopOnATerminal draws what there is, takes keys and a size, and leaves the
// terminal as it was.
func TestTopOnATerminal(t *testing.T) {
	l, port := listenAt(t)
	defer l.Close()
	p := startTop(t, "-tl", "src", "127.9.8.7")
	p.until("127.9.8.7:" + port)
	p.types("w")
	p.until("waits for connections")
	p.types("!")
	p.until("does not look at these tables") // with -l
	p.types("!?")
	p.until("Movement")
	p.types("q/") // out of the help, and into the filter
	p.until("filter")
	p.types(" and dprot = 1")
	p.until("dport?")
	p.types("\x07") // ^G, as Escape, which would begin a sequence with what is typed behind it
	p.until("group")
	if err := unix.IoctlSetWinsize(int(p.ours.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 12, Col: 50}); err != nil {
		t.Fatal(err)
	}
	p.until("127.9.8.7:" + port)
	p.types("q")
	p.ended(0)
}

// TestTopEndsBySignal: SIGINT is an end, SIGTERM another, and both leave the terminal as
// it was; so does ^C.
func TestTopEndsBySignal(t *testing.T) {
	l, port := listenAt(t)
	defer l.Close()
	for _, test := range []struct {
		signal syscall.Signal
		status int
	}{{syscall.SIGINT, 0}, {syscall.SIGTERM, exitTerminated}, {0, 0}} {
		p := startTop(t, "-tl", "src", "127.9.8.7")
		p.until("127.9.8.7:" + port)
		if test.signal == 0 {
			p.types("\x03")
		} else if err := p.cmd.Process.Signal(test.signal); err != nil {
			t.Fatal(err)
		}
		p.ended(test.status)
	}
}

// TestTopHoldsNothing: sockets that are opened and closed while it runs leave nothing
// behind: after many it has as many descriptors as after a few, and no more memory than
// that takes. Each of them is seen before the next is opened, so that this counts
// passes, however long they take.
func TestTopHoldsNothing(t *testing.T) {
	stays, port := listenAt(t)
	defer stays.Close()
	p := startTop(t, "-tl", "src", "127.9.8.7")
	p.until("127.9.8.7:" + port)
	rounds := func(n int) (files int, memory uint64) {
		for range n {
			l, port := listenAt(t)
			p.until(port)
			l.Close()
		}
		return footprintOf(t, p.cmd.Process.Pid)
	}
	files, memory := rounds(10)
	later, more := rounds(30)
	// A pass may be under way, which has a few descriptors open.
	if later > files+10 || more > memory+memory/2+8<<10 {
		t.Errorf("%d descriptors and %d KiB, were %d and %d", later, more, files, memory)
	}
	p.types("q")
	p.ended(0)
}

// footprintOf returns the descriptors of a process and its own memory in KiB.
func footprintOf(t *testing.T, pid int) (files int, memory uint64) {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	if _, err := fmt.Sscan(rest, &memory); err != nil {
		t.Fatal(err)
	}
	return len(entries), memory
}
