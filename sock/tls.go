package sock

// TLS is what the kernel tells of a TCP connection whose records it makes
// (TCP_ULP "tls"): TLS_INFO_* of linux/tls.h. A text that is empty is not known.
type TLS struct {
	Version string // such as "1.3"; a number in hexadecimal if it has no name
	Cipher  string // such as "aes-gcm-128"
	TxConf  string // who makes the records that are sent: none, sw, hw, hw-record
	RxConf  string // who reads those that arrive
	// ZeroCopyTx: sendfile(2) does not copy (TLS_TX_ZEROCOPY_RO). NoPadRx: no
	// padding is expected (TLS_RX_EXPECT_NO_PAD).
	ZeroCopyTx, NoPadRx bool
}
