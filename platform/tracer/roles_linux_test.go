package tracer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// roleEnv makes the test binary a process that a test needs. It says that it is
// ready with a line of JSON, and ends when its standard input does.
const roleEnv = "SOCKEYE_TRACER_ROLE"

// said is what a role says.
type said struct {
	Port   int
	PID    int
	Reason string // of a refusal
	Cause  string
}

// The sizes of what a client sends, and of the answer.
const (
	question = 2
	answer   = 5
)

func playRole(name string) {
	word, argument, _ := strings.Cut(name, " ")
	result := said{PID: os.Getpid()}
	var err error
	switch word {
	case "serve":
		result.Port, err = serve()
	case "prefork":
		result.Port, err = prefork()
	case "child": // of prefork
		err = child()
	case "connect": // TIMES PORT
		var times, port int
		if _, err = fmt.Sscan(argument, &times, &port); err == nil {
			err = connects(times, port)
		}
	case "open":
		result = opens(result)
	default:
		err = errors.New("no such role")
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "role %s: %v\n", name, err)
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// start starts a role and returns what it says. It ends with the test.
func start(t *testing.T, role string, attr *syscall.SysProcAttr) said {
	t.Helper()
	return startBinary(t, "/proc/self/exe", role, attr)
}

func startBinary(t *testing.T, binary, role string, attr *syscall.SysProcAttr) (result said) {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), roleEnv+"="+role)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = attr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("role %s: %v", role, err)
		}
	})
	if err := json.NewDecoder(bufio.NewReader(stdout)).Decode(&result); err != nil {
		t.Fatalf("role %s: %v", role, err)
	}
	return result
}

// serve answers connections in this process.
func serve() (port int, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go acceptAll(l)
	return l.Addr().(*net.TCPAddr).Port, nil
}

func acceptAll(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "accept:", err)
			os.Exit(1)
		}
		go respond(conn)
	}
}

// respond reads a question, answers it, and closes after the peer has.
func respond(conn net.Conn) {
	defer conn.Close()
	b := make([]byte, question)
	if _, err := io.ReadFull(conn, b); err != nil {
		return
	}
	if _, err := conn.Write(make([]byte, answer)); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, conn)
}

// prefork listens, and leaves accepting to two children.
func prefork() (port int, err error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		return 0, err
	}
	for range 2 {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), roleEnv+"=child")
		cmd.ExtraFiles = []*os.File{file}
		cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return 0, err
		}
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		var ready said
		if err := json.NewDecoder(stdout).Decode(&ready); err != nil {
			return 0, err
		}
	}
	return l.Addr().(*net.TCPAddr).Port, nil
}

func child() error {
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return err
	}
	go acceptAll(l)
	return nil
}

// connects makes connections to a server, a few at a time.
func connects(times, port int) error {
	const workers = 4
	work := make(chan struct{}, times)
	for range times {
		work <- struct{}{}
	}
	close(work)
	failed := make(chan error, workers)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range work {
				if err := ask(port); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// ask sends a question, reads the answer and closes first.
func ask(port int) error {
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write(make([]byte, question)); err != nil {
		return err
	}
	_, err = io.ReadFull(conn, make([]byte, answer))
	return err
}

// opens says whether a trace can be opened.
func opens(result said) said {
	tracer, err := Open(context.Background(), Options{Proc: "/proc", Kinds: KindsOf(StateChange)})
	if err != nil {
		var unavailable *UnavailableError
		if errors.As(err, &unavailable) {
			result.Reason = unavailable.Reason
		}
		result.Cause = err.Error()
		return result
	}
	if err := tracer.Close(); err != nil {
		result.Cause = err.Error()
	}
	return result
}
