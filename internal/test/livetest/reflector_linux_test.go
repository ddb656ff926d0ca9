package livetest

import (
	"encoding/binary"
	"os"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// The two ends of what the reflector reflects: who connects from reflectHere to
// reflectThere reaches this host, as if from there.
const (
	reflectHere  = "10.8.0.1"
	reflectThere = "10.8.0.2"
)

// reflector is a link that leads back to this host and does to packets what a test
// says. It is a device of a tunnel whose other end exchanges the two addresses of each
// packet, which leaves all checksums as they are.
type reflector struct {
	*testing.T
	device *os.File
	pass   atomic.Pointer[func(packet []byte, send func([]byte))]
}

// reflect makes the link.
func (m *maker) reflect() *reflector {
	m.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	m.must(err)
	request, err := unix.NewIfreq("reflect0")
	m.must(err)
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	m.must(unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	r := &reflector{T: m.T, device: os.NewFile(uintptr(fd), "/dev/net/tun")}
	must(m.T, "ip", "address", "add", reflectHere+"/24", "dev", "reflect0")
	must(m.T, "ip", "link", "set", "reflect0", "up")
	ended := make(chan bool)
	go func() {
		defer close(ended)
		r.run()
	}()
	m.Cleanup(func() { r.device.Close(); <-ended })
	return r
}

// do says what becomes of the packets from now on: send lets one through.
func (r *reflector) do(pass func(packet []byte, send func([]byte))) { r.pass.Store(&pass) }

func (r *reflector) run() {
	buf := make([]byte, 1<<16)
	for {
		n, err := r.device.Read(buf)
		if err != nil {
			return // closed
		}
		packet := buf[:n]
		if n < 20 || packet[0]>>4 != 4 {
			continue
		}
		send := func(p []byte) {
			source := [4]byte(p[12:16])
			copy(p[12:16], p[16:20])
			copy(p[16:20], source[:])
			r.device.Write(p)
		}
		if pass := r.pass.Load(); pass != nil {
			(*pass)(packet, send)
		} else {
			send(packet)
		}
	}
}

// destinationPort returns the destination port of a TCP packet over IPv4, and how many
// bytes of data it carries.
func destinationPort(packet []byte) (port, data int) {
	ip := int(packet[0]&15) * 4
	tcp := int(packet[ip+12]>>4) * 4
	return int(binary.BigEndian.Uint16(packet[ip+2:])), len(packet) - ip - tcp
}
