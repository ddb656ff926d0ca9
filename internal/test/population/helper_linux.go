package population

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// helperEnv names the role of a helper process, argsEnv holds its arguments.
const (
	helperEnv = "SOCKEYE_POPULATION_HELPER"
	argsEnv   = "SOCKEYE_POPULATION_ARGS"
)

// replyFD is the descriptor on which a helper says what it made: the first of
// exec.Cmd.ExtraFiles.
const replyFD = 3

// A role makes sockets, returns what it made, and holds them until the process
// ends. Work that goes on meanwhile stops when done is closed.
type role func(args json.RawMessage, done <-chan struct{}) (any, error)

var roles = map[string]role{
	"listen":   listenRole,
	"mass":     massRole,
	"churn":    churnRole,
	"restless": restlessRole,
}

type reply struct {
	Error  string          `json:",omitempty"`
	Result json.RawMessage `json:",omitempty"`
}

// init keeps the main goroutine of a helper on the first thread, which is the one
// that a [Zombie] ends.
func init() {
	if os.Getenv(helperEnv) != "" {
		runtime.LockOSThread()
	}
}

// RunHelper does the work of a helper process and ends it, if this process is
// one; else it returns at once. Call it before anything else, with the roles that
// the program has beside those of this package.
func RunHelper(own ...map[string]Role) {
	name := os.Getenv(helperEnv)
	if name == "" {
		return
	}
	fill := roles[name]
	for _, more := range own {
		if play := more[name]; play != nil {
			fill = func(json.RawMessage, <-chan struct{}) (any, error) { return play() }
		}
	}
	if err := runHelper(fill); err != nil {
		fmt.Fprintf(os.Stderr, "population helper %s: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runHelper(fill role) error {
	if fill == nil {
		return errors.New("no such role")
	}
	out := os.NewFile(replyFD, "reply")
	done := untilStdinEnds()
	result, err := fill(json.RawMessage(os.Getenv(argsEnv)), done)
	zombie, ends := result.(Zombie)
	if ends {
		result = zombie.Answer
	}
	var r reply
	if err != nil {
		r.Error = err.Error()
	} else if r.Result, err = json.Marshal(result); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(r); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if ends {
		go func() {
			<-done
			os.Exit(0)
		}()
		// Not os.Exit: this thread alone ends.
		_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	}
	<-done
	return nil
}

// untilStdinEnds returns a channel that is closed at the end of standard input. The
// parent holds the other end, so that a helper never outlives it.
func untilStdinEnds() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(done)
	}()
	return done
}

// Helper is a process that holds sockets.
type Helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// PID returns the process id of the helper.
func (h *Helper) PID() int { return h.cmd.Process.Pid }

// startHelper starts a helper and waits until it has made everything. The
// answer is decoded into result.
func startHelper(name string, args, result any) (*Helper, error) {
	return startHelperAs(exec.Command("/proc/self/exe"), name, args, result)
}

// startHelperAs starts a helper by a command that runs a copy of this program.
func startHelperAs(cmd *exec.Cmd, name string, args, result any) (*Helper, error) {
	encoded, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(os.Environ(), helperEnv+"="+name, argsEnv+"="+string(encoded))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, fmt.Errorf("start helper %s: %w", name, err)
	}
	h := &Helper{cmd: cmd, stdin: stdin}
	if err := readReply(r, result); err != nil {
		return nil, errors.Join(fmt.Errorf("helper %s: %w", name, err), h.Stop())
	}
	return h, nil
}

func readReply(r io.Reader, result any) error {
	var answer reply
	if err := json.NewDecoder(bufio.NewReader(r)).Decode(&answer); err != nil {
		return fmt.Errorf("read what it made: %w", err)
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return json.Unmarshal(answer.Result, result)
}

// Stop ends the helper and its sockets, and waits for it.
func (h *Helper) Stop() error {
	h.stdin.Close()
	// A helper that hangs must not hang the test.
	kill := time.AfterFunc(20*time.Second, func() { _ = h.cmd.Process.Kill() })
	defer kill.Stop()
	return h.cmd.Wait()
}
