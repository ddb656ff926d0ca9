package population

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

type restlessArgs struct{ Connections int }

// Restless starts a process with a number of loopback connections, of which some get
// something to read, some read it, and some end and are followed by others, a few
// thousand times a second, until it is stopped.
func Restless(connections int) (*Helper, error) {
	return startHelper("restless", restlessArgs{connections}, new(bool))
}

// Pause makes a helper stand still, with its sockets as they are. At the return all of
// its threads do.
func (h *Helper) Pause() error {
	if err := h.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		if err := unix.Waitid(unix.P_PID, h.PID(), nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != unix.EINTR {
			return err
		}
	}
}

// Continue ends a pause.
func (h *Helper) Continue() error { return h.cmd.Process.Signal(syscall.SIGCONT) }

func restlessRole(encoded json.RawMessage, done <-chan struct{}) (any, error) {
	var args restlessArgs
	if err := json.Unmarshal(encoded, &args); err != nil {
		return nil, err
	}
	r := &restless{builder: builder{Set: &Set{}}}
	for i := 0; len(r.pairs) < args.Connections && r.err == nil; i++ {
		r.listen(i)
		for n := min(perListener, args.Connections-len(r.pairs)); n > 0 && r.err == nil; n-- {
			r.pairs = append(r.pairs, r.connect(i))
		}
	}
	if r.err == nil {
		go r.move(done)
	}
	return true, r.err
}

// restless is a population that changes.
type restless struct {
	builder
	listeners []int
	pairs     []pair
}

// pair is a connection: its two descriptors, and by which listener it was made.
type pair struct{ client, server, listener int }

func (r *restless) listen(index int) {
	listener := r.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	r.resetOnClose(listener)
	r.bind(listener, inet4(fmt.Sprintf("127.4.0.%d", index+1), 0))
	r.builder.listen(listener, 128)
	r.listeners = append(r.listeners, listener)
}

func (r *restless) connect(listener int) pair {
	client, server := r.connection(unix.AF_INET, r.listeners[listener], nil)
	r.resetOnClose(client)
	r.fds = r.fds[:0] // the process holds them until it ends, or closes them here
	return pair{client, server, listener}
}

// move changes one connection after the other.
func (r *restless) move(done <-chan struct{}) {
	buf := make([]byte, 4096)
	for r.err == nil {
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
		}
		for range 3 {
			p := &r.pairs[rand.IntN(len(r.pairs))]
			switch rand.IntN(8) {
			case 0:
				r.check(unix.Close(p.client), "close")
				r.check(unix.Close(p.server), "close")
				*p = r.connect(p.listener)
			case 1, 2, 3:
				_, _, err := unix.Recvfrom(p.client, buf, unix.MSG_DONTWAIT)
				if err != unix.EAGAIN {
					r.check(err, "recv")
				}
			default:
				err := unix.Send(p.server, buf[:1+rand.IntN(100)], unix.MSG_DONTWAIT)
				if err != unix.EAGAIN {
					r.check(err, "send")
				}
			}
		}
	}
	fmt.Fprintln(os.Stderr, "restless population:", r.err)
	os.Exit(1)
}
