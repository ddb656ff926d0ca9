package population

import (
	"encoding/json"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

type churnArgs struct{ Workers int }

// churnStarted is what a churning helper says: the connections that its workers
// made before it answered.
type churnStarted struct{ Connections int64 }

// Churn starts a process whose workers open and close loopback connections as
// fast as they can, until the helper is stopped. At the return every worker has
// begun.
func Churn(workers int) (*Helper, error) {
	var started churnStarted
	return startHelper("churn", churnArgs{workers}, &started)
}

func churnRole(encoded json.RawMessage, done <-chan struct{}) (any, error) {
	var args churnArgs
	if err := json.Unmarshal(encoded, &args); err != nil {
		return nil, err
	}
	var count atomic.Int64
	var begun sync.WaitGroup
	errs := make(chan error, args.Workers)
	for i := range args.Workers {
		begun.Add(1)
		go churn(byte(i), &count, sync.OnceFunc(begun.Done), errs, done)
	}
	begun.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return churnStarted{count.Load()}, nil
	}
}

func churn(index byte, count *atomic.Int64, begun func(), errs chan<- error, done <-chan struct{}) {
	defer begun()
	b := &builder{Set: &Set{}}
	listener := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	b.bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 3, 0, index + 1}})
	b.listen(listener, 64)
	for n := 0; b.err == nil; n++ {
		select {
		case <-done:
			return
		default:
		}
		client, server := b.connection(unix.AF_INET, listener, nil)
		// Most are reset. The others leave TIME_WAIT, not so many that the
		// ports run out.
		if n%16 != 0 {
			b.resetOnClose(client)
		}
		b.close(client)
		b.close(server)
		b.fds = b.fds[:1]
		count.Add(1)
		begun()
	}
	errs <- b.err
}
