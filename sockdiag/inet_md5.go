package sockdiag

import (
	"net/netip"

	"sockeye/sock"
)

// Offsets of struct tcp_diag_md5sig, linux/tcp.h. The key is behind the address.
const (
	md5Family    = 0
	md5PrefixLen = 1
	md5Addr      = 4
	md5Key       = 20
	md5Len       = 100
)

// md5Peers reads struct tcp_diag_md5sig[]: whose segments are signed. The keys are
// not looked at.
func (d *inetDecoder) md5Peers(v []byte, s *sock.Socket) bool {
	d.peers = d.peers[:0]
	for ; len(v) >= md5Len; v = v[md5Len:] {
		var a netip.Addr
		switch v[md5Family] {
		case afInet:
			a = netip.AddrFrom4([4]byte(v[md5Addr:]))
		case afInet6:
			a = netip.AddrFrom16([16]byte(v[md5Addr:]))
		}
		p := netip.PrefixFrom(a, int(v[md5PrefixLen]))
		if !p.IsValid() {
			return false
		}
		d.peers = append(d.peers, p)
	}
	if len(d.peers) == 0 {
		return len(v) == 0
	}
	s.MD5Peers = d.peers
	s.Known |= sock.FieldMD5
	return len(v) == 0
}

// forgetKeys overwrites the keys in the attributes of a message, so that they are
// not in what is written of it.
func forgetKeys(message []byte) {
	if len(message) < inetMsgLen {
		return
	}
	eachAttribute(message[inetMsgLen:], func(kind uint16, v []byte) bool {
		for ; kind == inetDiagMD5Sig && len(v) > md5Key; v = v[min(md5Len, len(v)):] {
			clear(v[md5Key:min(md5Len, len(v))])
		}
		return true
	})
}
