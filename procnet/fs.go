package procnet

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sockeye/sock"
)

// FS is a proc file system. The zero value is not usable; see [New] and [At].
type FS struct {
	root   string
	little bool // the machine that wrote it is little-endian
	// afterFDs, if set, is called once the descriptors of a process have been
	// read and before the process is identified. Tests change the process here.
	afterFDs func(pid int)
}

// New returns the proc file system of this machine.
func New() FS { return At("/proc") }

// At returns the proc file system mounted, or copied to, below root. A copy from
// a machine of the other byte order is read with [FS.WithByteOrder].
func At(root string) FS {
	return FS{root: filepath.Clean(root)}.WithByteOrder(binary.NativeEndian)
}

// WithByteOrder returns the file system as one that a machine of this byte order
// wrote. It matters for IP addresses only: the kernel prints the 32-bit words of
// an address, which are in network order, as if they were the machine's own
// numbers (get_tcp4_sock in net/ipv4/tcp_ipv4.c).
func (fs FS) WithByteOrder(order binary.ByteOrder) FS {
	fs.little = order.Uint16([]byte{1, 0}) == 1
	return fs
}

// Name returns "proc".
func (FS) Name() string { return "proc" }

// netDir returns the directory with the tables of the calling thread's network
// namespace. /proc/net is a link to self/net, and self is the leader of the
// thread group: in a thread that has changed its namespace it shows the old one.
// Kernels before 3.17 have no thread-self.
func (fs FS) netDir() (string, error) {
	dir := filepath.Join(fs.root, "thread-self", "net")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	dir = filepath.Join(fs.root, "net")
	_, err := os.Stat(dir)
	return dir, err
}

// pidFile returns the path of a file of a process.
func (fs FS) pidFile(pid int, name string) string {
	return filepath.Join(fs.root, strconv.Itoa(pid), name)
}

// initialPIDNamespace is PROC_PID_INIT_INO of linux/proc_ns.h.
const initialPIDNamespace = 0xEFFFFFFC

// InitialPIDNamespace reports whether this process is in the PID namespace that
// the machine booted with, where no process is out of sight for being in another
// one. It is false if that cannot be told.
func (fs FS) InitialPIDNamespace() bool {
	target, err := os.Readlink(filepath.Join(fs.root, "self", "ns", "pid"))
	if err != nil {
		return false
	}
	number, found := strings.CutPrefix(target, "pid:[")
	if !found {
		return false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
	return err == nil && inode == initialPIDNamespace
}

// format is what the kernel prints for a protocol.
type format struct {
	file   string // the IPv6 table has a 6 behind it
	parser func(inetParser) rowParser
	fields sock.Field
	// twice: a page starts counting rows from the first one, so a table that
	// changes while it is read loses rows. With 2,500 UDP sockets and a process
	// that opened and closed others without pause, one reading missed 3.4 % of
	// them and two missed 0.5 %; a reading takes 8 ms.
	twice bool
	// optional: kernels without this protocol are expected.
	optional bool
}

const inetFields = sock.FieldLocal | sock.FieldRemote | sock.FieldRecvQueue | sock.FieldSendQueue |
	sock.FieldInode | sock.FieldUID

var formats = map[sock.Protocol]format{
	sock.TCP:     {file: "tcp", parser: newTCP, fields: inetFields | sock.FieldTimer},
	sock.UDP:     {file: "udp", parser: newDatagram, fields: inetFields, twice: true},
	sock.UDPLite: {file: "udplite", parser: newDatagram, fields: inetFields, twice: true, optional: true},
	sock.Raw:     {file: "raw", parser: newDatagram, fields: inetFields, twice: true},
	sock.ICMP:    {file: "icmp", parser: newDatagram, fields: inetFields, twice: true},
	sock.Unix:    {file: "unix", fields: sock.FieldPath | sock.FieldType | sock.FieldInode},
}

// Fields says what the tables give for a protocol; nothing for one that has no
// table here.
func (FS) Fields(p sock.Protocol) sock.Field { return formats[p].fields }
