package sockdiag

import (
	"strconv"

	"sockeye/sock"
)

// Offsets of struct netlink_diag_msg, linux/netlink_diag.h.
const (
	ndiagType     = 1
	ndiagProtocol = 2
	ndiagPort     = 4 // u32 port, u32 port of the peer, u32 group of the peer
	ndiagIno      = 16
	ndiagCookie   = 20
	netlinkMsgLen = 28
)

// NETLINK_DIAG_* attributes of linux/netlink_diag.h that are read here.
const (
	netlinkDiagMemInfo = 0 // u32[SK_MEMINFO_VARS]
	netlinkDiagGroups  = 1 // words of unsigned long, a bit for each group
	netlinkDiagFlags   = 4 // u32, NDIAG_FLAG_*
)

// netlink reads struct netlink_diag_msg and its attributes into s, which it resets.
// The record is valid until the next call.
func (d *familyDecoder) netlink(b []byte, s *sock.Socket) parsed {
	if len(b) < netlinkMsgLen || b[0] != afNetlink {
		return rejected
	}
	d.begin(s, sock.Netlink, sock.FamilyNetlink, b[ndiagType], b[ndiagIno:], b[ndiagCookie:])
	d.details.Set(sock.NetlinkProtocol, uint64(b[ndiagProtocol]))
	d.numbers(b[ndiagPort:], sock.NetlinkPort, sock.NetlinkPeerPort, sock.NetlinkPeerGroup)
	s.Known |= sock.FieldNetlink
	return wholeness(eachAttribute(b[netlinkMsgLen:], func(kind uint16, v []byte) bool {
		switch kind {
		case netlinkDiagMemInfo:
			if !setQueues(v, s) {
				return false
			}
			if s.Knows(sock.FieldMemory) {
				d.details.Set(sock.NetlinkDrops, uint64(s.Memory.Drops))
			}
		case netlinkDiagGroups:
			d.setGroups(v, s)
		case netlinkDiagFlags:
			if len(v) < 4 {
				return false
			}
			d.flags(native.Uint32(v), sock.NetlinkCallback, sock.NetlinkPktinfo, sock.NetlinkBroadcastError,
				sock.NetlinkNoENOBUFS, sock.NetlinkListenAllNSID, sock.NetlinkCapAck)
		}
		return true
	}))
}

// setGroups reads which multicast groups were joined: bit 0 is group 1. How long a word
// is matters on a big-endian machine alone.
func (d *familyDecoder) setGroups(v []byte, s *sock.Socket) {
	word := groupWord
	d.groups = d.groups[:0]
	for i := range len(v) / word * word * 8 {
		at, bit := i/8, i%8
		if bigEndianHost {
			at = at/word*word + word - 1 - at%word
		}
		if v[at]>>bit&1 != 0 {
			d.groups = append(d.groups, uint64(i)+1)
		}
	}
	s.Groups = d.groups
}

// groupWord is the size of unsigned long, in bytes.
const groupWord = strconv.IntSize / 8
