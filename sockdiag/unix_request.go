package sockdiag

import "sockeye/sock"

// UDIAG_SHOW_* of linux/unix_diag.h.
const (
	udiagShowName    = 0x01
	udiagShowPeer    = 0x04
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
	return show
}
