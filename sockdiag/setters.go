package sockdiag

import "sockeye/sock"

// These set what the messages of several families tell in the same way. Where one
// takes an attribute it reports whether that was long enough.

// setCookie reads __u32 cookie[2], low half first (sock_diag_save_cookie).
func setCookie(b []byte, s *sock.Socket) {
	cookie := uint64(native.Uint32(b)) | uint64(native.Uint32(b[4:]))<<32
	if cookie != inetDiagNoCookie {
		s.Cookie = cookie
		s.Known |= sock.FieldCookie
	}
}

// setInode sets the inode, and reports whether there is one: 0 is none.
func setInode(inode uint64, s *sock.Socket) (has bool) {
	if inode != 0 {
		s.Inode = inode
		s.Known |= sock.FieldInode
	}
	return inode != 0
}

// setType reads the type of a socket, unless it has no name.
func setType(kernel uint8, s *sock.Socket) {
	if t := sock.SocketTypeOf(uint64(kernel)); t != sock.TypeUnknown {
		s.Type = t
		s.Known |= sock.FieldType
	}
}

// setShutdown reads which halves of a connection are closed.
func setShutdown(v []byte, s *sock.Socket) bool {
	if len(v) < 1 {
		return false
	}
	s.Shutdown = sock.Shutdown(v[0])
	s.Known |= sock.FieldShutdown
	return true
}

// setMemory reads u32[SK_MEMINFO_VARS] of linux/sock_diag.h. Old kernels do not
// tell SK_MEMINFO_DROPS: the set is then not known, rather than known with a
// wrong zero.
func setMemory(v []byte, s *sock.Socket) {
	const skMemInfoVars = 9
	if len(v) < 4*skMemInfoVars {
		return
	}
	at := func(i int) uint32 { return native.Uint32(v[4*i:]) }
	s.Memory = sock.Memory{
		RmemAlloc: at(0), Rcvbuf: at(1), WmemAlloc: at(2), Sndbuf: at(3),
		FwdAlloc: at(4), WmemQueued: at(5), Optmem: at(6), Backlog: at(7), Drops: at(8),
	}
	s.Known |= sock.FieldMemory
}

// setQueues reads what the memory of a socket tells of its queues, and the rest of
// it: u32[SK_MEMINFO_VARS] of linux/sock_diag.h.
func setQueues(v []byte, s *sock.Socket) bool {
	if len(v) < 12 {
		return false
	}
	s.RecvQueue, s.SendQueue = native.Uint32(v), native.Uint32(v[8:])
	s.Known |= sock.FieldRecvQueue | sock.FieldSendQueue
	setMemory(v, s)
	return true
}

// setUser reads the number of a user.
func setUser(v []byte, s *sock.Socket) bool {
	if len(v) < 4 {
		return false
	}
	s.UID = native.Uint32(v)
	s.Known |= sock.FieldUID
	return true
}

// setDevice reads the index of the device that a socket is bound to.
func setDevice(v []byte, s *sock.Socket) {
	s.IfIndex = native.Uint32(v)
	s.Known |= sock.FieldInterface
}
