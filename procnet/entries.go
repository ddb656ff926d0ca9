package procnet

import (
	"bytes"
	"encoding/binary"
)

// numberedEntries appends the numbers among the names in a buffer that
// getdents64(2) filled, and skips other names:
//
//	struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
//
// Numbers are in the machine's byte order. A record that does not fit ends it.
func numberedEntries(numbers []int32, buf []byte) []int32 {
	const lengthAt, nameAt = 16, 19
	for len(buf) > nameAt {
		length := int(binary.NativeEndian.Uint16(buf[lengthAt:]))
		if length <= nameAt || length > len(buf) {
			break
		}
		name := buf[nameAt:length]
		if end := bytes.IndexByte(name, 0); end >= 0 {
			if n, ok := parseNumber(name[:end]); ok {
				numbers = append(numbers, n)
			}
		}
		buf = buf[length:]
	}
	return numbers
}

// ringLink is the target of a link in /proc/PID/fd that refers to an io_uring
// instance (anon_inodefs_dname in fs/anon_inodes.c).
const ringLink = "anon_inode:[io_uring]"

// parseSocketLink returns the inode from the target of a link in /proc/PID/fd
// that refers to a socket: "socket:[N]" (sockfs_dname in net/socket.c).
func parseSocketLink(b []byte) (inode uint64, ok bool) {
	const prefix = "socket:["
	if len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
		return 0, false
	}
	c := cursor{rest: b[len(prefix):]}
	inode = c.decimal()
	c.byte(']')
	if c.failed || len(c.rest) != 0 || inode == 0 {
		return 0, false
	}
	return inode, true
}

// parseNumber returns the number that is the whole name of a directory entry: a
// PID, thread or descriptor. It fails for a name that is none.
func parseNumber(name []byte) (int32, bool) {
	if len(name) == 0 || len(name) > 10 {
		return 0, false
	}
	var v int64
	for _, b := range name {
		d := b - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	if v > 1<<31-1 {
		return 0, false
	}
	return int32(v), true
}
