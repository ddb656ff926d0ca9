package sockdiag

import (
	"bytes"
	"fmt"

	"sockeye/sock"
)

// INET_ULP_INFO_* of linux/inet_diag.h that are read here.
const (
	inetULPInfoName  = 1 // string
	inetULPInfoTLS   = 2 // nested TLS_INFO_*
	inetULPInfoMPTCP = 3 // nested MPTCP_SUBFLOW_ATTR_*
)

// TLS_INFO_* of linux/tls.h.
const (
	tlsInfoVersion = 1 // u16
	tlsInfoCipher  = 2 // u16
	tlsInfoTxConf  = 3 // u16
	tlsInfoRxConf  = 4 // u16
	tlsInfoZeroTx  = 5 // a flag, Linux 5.19
	tlsInfoNoPadRx = 6 // a flag, Linux 6.0
)

// The names of the numbers of TLS, those that ss and the kernel's headers have.
var (
	tlsVersions = map[uint16]string{0x303: "1.2", 0x304: "1.3"}
	tlsCiphers  = map[uint16]string{
		51: "aes-gcm-128", 52: "aes-gcm-256", 53: "aes-ccm-128", 54: "chacha20-poly1305",
		55: "sm4-gcm", 56: "sm4-ccm", 57: "aria-gcm-128", 58: "aria-gcm-256",
	}
	tlsConfs = map[uint16]string{1: "none", 2: "sw", 3: "hw", 4: "hw-record"}
)

// upperLayer reads the nested attributes about the upper layer protocol: its name,
// and the details of TLS and of a subflow of MPTCP.
func (d *inetDecoder) upperLayer(v []byte, s *sock.Socket) bool {
	return eachAttribute(v, func(kind uint16, value []byte) bool {
		switch kind {
		case inetULPInfoName:
			if name, _, _ := bytes.Cut(value, []byte{0}); len(name) > 0 {
				s.ULP = d.names.intern(name)
				s.Known |= sock.FieldULP
			}
		case inetULPInfoTLS:
			d.tls = sock.TLS{}
			s.TLS = &d.tls
			s.Known |= sock.FieldTLS
			return readTLS(value, &d.tls)
		case inetULPInfoMPTCP:
			d.mptcpSubflow(value, s)
		}
		return true
	})
}

// readTLS reads TLS_INFO_* and reports whether all were long enough.
func readTLS(v []byte, t *sock.TLS) bool {
	return eachAttribute(v, func(kind uint16, value []byte) bool {
		var text *string
		var names map[uint16]string
		switch kind {
		case tlsInfoVersion:
			text, names = &t.Version, tlsVersions
		case tlsInfoCipher:
			text, names = &t.Cipher, tlsCiphers
		case tlsInfoTxConf:
			text, names = &t.TxConf, tlsConfs
		case tlsInfoRxConf:
			text, names = &t.RxConf, tlsConfs
		case tlsInfoZeroTx:
			t.ZeroCopyTx = true
		case tlsInfoNoPadRx:
			t.NoPadRx = true
		}
		switch {
		case text == nil:
		case len(value) < 2:
			return false
		default:
			*text = nameOf(names, native.Uint16(value))
		}
		return true
	})
}

// nameOf returns the name of a number, or the number in hexadecimal.
func nameOf(names map[uint16]string, n uint16) string {
	if name, ok := names[n]; ok {
		return name
	}
	return fmt.Sprintf("0x%x", n)
}
