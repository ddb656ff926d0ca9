package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// These build what the kernel sends, in the byte order of the machine.

// testPort is the port id of the wire that tests replay.
const testPort = 4711

func netlinkMessage(kind, flags uint16, seq, port uint32, payload []byte) []byte {
	b := native.AppendUint32(nil, uint32(nlmsgHeaderLen+len(payload)))
	b = native.AppendUint16(b, kind)
	b = native.AppendUint16(b, flags)
	b = native.AppendUint32(b, seq)
	b = native.AppendUint32(b, port)
	return pad(append(b, payload...))
}

func pad(b []byte) []byte { return append(b, make([]byte, align4(len(b))-len(b))...) }

func attribute(kind uint16, value ...byte) []byte {
	b := native.AppendUint16(nil, uint16(nlaHeaderLen+len(value)))
	b = native.AppendUint16(b, kind)
	return pad(append(b, value...))
}

func u32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = native.AppendUint32(b, v)
	}
	return b
}

func u64(v uint64) []byte { return native.AppendUint64(nil, v) }

// errnoPayload is the payload of NLMSG_DONE and the start of NLMSG_ERROR's.
func errnoPayload(code int32) []byte { return u32(uint32(code)) }

// inetRow is struct inet_diag_msg.
type inetRow struct {
	family, state, timer, retrans uint8
	local, remote                 string // ADDR:PORT
	ifIndex                       uint32
	cookie                        uint64
	expires, rqueue, wqueue       uint32
	uid, inode                    uint32
}

func (r inetRow) bytes(attributes ...[]byte) []byte {
	b := []byte{r.family, r.state, r.timer, r.retrans}
	local, remote := parseEnd(r.local), parseEnd(r.remote)
	b = binary.BigEndian.AppendUint16(b, local.Port())
	b = binary.BigEndian.AppendUint16(b, remote.Port())
	for _, end := range []netip.AddrPort{local, remote} {
		b = append(b, pad16(end.Addr().AsSlice())...)
	}
	b = append(b, u32(r.ifIndex, uint32(r.cookie), uint32(r.cookie>>32))...)
	b = append(b, u32(r.expires, r.rqueue, r.wqueue, r.uid, r.inode)...)
	return append(b, slices.Concat(attributes...)...)
}

func parseEnd(s string) netip.AddrPort {
	if s == "" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(s)
}

func pad16(b []byte) []byte { return append(slices.Clone(b), make([]byte, 16-len(b))...) }

// unixRow is struct unix_diag_msg.
type unixRow struct {
	kind, state uint8
	inode       uint32
	cookie      uint64
}

func (r unixRow) bytes(attributes ...[]byte) []byte {
	b := []byte{afUnix, r.kind, r.state, 0}
	b = append(b, u32(r.inode, uint32(r.cookie), uint32(r.cookie>>32))...)
	return append(b, slices.Concat(attributes...)...)
}

// established is a TCP row that differs from another by its number alone.
func established(n uint32) []byte {
	return inetRow{
		family: afInet, state: tcpEstablished, local: "10.0.0.1:80", remote: "10.0.0.2:4000",
		cookie: uint64(n), inode: 1000 + n, uid: 33,
	}.bytes(attribute(inetDiagShutdown, 0), attribute(inetDiagCgroupID, u64(1)...))
}
