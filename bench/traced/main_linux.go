// Command traced makes connections on loopback while somebody traces them, for the
// benchmark: what a trace costs is what the connections take longer with it.
//
//	traced N                    nobody does
//	traced N count              this program counts the events
//	traced N COMMAND [WORD ..]  a program prints them to a file
//
// A COMMAND is looked for beside this program first. It prints the number of events,
// or of lines. Events that were counted must be all of them.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/platform/tracer"
	"sockeye/sock"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "traced:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("how many connections?")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	// A listener of MPTCP, as Go makes them else, has more to do.
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l)
	told := 0
	switch {
	case len(args) == 1:
		err = connect(l.Addr().String(), n)
	case args[1] == "count":
		told, err = counted(l.Addr().String(), n)
	default:
		told, err = printed(l.Addr().String(), n, args[1:])
	}
	if err == nil {
		_, err = fmt.Println(told)
	}
	return err
}

// serve answers each connection and closes it after its peer has.
func serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			if _, err := io.ReadFull(conn, make([]byte, 2)); err == nil {
				_, _ = conn.Write([]byte("hello"))
			}
			_, _ = io.Copy(io.Discard, conn)
		}()
	}
}

// connect makes connections, two at a time, that carry a question and an answer.
func connect(address string, n int) error {
	const workers = 2
	failed := make(chan error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < n; i += workers {
				if err := once(address); err != nil {
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

func once(address string) error {
	conn, err := net.Dial("tcp4", address)
	if err != nil {
		return err
	}
	if _, err = conn.Write([]byte("hi")); err == nil {
		_, err = io.ReadFull(conn, make([]byte, 5))
	}
	return errors.Join(err, conn.Close())
}

// changes is how many changes of state a connection has at both ends.
const changes = 10

// counted counts the events of the connections.
func counted(address string, n int) (told int, err error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/ns/net", &st); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// The last sockets of a run before may be closed meanwhile.
	server, err := netip.ParseAddrPort(address)
	if err != nil {
		return 0, err
	}
	end := tracer.End{First: server.Port(), Last: server.Port()}
	t, err := tracer.Open(ctx, tracer.Options{
		Kinds: tracer.KindsOf(tracer.StateChange), Namespaces: []uint64{st.Ino}, Proc: "/proc",
		Rules: []tracer.Rule{{Local: end}, {Remote: end}},
	})
	if err != nil {
		return 0, err
	}
	defer t.Close()
	made := make(chan error, 1)
	go func() {
		made <- connect(address, n)
		time.AfterFunc(10*time.Second, cancel) // what is not told by then is lost
	}()
	ended := 0
	for e, err := range t.Events() {
		if err != nil {
			return told, err
		}
		if e == nil {
			continue
		}
		if told++; e.NewState == sock.Closed {
			if ended++; ended == 2*n {
				break
			}
		}
	}
	if told != changes*n || t.Lost() != 0 {
		return told, fmt.Errorf("%d events of %d connections, %d lost", told, n, t.Lost())
	}
	return told, <-made
}

// printed has a program print the events to a file.
func printed(address string, n int, command []string) (lines int, err error) {
	// Programs that are no ours need the tracing file system.
	if err := unix.Mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
		return 0, fmt.Errorf("mount tracefs: %w", err)
	}
	out, err := os.CreateTemp("", "traced")
	if err != nil {
		return 0, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	if beside, err := os.Executable(); err == nil {
		if path := filepath.Join(filepath.Dir(beside), command[0]); unix.Access(path, unix.X_OK) == nil {
			command[0] = path
		}
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ready(address, out)
	err = connect(address, n)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, err
	}
	_ = cmd.Wait() // each has its own status at the end of a signal
	text, readErr := os.ReadFile(out.Name())
	return bytes.Count(text, []byte("\n")), errors.Join(err, readErr)
}

// ready makes connections until the program has printed something.
func ready(address string, out *os.File) {
	for range 10000 {
		if info, err := out.Stat(); err != nil || info.Size() > 1000 {
			return
		}
		if once(address) != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
