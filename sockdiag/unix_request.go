package sockdiag

import (
	"errors"
	"fmt"
	"math"

	"sockeye/sock"
)

// UDIAG_SHOW_* of linux/unix_diag.h.
const (
	udiagShowName    = 0x01
	udiagShowVFS     = 0x02
	udiagShowPeer    = 0x04
	udiagShowIcons   = 0x08
	udiagShowRQLen   = 0x10
	udiagShowMemInfo = 0x20
	udiagShowUID     = 0x40 // Linux 5.3; ignored before
)

// unixRequest is struct unix_diag_req.
type unixRequest struct {
	flags  uint16 // NLM_F_*
	states uint32 // 1 << TCP_*
	inode  uint32 // of the one socket that is asked for
	show   uint32 // UDIAG_SHOW_*
	cookie uint64 // inetDiagNoCookie for any
}

// append appends the request as a netlink message that [seal] completes.
func (r *unixRequest) append(b []byte) []byte {
	b = appendHeader(b, sockDiagByFamily, r.flags)
	b = append(b, afUnix, 0, 0, 0)
	b = native.AppendUint32(b, r.states)
	b = native.AppendUint32(b, r.inode)
	b = native.AppendUint32(b, r.show)
	return appendCookie(b, r.cookie)
}

// unixShow returns udiag_show for the wanted facts.
func unixShow(want sock.Field) uint32 {
	show := uint32(udiagShowName | udiagShowPeer | udiagShowRQLen | udiagShowUID)
	if want.Has(sock.FieldMemory) {
		show |= udiagShowMemInfo
	}
	if want.Has(sock.FieldFile) {
		show |= udiagShowVFS
	}
	if want.Has(sock.FieldPending) {
		show |= udiagShowIcons
	}
	return show
}

// unixDump makes the request for the table of unix sockets.
func unixDump(_ *handler, _ sock.Table, states uint32, want sock.Field) []byte {
	r := unixRequest{flags: nlmFRequest | nlmFDump, states: states, show: unixShow(want), cookie: inetDiagNoCookie}
	return r.append(nil)
}

// unixLookUp makes the request for a unix socket, which is found by its inode.
func unixLookUp(_ *handler, s *sock.Socket, flags uint16, states uint32, cookie uint64) ([]byte, error) {
	if !s.Knows(sock.FieldInode) || s.Inode > math.MaxUint32 {
		return nil, &opError{"list", fmt.Errorf("a unix socket is found by its inode: %w", errNoIdentity)}
	}
	r := unixRequest{flags: flags, states: states, inode: uint32(s.Inode), cookie: cookie}
	return r.append(nil), nil
}

var errNoIdentity = errors.New("none is known")
