package population

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Crowd makes n processes that each hold the given number of files, of which
// some are sockets of their own: TCP listeners on 127.2.x.y. No files at all is
// an idle process. It needs cat(1).
func Crowd(processes, files, sockets int) (*Set, error) {
	b := &builder{Set: &Set{}}
	hold := &group{}
	null, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	b.check(err, "open /dev/null")
	if err == nil {
		b.fds = append(b.fds, null)
		b.crowd(hold, null, processes, files, sockets)
	}
	if hold.hold != nil {
		b.closers = append(b.closers, hold.stop)
	}
	// The processes hold the sockets now; what we hold would be one more owner.
	for _, fd := range b.fds {
		if fd >= 0 {
			b.check(unix.Close(fd), "close")
		}
	}
	b.fds = nil
	if b.err != nil {
		return nil, errors.Join(b.err, b.Close())
	}
	return b.Set, nil
}

func (b *builder) crowd(g *group, null, processes, files, sockets int) {
	r, err := g.open()
	b.check(err, "pipe")
	if err != nil {
		return
	}
	defer r.Close()
	for i := 0; i < processes && b.err == nil; i++ {
		fds := make([]int, 0, files)
		first := len(b.fds)
		for range sockets {
			fds = append(fds, b.crowdListener(i))
		}
		for len(fds) < files {
			fds = append(fds, null)
		}
		if b.err == nil {
			b.check(g.start(r, fds), "start process %d of %d", i, processes)
		}
		for _, fd := range b.fds[first:] {
			b.check(unix.Close(fd), "close")
		}
		b.fds = b.fds[:first]
	}
}

func (b *builder) crowdListener(process int) int {
	fd := b.socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	addr := &unix.SockaddrInet4{Addr: [4]byte{127, 2, byte(process >> 8), byte(process)}}
	b.bind(fd, addr)
	b.listen(fd, 16)
	return fd
}
