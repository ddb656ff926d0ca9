package fact

import (
	"net/netip"

	"sockeye/sock"
)

// securityFacts are about what the kernel encrypts and signs. Keys are not among
// them.
var securityFacts = []*Fact{
	{
		Name: "tls", Kind: Object, Needs: sock.FieldTLS, Optional: true, Option: "info", Words: "TCP's inner facts",
		Doc: "TLS in the kernel (ulp tls): TLS_INFO_* of linux/tls.h", parts: tlsParts,
		has:   func(s *sock.Socket) bool { return s.TLS != nil },
		begin: func(s *sock.Socket) { s.TLS = new(sock.TLS) },
	},
	{
		Name: "md5_peers", Aliases: []string{"md5keys", "md5"}, Kind: Text, Needs: sock.FieldMD5, Optional: true, Option: "info", Words: "TCP's inner facts",
		Doc: "peers whose segments are signed (TCP_MD5SIG), as prefixes; the keys are not shown", Example: "md5_peers = 192.0.2.7/32",
		values: prefixes(func(s *sock.Socket) *[]netip.Prefix { return &s.MD5Peers }),
	},
}

// prefixes is a list of addresses with the length of a prefix.
func prefixes(at func(*sock.Socket) *[]netip.Prefix) *valueList {
	return &valueList{
		count:  func(s *sock.Socket) int { return len(*at(s)) },
		append: func(dst []byte, s *sock.Socket, i int) []byte { return (*at(s))[i].AppendTo(dst) },
		add: func(s *sock.Socket, text string) bool {
			p, err := netip.ParsePrefix(text)
			*at(s) = append(*at(s), p)
			return err == nil
		},
	}
}

func tlsParts() []*Fact {
	return []*Fact{
		tlsText("version", "version of TLS", "tls_version = 1.3", func(t *sock.TLS) *string { return &t.Version }),
		tlsText("cipher", "cipher", "tls_cipher = aes-gcm-256", func(t *sock.TLS) *string { return &t.Cipher }),
		tlsText("txconf", "who makes the records that are sent: none, sw (the kernel), hw (the device), hw-record", "tls_txconf = hw", func(t *sock.TLS) *string { return &t.TxConf }),
		tlsText("rxconf", "who reads the records that arrive", "tls_rxconf = hw", func(t *sock.TLS) *string { return &t.RxConf }),
		tlsFlag("zc_ro_tx", "sendfile does not copy (TLS_TX_ZEROCOPY_RO)", func(t *sock.TLS) *bool { return &t.ZeroCopyTx }),
		tlsFlag("no_pad_rx", "no padding is expected (TLS_RX_EXPECT_NO_PAD)", func(t *sock.TLS) *bool { return &t.NoPadRx }),
	}
}

func tlsText(name, doc, example string, at func(*sock.TLS) *string) *Fact {
	return &Fact{
		Name: "tls." + name, Aliases: []string{"tls_" + name}, Kind: Text, Doc: doc, Example: example, label: "tls_" + name,
		text: func(s *sock.Socket) *string {
			if s.TLS == nil {
				return nil
			}
			return at(s.TLS)
		},
	}
}

func tlsFlag(name, doc string, at func(*sock.TLS) *bool) *Fact {
	return &Fact{
		Name: "tls." + name, Aliases: []string{"tls_" + name}, Kind: Bool, Only: true, Doc: doc, Example: "tls_" + name + " = true", label: "tls_" + name,
		number: func(s *sock.Socket) (uint64, bool) {
			if s.TLS == nil {
				return 0, false
			}
			return bit(*at(s.TLS)), true
		},
		setNumber: func(s *sock.Socket, v uint64) { *at(s.TLS) = v != 0 },
	}
}
