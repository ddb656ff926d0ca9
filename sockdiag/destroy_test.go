package sockdiag

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"sockeye/sock"
)

// TestDestroy: one request with the cookie, and each answer of the kernel in words.
func TestDestroy(t *testing.T) {
	for answer, want := range map[syscall.Errno]error{
		0:                  nil,
		syscall.ENOENT:     sock.ErrNotFound,
		syscall.ESTALE:     sock.ErrNotFound,
		syscall.EOPNOTSUPP: sock.ErrNotDestroyable,
		syscall.EPERM:      sock.ErrNotPermitted,
		syscall.ENOBUFS:    syscall.ENOBUFS,
	} {
		stray := delivery{messages: []reply{failure(syscall.EIO)}, otherSeq: true}
		k := newFakeKernel(t, []delivery{stray, failed(syscall.EINTR), datagram(failure(answer))})
		s := listed(sock.Established)
		if err := k.source().Destroy(t.Context(), here, s); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("answer %v: %v, want %v", answer, err, want)
		}
		if k.opened != 1 || k.closed != 1 {
			t.Errorf("%d opened, %d closed", k.opened, k.closed)
		}
		r := k.requests[0]
		if kind, flags := native.Uint16(r[4:]), native.Uint16(r[6:]); kind != sockDestroy || flags != nlmFRequest|nlmFAck {
			t.Errorf("message type %d, flags %#x", kind, flags)
		}
		if cookie := uint64(native.Uint32(r[len(r)-8:])) | uint64(native.Uint32(r[len(r)-4:]))<<32; cookie != s.Cookie {
			t.Errorf("cookie %d", cookie)
		}
	}
}

// TestDestroyAsksForNothingElse: what the kernel cannot close, or what might be
// another socket, is not asked for.
func TestDestroyAsksForNothingElse(t *testing.T) {
	anonymous := listed(sock.Established)
	anonymous.Known &^= sock.FieldCookie
	unix := &sock.Socket{Protocol: sock.Unix, Family: sock.FamilyUnix, Known: sock.FieldCookie | sock.FieldInode, Cookie: 1, Inode: 7}
	for _, s := range []*sock.Socket{anonymous, unix} {
		k := newFakeKernel(t)
		if err := k.source().Destroy(t.Context(), here, s); !errors.Is(err, sock.ErrNotDestroyable) || len(k.requests) > 0 {
			t.Errorf("%v: %v after %d requests", s.Protocol, err, len(k.requests))
		}
	}
	k := newFakeKernel(t, []delivery{failed(syscall.EAGAIN)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.source().Destroy(ctx, here, listed(sock.Established)); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
