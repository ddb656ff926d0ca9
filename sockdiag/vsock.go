package sockdiag

import "sockeye/sock"

// Offsets of struct vsock_diag_msg, linux/vm_sockets_diag.h.
const (
	vdiagType     = 1
	vdiagState    = 2
	vdiagShutdown = 3
	vdiagSrcCID   = 4 // u32 cid, u32 port
	vdiagDstCID   = 12
	vdiagIno      = 20
	vdiagCookie   = 24
	vsockMsgLen   = 32
)

// vsockAny is VMADDR_CID_ANY and VMADDR_PORT_ANY of linux/vm_sockets.h.
const vsockAny = 1<<32 - 1

// vsockBits ask for the states of a VSOCK socket. One in TCP_CLOSE is Closed or
// Unconnected by its type.
var vsockBits = [...]uint32{
	sock.Listen:      1 << tcpListen,
	sock.SynSent:     1 << tcpSynSent,
	sock.Established: 1 << tcpEstablished,
	sock.Closing:     1 << tcpClosing,
	sock.Closed:      1 << tcpClose,
	sock.Unconnected: 1 << tcpClose,
}

// vsock reads struct vsock_diag_msg into s, which it resets. No attribute follows.
// The record is valid until the next call.
func (d *familyDecoder) vsock(b []byte, s *sock.Socket) parsed {
	if len(b) < vsockMsgLen || b[0] != afVSOCK {
		return rejected
	}
	d.begin(s, sock.VSOCK, sock.FamilyVSOCK, b[vdiagType], b[vdiagIno:], b[vdiagCookie:])
	s.State = stateOf(b[vdiagState], s.Type == sock.TypeDatagram)
	setShutdown(b[vdiagShutdown:], s)
	s.Known |= sock.FieldVSOCK
	d.vsockEnd(b[vdiagSrcCID:], sock.VSOCKCID, sock.VSOCKPort)
	d.vsockEnd(b[vdiagDstCID:], sock.VSOCKPeerCID, sock.VSOCKPeerPort)
	return understood
}

// vsockEnd reads a context identifier and a port, each of which may be any.
func (d *familyDecoder) vsockEnd(v []byte, in ...sock.Detail) {
	for i, detail := range in {
		if n := native.Uint32(v[4*i:]); n != vsockAny {
			d.details.Set(detail, uint64(n))
		}
	}
}
