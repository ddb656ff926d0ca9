package sockdiag

import (
	"strconv"

	"sockeye/sock"
)

// Offsets of struct unix_diag_msg, linux/unix_diag.h.
const (
	udiagFamily = 0
	udiagType   = 1
	udiagState  = 2
	udiagIno    = 4
	udiagCookie = 8
	unixMsgLen  = 16
)

// UNIX_DIAG_* attributes of linux/unix_diag.h that are read here.
const (
	unixDiagName     = 0 // bytes
	unixDiagVFS      = 1 // u32 inode, u32 device
	unixDiagPeer     = 2 // u32 inode
	unixDiagIcons    = 3 // u32[] inodes, of a listener
	unixDiagRQLen    = 4 // u32 rqueue, u32 wqueue
	unixDiagMemInfo  = 5 // u32[SK_MEMINFO_VARS]
	unixDiagShutdown = 6 // u8
	unixDiagUID      = 7 // u32
)

// unixDecoder turns messages about unix sockets into records.
type unixDecoder struct {
	names   interner
	devices interner
	file    sock.UnixFile
	pending []uint64
	// peers, if not nil, gives the path of a socket by its inode.
	peers map[uint64]string
}

// decode reads struct unix_diag_msg and its attributes into s, which it resets.
// The record is valid until the next call.
func (d *unixDecoder) decode(b []byte, s *sock.Socket) parsed {
	if len(b) < unixMsgLen || b[udiagFamily] != afUnix {
		return rejected
	}
	s.Reset()
	s.Protocol, s.Family = sock.Unix, sock.FamilyUnix
	setType(b[udiagType], s)
	s.State = stateOf(b[udiagState], s.Type == sock.TypeDatagram || s.Type == sock.TypeRaw)
	setCookie(b[udiagCookie:], s)
	setInode(uint64(native.Uint32(b[udiagIno:])), s)
	return wholeness(eachAttribute(b[unixMsgLen:], func(kind uint16, v []byte) bool { return d.attribute(kind, v, s) }))
}

// attribute reads one attribute and reports whether it was long enough.
func (d *unixDecoder) attribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case unixDiagName:
		d.setPath(v, s)
	case unixDiagPeer:
		if len(v) < 4 {
			return false
		}
		d.setPeer(uint64(native.Uint32(v)), s)
	case unixDiagRQLen:
		if len(v) < 8 {
			return false
		}
		setUnixQueues(v, s)
	case unixDiagVFS:
		if len(v) < 8 {
			return false
		}
		d.setFile(v, s)
	case unixDiagIcons:
		d.setPending(v, s)
		return len(v)%4 == 0
	case unixDiagMemInfo:
		setMemory(v, s)
	case unixDiagShutdown:
		return setShutdown(v, s)
	case unixDiagUID:
		if s.Knows(sock.FieldInode) {
			return setUser(v, s)
		}
	}
	return true
}

// setPath keeps the name as the kernel holds it: sun_path, with a first NUL
// for the abstract namespace. The kernel counts the NUL that ends a path name
// (unix_mkname_bsd); it is not part of the name.
func (d *unixDecoder) setPath(v []byte, s *sock.Socket) {
	if name := pathBytes(v); len(name) > 0 {
		s.Path = d.names.intern(name)
		s.Known |= sock.FieldPath
	}
}

func pathBytes(v []byte) []byte {
	if n := len(v); n > 0 && v[0] != 0 && v[n-1] == 0 {
		return v[:n-1]
	}
	return v
}

// setPeer sets the other end. Inode 0 is a peer that waits in an accept queue.
func (d *unixDecoder) setPeer(inode uint64, s *sock.Socket) {
	if inode == 0 {
		return
	}
	s.PeerInode = inode
	s.Known |= sock.FieldPeerInode
	if path, ok := d.peers[inode]; ok {
		s.PeerPath = path
		s.Known |= sock.FieldPeerPath
	}
}

// setUnixQueues reads struct unix_diag_rqlen: bytes in the two queues, but for
// a listener the connections that wait and their limit (sk_diag_show_rqlen).
func setUnixQueues(v []byte, s *sock.Socket) {
	s.RecvQueue = native.Uint32(v)
	s.Known |= sock.FieldRecvQueue
	if s.State == sock.Listen {
		s.Backlog = native.Uint32(v[4:])
		s.Known |= sock.FieldBacklog
		return
	}
	s.SendQueue = native.Uint32(v[4:])
	s.Known |= sock.FieldSendQueue
}

// setFile reads struct unix_diag_vfs. The device is the kernel's own dev_t, whose
// low 20 bits are the minor number; ss takes it for that of stat(2).
func (d *unixDecoder) setFile(v []byte, s *sock.Socket) {
	device := native.Uint32(v[4:])
	var text [24]byte
	b := strconv.AppendUint(text[:0], uint64(device>>20), 10)
	b = strconv.AppendUint(append(b, ':'), uint64(device&(1<<20-1)), 10)
	d.file = sock.UnixFile{Device: d.devices.intern(b), Inode: uint64(native.Uint32(v))}
	s.File = &d.file
	s.Known |= sock.FieldFile
}

// setPending reads the inodes of the sockets that wait to be accepted. 0 is one
// that its process has closed.
func (d *unixDecoder) setPending(v []byte, s *sock.Socket) {
	d.pending = d.pending[:0]
	for ; len(v) >= 4; v = v[4:] {
		if inode := native.Uint32(v); inode != 0 {
			d.pending = append(d.pending, uint64(inode))
		}
	}
	s.Pending = d.pending
	s.Known |= sock.FieldPending
}
