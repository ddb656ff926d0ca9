package bpfiter

import (
	"bytes"
	"encoding/binary"
)

// recordSize is the size of struct record of task_file.bpf.c.
const recordSize = 48

// record is a descriptor that refers to a socket.
type record struct {
	inode uint64
	// start is when the process started: nanoseconds of CLOCK_BOOTTIME, without
	// the offset of a time namespace.
	start uint64
	pid   uint32 // in the reader's PID namespace
	tid   uint32 // 0 if the table is that of the process
	fd    uint32
	name  [16]byte // with a NUL at the end
}

// decodeRecord reads a record from the first recordSize bytes, in the byte order
// of this machine.
func decodeRecord(b []byte) (r record) {
	_ = b[recordSize-1]
	r.inode = binary.NativeEndian.Uint64(b)
	r.start = binary.NativeEndian.Uint64(b[8:])
	r.pid = binary.NativeEndian.Uint32(b[16:])
	r.tid = binary.NativeEndian.Uint32(b[20:])
	r.fd = binary.NativeEndian.Uint32(b[24:])
	copy(r.name[:], b[32:])
	return r
}

// comm returns the name of the process.
func (r *record) comm() string {
	name, _, _ := bytes.Cut(r.name[:], []byte{0})
	return string(name)
}
