package livetest

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// flowTroubles are what goes wrong on the way, over a link that a test makes bad.
var flowTroubles = []trouble{
	{"path_mtu", func(m *maker) ([]int, []string) {
		m.reflect().do(tooLong(600))
		client, server := m.pair(reflectHere, reflectThere)
		m.flow(client, server)
		m.wait("sport", portText(m, client), "pmtu_bytes", "=", "600")
		return []int{boundPort(m.T, client)}, nil
	}},
	{"receive_window", func(m *maker) ([]int, []string) {
		m.reflect().do(m.later(20 * time.Millisecond))
		client, server := m.pairWith(reflectHere, reflectThere, func(listener int) {
			m.must(unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096))
		})
		m.flow(client, server)
		return []int{boundPort(m.T, client)}, []string{"--sample", "1"}
	}},
	{"reordering", func(m *maker) ([]int, []string) {
		r := m.reflect()
		client, server := m.pair(reflectHere, reflectThere)
		r.do(overtaken(boundPort(m.T, server), 8))
		m.flow(client, server)
		return []int{boundPort(m.T, client)}, []string{"--sample", "1", "--set", "reordering.times=5"}
	}},
	{"rto_backoff", func(m *maker) ([]int, []string) {
		r := m.reflect()
		client, _ := m.pair(reflectHere, reflectThere)
		r.do(func([]byte, func([]byte)) {}) // nothing gets through
		_, err := unix.Write(client, []byte("a question"))
		m.must(err)
		m.wait("sport", portText(m, client), "backoff", ">=", "2")
		return []int{boundPort(m.T, client)}, []string{"--set", "rto_backoff.backoff=2"}
	}},
	{"send_buffer", func(m *maker) ([]int, []string) {
		m.reflect().do(m.later(20 * time.Millisecond))
		client, server := m.pair(reflectHere, reflectThere)
		m.must(unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<16))
		m.flow(client, server)
		return []int{boundPort(m.T, client)}, []string{"--sample", "1", "--set", "send_buffer.percent=10"}
	}},
	{"send_queue_grows", func(m *maker) ([]int, []string) {
		r := m.reflect()
		client, server := m.pair(reflectHere, reflectThere)
		m.must(unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 64<<20))
		r.do(func(packet []byte, send func([]byte)) {
			time.Sleep(10 * time.Millisecond) // 150 kB in a second
			send(packet)
		})
		buf := make([]byte, 1<<16)
		m.goOn(func() {
			unix.Write(client, buf[:16<<10])
			unix.Read(server, buf)
			time.Sleep(10 * time.Millisecond)
		})
		m.wait("sport", portText(m, client), "send_queue", ">", "0")
		return []int{boundPort(m.T, client)}, []string{"--sample", "1"}
	}},
	{"spurious_retransmissions", func(m *maker) ([]int, []string) {
		r := m.reflect()
		client, server := m.pair(reflectHere, reflectThere)
		r.do(someLater(boundPort(m.T, server), 10, 50*time.Millisecond))
		m.flow(client, server)
		return []int{boundPort(m.T, client)}, []string{"--sample", "1"}
	}},
}

func portText(m *maker, fd int) string { return strconv.Itoa(boundPort(m.T, fd)) }

// flow sends as much as goes from one end to the other, which reads it.
func (m *maker) flow(client, server int) {
	buf := make([]byte, 1<<16)
	m.goOn(func() {
		wrote, _ := unix.Write(client, buf)
		read, _ := unix.Read(server, buf)
		if wrote <= 0 && read <= 0 {
			time.Sleep(time.Millisecond)
		}
	})
}

// later lets every packet through after a time, in order.
func (m *maker) later(by time.Duration) func([]byte, func([]byte)) {
	type held struct {
		packet []byte
		due    time.Time
		send   func([]byte)
	}
	queue, done := make(chan held, 4096), make(chan bool)
	go func() {
		for {
			select {
			case h := <-queue:
				time.Sleep(time.Until(h.due))
				h.send(h.packet)
			case <-done:
				return
			}
		}
	}()
	m.Cleanup(func() { close(done) })
	return func(packet []byte, send func([]byte)) {
		select {
		case queue <- held{bytes.Clone(packet), time.Now().Add(by), send}:
		default: // lost, as where a router has no room
		}
	}
}

// someLater lets every so many segments with data to a port through after a time.
func someLater(port, every int, by time.Duration) func([]byte, func([]byte)) {
	n := 0
	return func(packet []byte, send func([]byte)) {
		if to, data := destinationPort(packet); to == port && data > 0 {
			if n++; n%every == 0 {
				late := bytes.Clone(packet)
				time.AfterFunc(by, func() { send(late) })
				return
			}
		}
		send(packet)
	}
}

// overtaken lets every so many segments with data to a port through behind the next one.
func overtaken(port, every int) func([]byte, func([]byte)) {
	var held []byte
	n := 0
	return func(packet []byte, send func([]byte)) {
		if to, data := destinationPort(packet); to != port || data == 0 {
			send(packet)
			return
		}
		if n++; n%every == 0 && held == nil {
			held = append(held, packet...)
			return
		}
		send(packet)
		if held != nil {
			send(held)
			held = nil
		}
	}
}

// tooLong answers packets beyond a length as a router does whose next link is smaller:
// RFC 1191, "fragmentation needed and DF set".
func tooLong(most int) func([]byte, func([]byte)) {
	return func(packet []byte, send func([]byte)) {
		if len(packet) <= most {
			send(packet)
			return
		}
		quoted := packet[:int(packet[0]&15)*4+8]
		answer := make([]byte, 20+8, 20+8+len(quoted))
		answer[0], answer[8], answer[9] = 0x45, 64, unix.IPPROTO_ICMP
		copy(answer[12:], packet[12:20]) // send exchanges them
		answer[20], answer[21] = 3, 4
		binary.BigEndian.PutUint16(answer[26:], uint16(most))
		answer = append(answer, quoted...)
		binary.BigEndian.PutUint16(answer[2:], uint16(len(answer)))
		binary.BigEndian.PutUint16(answer[22:], internetSum(answer[20:]))
		binary.BigEndian.PutUint16(answer[10:], internetSum(answer[:20]))
		send(answer)
	}
}

// internetSum is the checksum of RFC 1071 over bytes where it is zero.
func internetSum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
