package winetest

import (
	"io"
	"net"
	"testing"
	"time"
)

// Remembered is how long the kernel remembers a connection that both sides closed:
// TCP_TIMEWAIT_LEN of net/tcp.h, which no setting changes.
const Remembered = time.Minute

// Finish makes connections in the rig's network namespace, over IPv4 and IPv6, that
// both sides closed, and returns the ends that are remembered.
func (r *Rig) Finish(t testing.TB) []Held {
	t.Helper()
	var made []Held
	for family, address := range map[string]string{"ipv4": "127.0.0.1:0", "ipv6": "[::1]:0"} {
		var listener net.Listener
		var client net.Conn
		err := r.Do(func() (err error) {
			if listener, err = net.Listen("tcp", address); err != nil {
				return err
			}
			client, err = net.Dial("tcp", listener.Addr().String())
			return err
		})
		if err == nil {
			err = finish(listener, client.(*net.TCPConn))
		}
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, Held{Protocol: "tcp", Family: family, State: "TIME_WAIT",
			Local:  client.LocalAddr().(*net.TCPAddr).AddrPort(),
			Remote: client.RemoteAddr().(*net.TCPAddr).AddrPort()})
	}
	return made
}

// finish closes the client's side first, so that it is the one remembered.
func finish(l net.Listener, client *net.TCPConn) error {
	defer l.Close()
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		return err
	}
	defer server.Close()
	if err := client.CloseWrite(); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, server); err != nil {
		return err
	}
	if err := server.Close(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, client)
	return err
}
