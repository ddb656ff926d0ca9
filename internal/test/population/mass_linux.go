package population

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// perListener is the number of connections to one port: few enough that
	// connect(2) finds a free port at the first try.
	perListener = 2000
	// sparedFiles are descriptors that a process needs for itself.
	sparedFiles = 100
	// mostFiles bounds a process where the system's limit is higher.
	mostFiles = 20000
)

type massArgs struct {
	Index       int // of the process: it selects the addresses
	Connections int
	Report      bool
}

// Mass makes a number of established loopback TCP connections, each of two
// sockets, in as few processes as the limit on open files allows. The ports and
// the addresses 127.1.x.y are spread, so that no range of ports runs out.
//
// Made lists the sockets only if report is set. Close leaves nothing behind in
// the kernel: the connections are reset.
func Mass(connections int, report bool) (*Set, error) {
	each, err := connectionsPerProcess()
	if err != nil {
		return nil, err
	}
	n := (connections + each - 1) / each
	set := &Set{}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for i := range n {
		// Even shares, so that no process is different.
		share := connections*(i+1)/n - connections*i/n
		wg.Go(func() {
			var made []Made
			h, err := startHelper("mass", massArgs{Index: i, Connections: share, Report: report}, &made)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			set.Made = append(set.Made, made...)
			set.closers = append(set.closers, h.Stop)
		})
	}
	wg.Wait()
	if len(errs) > 0 {
		return nil, errors.Join(append(errs, set.Close())...)
	}
	return set, nil
}

func connectionsPerProcess() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("limit on open files: %w", err)
	}
	// A started program raises its soft limit to the hard one: package os.
	files := min(limit.Max, mostFiles)
	if files < sparedFiles+100 {
		return 0, fmt.Errorf("the limit of %d open files is too low", files)
	}
	// One descriptor for each end, and one listener for perListener of them.
	free := int(files) - sparedFiles
	return (free - free/perListener) / 2, nil
}

func massRole(encoded json.RawMessage, _ <-chan struct{}) (any, error) {
	var args massArgs
	if err := json.Unmarshal(encoded, &args); err != nil {
		return nil, err
	}
	b := &builder{Set: &Set{}}
	for done := 0; done < args.Connections && b.err == nil; done += perListener {
		b.massListener(args, done/perListener, min(perListener, args.Connections-done))
	}
	return b.Made, b.err
}

// massListener makes one listener and n connections to it.
func (b *builder) massListener(args massArgs, index, n int) {
	addr := fmt.Sprintf("127.1.%d.%d", args.Index%256, index%250+1)
	listener := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	// Accepted sockets inherit it: the end of the process then resets them and
	// leaves no TIME_WAIT to the next population.
	b.resetOnClose(listener)
	b.bind(listener, inet4(addr, 0))
	b.listen(listener, 128)
	if b.err != nil {
		return
	}
	to, err := unix.Getsockname(listener)
	b.check(err, "getsockname")
	if args.Report {
		b.note("mass listener", listener, TCP, Listen)
	}
	for i := 0; i < n && b.err == nil; i++ {
		client := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		b.resetOnClose(client)
		// The port is chosen at connect(2), for the whole pair of addresses.
		b.option(client, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		b.bind(client, inet4(addr, 0))
		b.connect(client, to)
		server := b.accept(listener)
		if args.Report {
			b.note("mass client", client, TCP, Established)
			b.note("mass server", server, TCP, Established)
		}
	}
}

func (b *builder) resetOnClose(fd int) {
	if b.err == nil {
		b.check(unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}), "SO_LINGER")
	}
}
