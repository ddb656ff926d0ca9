package livetest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// optionBytes asks for a socket option, as long as the kernel has it; nothing if it
// has none.
func optionBytes(fd, level, name int) []byte {
	b := make([]byte, 512)
	size := uint32(len(b))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return nil
	}
	return b[:size]
}

// optionsOf is what getsockopt says of a socket, by the members of the JSON.
func optionsOf(t *testing.T, fd int) map[string]uint64 {
	t.Helper()
	members := map[string]uint64{}
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		t.Fatalf("TCP_INFO: %v", err)
	}
	v := reflect.ValueOf(info).Elem()
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Type().Field(i).IsExported() {
			members["tcp_info."+strings.ToLower(name)] = v.Field(i).Uint()
		}
	}
	u32 := binary.NativeEndian.Uint32
	memory := optionBytes(fd, unix.SOL_SOCKET, unix.SO_MEMINFO)
	for i, name := range []string{"rmem_alloc", "rcvbuf", "wmem_alloc", "sndbuf", "fwd_alloc", "wmem_queued", "optmem", "backlog", "drops"} {
		members["memory."+name] = uint64(u32(memory[4*i:]))
	}
	for name, option := range map[string][2]int{
		"class_id": {unix.SOL_SOCKET, unix.SO_PRIORITY}, "mark": {unix.SOL_SOCKET, unix.SO_MARK}, "tos": {unix.IPPROTO_IP, unix.IP_TOS},
	} {
		members[name] = uint64(u32(optionBytes(fd, option[0], option[1])))
	}
	const tcpCCInfo = 26 // linux/tcp.h; of bbr it has 20 bytes
	if bbr := optionBytes(fd, unix.IPPROTO_TCP, tcpCCInfo); len(bbr) == 20 {
		members["bbr.bw"] = uint64(u32(bbr)) | uint64(u32(bbr[4:]))<<32
		members["bbr.min_rtt"], members["bbr.pacing_gain"], members["bbr.cwnd_gain"] = uint64(u32(bbr[8:])), uint64(u32(bbr[12:])), uint64(u32(bbr[16:]))
	}
	return members
}

// unknownValues stand for none in struct tcp_info: no limit, never measured, and not
// there in the struct of an older kernel.
var unknownValues = []uint64{0, 1<<31 - 1, 1<<32 - 1, 1<<64 - 1}

// memberOf finds a member by the kernel's name, with its unit or without.
func memberOf(socket map[string]any, name string) (uint64, bool) {
	for _, unit := range []string{"", "_us", "_ms", "_bytes", "_bytes_per_second", "_256ths"} {
		if v, ok := anyMember(socket, name+unit); ok {
			n, err := strconv.ParseUint(fmt.Sprint(v), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// TestMembersEqualGetsockopt asks for what the process knows of its own sockets
// before and after a listing: that is what the listing says, or stands between where
// it moved meanwhile.
func TestMembersEqualGetsockopt(t *testing.T) {
	if !population.Alone(t, "ip", "tc", "iptables") {
		return
	}
	w := lossyTraffic(t)
	near := map[string]int{} // descriptors by their cookies
	for _, fd := range w.fds {
		if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
			continue
		}
		cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
		w.must("SO_COOKIE", err)
		near[strconv.FormatUint(cookie, 16)] = fd
	}
	values := map[string]map[uint64]bool{}
	settle(t, func() map[string]string {
		differences := map[string]string{}
		before, after := map[string]map[string]uint64{}, map[string]map[string]uint64{}
		for cookie, fd := range near {
			before[cookie] = optionsOf(t, fd)
		}
		sockets := decodeAny(t, list(t, "--ndjson", "-t", "-4", "--no-processes", "-ime", "--tos"))
		for cookie, fd := range near {
			after[cookie] = optionsOf(t, fd)
		}
		for _, socket := range sockets {
			cookie := textMember(socket, "cookie")
			if before[cookie] == nil {
				t.Fatalf("a socket that nobody made: %v", socket)
			}
			differences[cookie] = strings.Join(untrue(socket, before[cookie], after[cookie], values), "\n\t")
		}
		return differences
	})
	var moving []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			moving = append(moving, name)
		}
	}
	t.Logf("%d members, of which %d are not the same for all: %s", len(values), len(moving), strings.Join(moving, " "))
	if len(moving) < 40 {
		t.Errorf("only %d members are not the same for all sockets", len(moving))
	}
}

// untrue holds the members of a socket against what getsockopt said before and after
// it, and remembers the values.
func untrue(socket map[string]any, before, after map[string]uint64, values map[string]map[uint64]bool) (differences []string) {
	for name, a := range before {
		v, known := memberOf(socket, name)
		b := after[name]
		switch {
		case socket["state"] == "CLOSE_WAIT" && strings.HasPrefix(name, "bbr.") && !known:
			continue // inet_sk_diag_fill tells it up to FIN_WAIT_2
		case !known && slices.Contains(unknownValues, a):
			continue
		case !known || v < min(a, b) || v > max(a, b):
			differences = append(differences, fmt.Sprintf("%s: %d, known: %v; getsockopt says %d before and %d after", name, v, known, a, b))
		}
		if values[name] == nil {
			values[name] = map[uint64]bool{}
		}
		values[name][v] = true
	}
	return differences
}
