package livetest

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lossyTraffic makes connections over the lossy link of which each is in a
// condition of its own, lets them flow, and freezes them. The namespace of the test
// has the near ends; the far ones are in the other.
func lossyTraffic(t *testing.T) *traffic {
	t.Helper()
	far := slowLink(t)
	w := &traffic{t: t, far: far}
	t.Cleanup(w.close)
	listener, port := w.farListener(nil)
	w.senders(listener, port)
	w.receivers(listener, port)
	w.marked(listener, port)
	w.signed()
	w.encrypted(listener, port)
	w.fastopen(listener, port)
	w.local()
	w.datagrams()
	drop(t, far, aTwentieth)
	w.flow(700 * time.Millisecond)
	drop(t, far, everything)
	w.late(port)
	return w
}

// senders send as much as goes: one for each congestion control, one with a small
// buffer, one to a peer that reads nothing.
func (w *traffic) senders(listener, port int) {
	for _, name := range []string{"reno", "cubic", "bbr", "dctcp"} {
		fd := w.socket(unix.SOCK_STREAM)
		err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
		if errors.Is(err, unix.ENOENT) {
			w.t.Logf("this kernel has no %s", name)
			continue
		}
		w.must("TCP_CONGESTION", err)
		server := w.connect(fd, listener, port)
		w.send, w.read = append(w.send, fd), append(w.read, server)
	}
	small := w.socket(unix.SOCK_STREAM, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<10)
	server := w.connect(small, listener, port)
	w.send, w.read = append(w.send, small), append(w.read, server)
	stuck := w.socket(unix.SOCK_STREAM)
	w.connect(stuck, listener, port)
	w.send = append(w.send, stuck)
}

// receivers get from the other end: one reads, one has its buffer full.
func (w *traffic) receivers(listener, port int) {
	reader := w.socket(unix.SOCK_STREAM)
	w.send, w.read = append(w.send, w.connect(reader, listener, port)), append(w.read, reader)
	full := w.socket(unix.SOCK_STREAM, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10)
	w.send = append(w.send, w.connect(full, listener, port))
}

// marked are idle, with options.
func (w *traffic) marked(listener, port int) {
	fd := w.socket(unix.SOCK_STREAM, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1, unix.SOL_SOCKET, unix.SO_MARK, 0x2a,
		unix.IPPROTO_IP, unix.IP_TOS, 0x10, unix.IPPROTO_IP, unix.IP_FREEBIND, 1, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
	w.must("SO_BINDTODEVICE", unix.BindToDevice(fd, "near"))
	w.connect(fd, listener, port)
	limited := w.socket(unix.SOCK_STREAM)
	w.must("SO_MAX_PACING_RATE", unix.SetsockoptInt(limited, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, 1<<20))
	w.connect(limited, listener, port)
	w.must("write", writeAll(limited, 9000))
	w.must("shutdown", unix.Shutdown(limited, unix.SHUT_WR))
	other := w.socket(unix.SOCK_STREAM)
	w.must("owner", unix.Fchown(other, 1234, 1234))
	server := w.connect(other, listener, port)
	w.must("write", writeAll(server, 100))
	w.must("shutdown", unix.Shutdown(server, unix.SHUT_WR)) // CLOSE_WAIT here
	gone := w.socket(unix.SOCK_STREAM)
	w.connect(gone, listener, port)
	w.must("shutdown", unix.Shutdown(gone, unix.SHUT_RDWR)) // FIN_WAIT_2 here
}

// md5Secret is the key of TCP MD5 signatures. ss shows it; nothing here does.
const md5Secret = "s3cr3t"

// signed is a connection whose segments have TCP MD5 signatures, where the kernel
// has them.
func (w *traffic) signed() {
	key := func(fd int, peer [4]byte) error {
		sig := make([]byte, 128+8+80) // struct tcp_md5sig of linux/tcp.h
		binary.NativeEndian.PutUint16(sig, unix.AF_INET)
		copy(sig[4:], peer[:])
		binary.NativeEndian.PutUint16(sig[130:], uint16(len(md5Secret)))
		copy(sig[136:], md5Secret)
		return unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG, string(sig))
	}
	fd := w.socket(unix.SOCK_STREAM)
	if err := key(fd, [4]byte{10, 66, 0, 2}); errors.Is(err, unix.ENOPROTOOPT) {
		w.t.Log("this kernel has no TCP MD5 signatures")
		return
	} else {
		w.must("TCP_MD5SIG", err)
	}
	listener, port := w.farListener(func(fd int) error { return key(fd, [4]byte{10, 66, 0, 1}) })
	w.connect(fd, listener, port)
	w.must("write", writeAll(fd, 500))
}

// encrypted has keys for sending, where the kernel has TLS.
func (w *traffic) encrypted(listener, port int) {
	fd := w.socket(unix.SOCK_STREAM)
	w.connect(fd, listener, port)
	err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_ULP, "tls")
	if errors.Is(err, unix.ENOENT) {
		w.t.Log("this kernel has no TLS")
		return
	}
	w.must("TCP_ULP", err)
	info := binary.NativeEndian.AppendUint16(nil, 0x304)                           // TLS 1.3
	info = append(binary.NativeEndian.AppendUint16(info, 51), make([]byte, 36)...) // AES-GCM with 128 bits
	const tlsTX = 1
	w.must("TLS_TX", unix.SetsockoptString(fd, unix.SOL_TLS, tlsTX, string(info)))
}

// fastopen sends data in its SYN.
func (w *traffic) fastopen(listener, port int) {
	fd := w.socket(unix.SOCK_STREAM)
	w.must("sendto", unix.Sendto(fd, make([]byte, 300), unix.MSG_FASTOPEN, &unix.SockaddrInet4{Addr: [4]byte{10, 66, 0, 2}, Port: port}))
	w.accept(fd, listener)
}

// local are sockets without the link: a listener with a queue that only IPv6 comes
// to, and what it has.
func (w *traffic) local() {
	listener, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	w.must("socket", err)
	w.fds = append(w.fds, listener)
	w.must("IPV6_V6ONLY", unix.SetsockoptInt(listener, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
	w.must("IPV6_TCLASS", unix.SetsockoptInt(listener, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, 0x20))
	w.must("bind", unix.Bind(listener, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}))
	w.must("listen", unix.Listen(listener, 3))
	at, err := unix.Getsockname(listener)
	w.must("getsockname", err)
	for range 2 {
		client, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		w.must("socket", err)
		w.fds = append(w.fds, client)
		w.must("connect", unix.Connect(client, at))
	}
}

// datagrams are UDP: one that lost what it got, and one with a peer.
func (w *traffic) datagrams() {
	full := w.socket(unix.SOCK_DGRAM, unix.SOL_SOCKET, unix.SO_RCVBUF, 2048)
	w.must("bind", unix.Bind(full, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := unix.Getsockname(full)
	w.must("getsockname", err)
	sender := w.socket(unix.SOCK_DGRAM, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0)
	w.must("connect", unix.Connect(sender, at))
	for range 20 {
		if _, err := unix.Write(sender, make([]byte, 1000)); err != nil {
			w.t.Fatalf("write: %v", err)
		}
	}
}

// late begins when nothing arrives any more: a handshake that is not answered.
func (w *traffic) late(port int) {
	fd := w.socket(unix.SOCK_STREAM | unix.SOCK_NONBLOCK)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{10, 66, 0, 2}, Port: port}); err != unix.EINPROGRESS {
		w.t.Fatalf("connect: %v", err)
	}
}

func writeAll(fd, n int) error {
	_, err := unix.Write(fd, make([]byte, n))
	return err
}
