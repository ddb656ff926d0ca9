package sockdiag

import (
	"fmt"
	"strings"

	"golang.org/x/net/bpf"

	"sockeye/sock"
)

// Offsets of struct packet_diag_msg, linux/packet_diag.h.
const (
	pdiagType    = 1
	pdiagNum     = 2 // u16, host byte order
	pdiagIno     = 4
	pdiagCookie  = 8
	packetMsgLen = 16
)

// PACKET_DIAG_* attributes of linux/packet_diag.h that are read here.
const (
	packetDiagInfo    = 0 // struct packet_diag_info
	packetDiagRxRing  = 2 // struct packet_diag_ring
	packetDiagTxRing  = 3
	packetDiagFanout  = 4 // u32: number of the group, type << 16
	packetDiagUID     = 5 // u32
	packetDiagMemInfo = 6 // u32[SK_MEMINFO_VARS]
	packetDiagFilter  = 7 // struct sock_filter[]; empty without CAP_NET_ADMIN
)

// packet reads struct packet_diag_msg and its attributes into s, which it resets.
// The record is valid until the next call.
func (d *familyDecoder) packet(b []byte, s *sock.Socket) parsed {
	if len(b) < packetMsgLen || b[0] != afPacket {
		return rejected
	}
	d.begin(s, sock.Packet, sock.FamilyPacket, b[pdiagType], b[pdiagIno:], b[pdiagCookie:])
	d.details.Set(sock.PacketProtocol, uint64(native.Uint16(b[pdiagNum:])))
	s.Known |= sock.FieldPacket
	return wholeness(eachAttribute(b[packetMsgLen:], func(kind uint16, v []byte) bool {
		switch kind {
		case packetDiagInfo:
			return d.packetInfo(v, s)
		case packetDiagRxRing:
			return d.numbers(v, sock.PacketRxBlockSize, sock.PacketRxBlocks, sock.PacketRxFrameSize, sock.PacketRxFrames,
				sock.PacketRxTimeout, sock.PacketRxPrivate, sock.PacketRxFeatures)
		case packetDiagTxRing:
			return d.numbers(v, sock.PacketTxBlockSize, sock.PacketTxBlocks, sock.PacketTxFrameSize, sock.PacketTxFrames,
				sock.PacketTxTimeout, sock.PacketTxPrivate, sock.PacketTxFeatures)
		case packetDiagFanout:
			if len(v) < 4 {
				return false
			}
			group := native.Uint32(v)
			d.details.Set(sock.PacketFanoutID, uint64(group&0xffff))
			d.details.Set(sock.PacketFanoutType, uint64(group>>16))
		case packetDiagUID:
			return setUser(v, s)
		case packetDiagMemInfo:
			return setQueues(v, s)
		case packetDiagFilter:
			return d.packetFilter(v, s)
		}
		return true
	}))
}

// packetInfo reads struct packet_diag_info: index of the device, version, reserve,
// copy_thresh, tstamp, flags.
func (d *familyDecoder) packetInfo(v []byte, s *sock.Socket) bool {
	const info = 6 * 4
	if len(v) < info {
		return false
	}
	setDevice(v, s)
	d.numbers(v[4:], sock.PacketVersion, sock.PacketReserve, sock.PacketCopyThresh, sock.PacketTimestamp)
	d.flags(native.Uint32(v[20:]), sock.PacketRunning, sock.PacketAuxdata, sock.PacketOrigdev, sock.PacketVnetHdr, sock.PacketLoss)
	return true
}

// filterSize is the size of struct sock_filter of linux/filter.h: code u16, jt u8,
// jf u8, k u32.
const filterSize = 8

// packetFilter disassembles a filter. A socket without one has no attribute; one of
// which the filter may not be seen has an empty one (sock_diag_put_filterinfo).
func (d *familyDecoder) packetFilter(v []byte, s *sock.Socket) bool {
	if len(v) == 0 {
		d.filtersHidden = true
		return true
	}
	if len(v)%filterSize != 0 {
		return false
	}
	var text strings.Builder
	for ; len(v) > 0; v = v[filterSize:] {
		raw := bpf.RawInstruction{Op: native.Uint16(v), Jt: v[2], Jf: v[3], K: native.Uint32(v[4:])}
		if text.Len() > 0 {
			text.WriteString("; ")
		}
		if named, ok := raw.Disassemble().(fmt.Stringer); ok {
			text.WriteString(named.String())
		} else {
			fmt.Fprintf(&text, "0x%x,%d,%d,%d", raw.Op, raw.Jt, raw.Jf, raw.K)
		}
	}
	s.PacketFilter = text.String()
	s.Known |= sock.FieldPacketFilter
	return true
}

// withheld says what the kernel did not tell for want of a right; nil if nothing.
func (d *familyDecoder) withheld() *sock.Partial {
	if !d.filtersHidden {
		return nil
	}
	d.filtersHidden = false
	return withheld("the filters of packet sockets")
}
