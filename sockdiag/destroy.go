package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"sockeye/sock"
)

// destroyAnswers is what the kernel's answers to SOCK_DESTROY mean
// (inet_diag_cmd_exact and tcp_abort, net/ipv4).
var destroyAnswers = map[syscall.Errno]error{
	// No handler for the protocol has destroy, or the kernel was built without
	// CONFIG_INET_DIAG_DESTROY.
	syscall.EOPNOTSUPP: sock.ErrNotDestroyable,
	// No socket is found by its ends, or one with another cookie is: a successor on
	// the same ends, or another one of a group that shares them (SO_REUSEPORT).
	// Which of these, is not told by every kernel.
	syscall.ENOENT: sock.ErrNotFound,
	syscall.ESTALE: sock.ErrNotFound,
	syscall.EPERM:  sock.ErrNotPermitted,
}

// Destroy closes a socket that was listed, if it is still the same one by its
// cookie: a connection is reset, what its process does with it next fails with
// ECONNABORTED (SOCK_DESTROY of linux/sock_diag.h, Linux 4.5; CAP_NET_ADMIN). A
// listener or datagram socket stays with its process and is no longer bound to
// receive. The error wraps one of [sock.ErrNotDestroyable], [sock.ErrNotFound]
// and [sock.ErrNotPermitted], or is the context's.
func (s *Source) Destroy(ctx context.Context, env *sock.Environment, k *sock.Socket) error {
	h := handlerOf(k.Protocol)
	if h == nil || h.number == 0 {
		return fmt.Errorf("%w: %s", sock.ErrNotDestroyable, k.Protocol)
	}
	if k.State == sock.Bound {
		// The kernel looks among listeners and connections alone.
		return fmt.Errorf("%w: it is bound and nothing more", sock.ErrNotDestroyable)
	}
	if !k.Knows(sock.FieldCookie) {
		return fmt.Errorf("%w: its cookie is not known", sock.ErrNotDestroyable)
	}
	e := exchange{open: s.session(env).openWire}
	defer e.close()
	r := inetOne(h, k, nlmFRequest|nlmFAck, k.Cookie)
	r.kind = sockDestroy
	err := e.acknowledge(ctx, r.append(nil))
	if errno, told := errors.AsType[syscall.Errno](err); told && destroyAnswers[errno] != nil {
		return destroyAnswers[errno]
	}
	return err
}

// acknowledge sends a request that asks for an acknowledgement, and waits for that.
// The error is the kernel's.
func (e *exchange) acknowledge(ctx context.Context, request []byte) error {
	if err := e.begin(request); err != nil {
		return err
	}
	for range maxForeign {
		datagram, _, err := e.receive(ctx)
		if err != nil {
			return err
		}
		for walk := (messages{datagram}); ; {
			m, ok := walk.next()
			if !ok {
				break
			}
			if m.seq != e.seq || m.port != e.w.port() || m.kind != nlmsgError {
				continue
			}
			e.unfinished = false
			errno, whole := messageErrno(m.payload)
			switch {
			case !whole:
				return &opError{"receive", errors.New("the answer is cut")}
			case errno != 0:
				return syscall.Errno(errno)
			}
			return nil
		}
	}
	return &opError{"receive", errForeign}
}
