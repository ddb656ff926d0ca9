package sockdiag

import (
	"bytes"

	"sockeye/sock"
)

const afSMC = 43 // linux/socket.h

// Offsets of struct smc_diag_msg, linux/smc_diag.h: four bytes, struct
// inet_diag_sockid, a u32 and a u64. The ends stand as in struct inet_diag_msg.
const (
	smcState    = 1
	smcMode     = 2
	smcShutdown = 3
	smcUID      = 52
	smcInode    = 56
	smcMsgLen   = 64
)

// SMC_DIAG_* attributes of linux/smc_diag.h.
const (
	smcDiagConnInfo = 1
	smcDiagLgrInfo  = 2
	smcDiagShutdown = 3 // u8
	smcDiagDMBInfo  = 4
	smcDiagFallback = 5
)

// smcBits stand for the states: the kernel tells every socket whatever is asked.
var smcBits = func() [sock.Closed + 1]uint32 {
	var bits [sock.Closed + 1]uint32
	for s := sock.Listen; s <= sock.Closed; s++ {
		bits[s] = 1
	}
	return bits
}()

// smcDump makes struct smc_diag_req of linux/smc_diag.h, which names no family: a
// dump has the sockets of both.
func smcDump(_ *handler, _ sock.Table, _ uint32, want sock.Field) []byte {
	var ext uint8
	if want.Has(sock.FieldSMCInfo) {
		ext = 1<<(smcDiagConnInfo-1) | 1<<(smcDiagLgrInfo-1) | 1<<(smcDiagDMBInfo-1)
	}
	b := appendHeader(nil, sockDiagByFamily, nlmFRequest|nlmFDump)
	b = append(b, afSMC, 0, 0, ext)
	b = append(b, make([]byte, inetIDLen-cookieLen)...)
	return appendCookie(b, inetDiagNoCookie)
}

// smcDecoder turns messages about SMC sockets into records.
type smcDecoder struct {
	info  sock.SMCInfo
	names interner
}

// decode reads struct smc_diag_msg and its attributes into s, which it resets. The
// record is valid until the next call.
func (d *smcDecoder) decode(b []byte, s *sock.Socket) parsed {
	if len(b) < smcMsgLen || b[0] != afSMC {
		return rejected
	}
	s.Reset()
	d.info = sock.SMCInfo{State: sock.SMCStateOf(b[smcState]), Mode: sock.SMCModeOf(b[smcMode])}
	s.Protocol, s.Family, s.State, s.SMCInfo = sock.SMC, smcFamily(b), d.info.State.State(), &d.info
	s.Known |= sock.FieldSMCInfo
	d.ends(b, s)
	setCookie(b[idiagCookie:], s)
	if setInode(native.Uint64(b[smcInode:]), s) {
		setUser(b[smcUID:], s)
	}
	return wholeness(eachAttribute(b[smcMsgLen:], func(kind uint16, v []byte) bool { return d.attribute(kind, v, s) }))
}

// smcFamily tells the family by the addresses: the message does not. An IPv6 socket
// that is bound to no address is taken for one over IPv4.
func smcFamily(b []byte) sock.Family {
	var none [12]byte
	if bytes.Equal(b[idiagSrc+4:idiagSrc+16], none[:]) && bytes.Equal(b[idiagDst+4:idiagDst+16], none[:]) {
		return sock.IPv4
	}
	return sock.IPv6
}

// ends reads the addresses of the TCP socket below.
func (d *smcDecoder) ends(b []byte, s *sock.Socket) {
	local, remote := ends(b, s.Family)
	s.Local = local
	s.Known |= sock.FieldLocal
	if s.State != sock.Listen && s.State != sock.Closed && (remote.Port() != 0 || !remote.Addr().IsUnspecified()) {
		s.Remote = remote
		s.Known |= sock.FieldRemote
	}
	setDevice(b[idiagIf:], s)
}

// attribute reads one attribute and reports whether it was long enough.
func (d *smcDecoder) attribute(kind uint16, v []byte, s *sock.Socket) bool {
	switch kind {
	case smcDiagShutdown:
		return setShutdown(v, s)
	case smcDiagFallback:
		d.numbers(v, sock.SMCFallbackAt, sock.SMCConnAt)
	case smcDiagConnInfo:
		d.numbers(v, sock.SMCConnAt, sock.SMCLinkAt)
	case smcDiagLgrInfo:
		d.numbers(v, sock.SMCLinkAt, sock.SMCDMBAt)
		d.link(v)
	case smcDiagDMBInfo:
		d.numbers(v, sock.SMCDMBAt, len(sock.SMCMembers))
	}
	return true
}

// numbers reads the members of one structure.
func (d *smcDecoder) numbers(v []byte, first, end int) {
	readNumbers(&d.info.Numbers, sock.SMCMembers, first, end, v)
}

// link reads the names of struct smc_diag_linkinfo: u8 link_id, ibname[64], u8
// ibport, gid[40], peer_gid[40].
func (d *smcDecoder) link(v []byte) {
	for _, text := range []struct {
		to         *string
		begin, end int
	}{{&d.info.Device, 1, 65}, {&d.info.GID, 66, 106}, {&d.info.PeerGID, 106, 146}} {
		if text.end <= len(v) {
			name, _, _ := bytes.Cut(v[text.begin:text.end], []byte{0})
			*text.to = d.names.intern(name)
		}
	}
}
