package livetest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// Numbers of linux/mptcp.h.
const (
	solMPTCP  = 284
	mptcpInfo = 1
)

// mptcpMembers are struct mptcp_info of linux/mptcp.h, spelled here once more: the
// name in the JSON, the place and the size. moves says that it goes on by itself.
var mptcpMembers = []struct {
	name       string
	at, size   int
	hex, moves bool
}{
	{name: "subflows", at: 0, size: 1}, {name: "add_addr_signal", at: 1, size: 1}, {name: "add_addr_accepted", at: 2, size: 1},
	{name: "subflows_max", at: 3, size: 1}, {name: "add_addr_signal_max", at: 4, size: 1}, {name: "add_addr_accepted_max", at: 5, size: 1},
	{name: "flags", at: 8, size: 4}, {name: "token", at: 12, size: 4, hex: true}, {name: "write_seq", at: 16, size: 8, hex: true},
	{name: "snd_una", at: 24, size: 8, hex: true}, {name: "rcv_nxt", at: 32, size: 8, hex: true}, {name: "local_addr_used", at: 40, size: 1},
	{name: "local_addr_max", at: 41, size: 1}, {name: "retransmits", at: 44, size: 4}, {name: "bytes_retrans", at: 48, size: 8},
	{name: "bytes_sent", at: 56, size: 8}, {name: "bytes_received", at: 64, size: 8}, {name: "bytes_acked", at: 72, size: 8},
	{name: "subflows_total", at: 80, size: 1}, {name: "last_data_sent_ms", at: 84, size: 4, moves: true},
	{name: "last_data_recv_ms", at: 88, size: 4, moves: true}, {name: "last_ack_recv_ms", at: 92, size: 4, moves: true},
}

// TestMPTCPInfoIsTheSocketsOwn: mptcp_info is what getsockopt(MPTCP_INFO) says of the
// same socket, as far as the kernel has its members.
func TestMPTCPInfoIsTheSocketsOwn(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	set, err := population.Transports()
	keep(t, set, err)
	if !holds(set, population.MPTCP) {
		absent(t, population.MPTCP)
		return
	}
	compared := 0
	again(t, func() string {
		var differences []string
		compared = 0
		before := ownMPTCPInfo(t, set)
		var rows []map[string]any
		if err := json.Unmarshal([]byte(list(t, "--json", "-i", "-M", "state", "established")), &struct{ Sockets *[]map[string]any }{&rows}); err != nil {
			t.Fatal(err)
		}
		after := ownMPTCPInfo(t, set)
		for _, r := range rows {
			inode := uint64(r["inode"].(float64))
			for _, m := range mptcpMembers {
				if m.at+m.size > len(before[inode]) || len(before[inode]) < sizeOfMPTCPInfo(m.at) {
					continue
				}
				compared++
				low, high := memberAt(before[inode], m.at, m.size), memberAt(after[inode], m.at, m.size)
				if got := detailOf(r, "mptcp_info."+m.name); !between(got, low, high, m.hex, m.moves) {
					differences = append(differences, fmt.Sprintf("%s is %s, the socket says %d and then %d", m.name, got, low, high))
				}
			}
		}
		return strings.Join(differences, "\n")
	})
	if compared < 4*11 { // four connections, of which the oldest kernel tells eleven members
		t.Errorf("%d members compared", compared)
	}
}

// sizeOfMPTCPInfo is how long the struct is that has a member: it grew in steps.
func sizeOfMPTCPInfo(at int) int {
	for _, size := range []int{40, 48, 80, 88, 96} {
		if at < size && (at < 44 || size > 48) && (at < 84 || size > 88) {
			return size
		}
	}
	return 0
}

// ownMPTCPInfo asks the connections that this process holds, by inode.
func ownMPTCPInfo(t *testing.T, set *population.Set) map[uint64][]byte {
	t.Helper()
	all := map[uint64][]byte{}
	for _, m := range set.Made {
		if m.Protocol != population.MPTCP || m.State != population.Established {
			continue
		}
		buf := make([]byte, 256)
		size := uint32(len(buf))
		if _, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(m.FD), solMPTCP, mptcpInfo,
			uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)), 0); errno != 0 {
			t.Fatalf("getsockopt MPTCP_INFO: %v", errno)
		}
		all[m.Inode] = buf[:size]
	}
	return all
}

func memberAt(b []byte, at, size int) uint64 {
	switch size {
	case 1:
		return uint64(b[at])
	case 4:
		return uint64(binary.NativeEndian.Uint32(b[at:]))
	}
	return binary.NativeEndian.Uint64(b[at:])
}

// between reports whether a number of the JSON is the one before or after, or for
// what moves not outside of them.
func between(got string, low, high uint64, hexadecimal, moves bool) bool {
	var n uint64
	format := "%d"
	if hexadecimal {
		format = "%x"
	}
	if _, err := fmt.Sscanf(got, format, &n); err != nil {
		return false
	}
	return n == low || n == high || moves && n >= low && n <= high
}
