package sock

// SocketOptions are options of a socket over IP, and what else struct
// inet_diag_sockopt of linux/inet_diag.h holds, in the order of its bit fields.
type SocketOptions uint16

// The options.
const (
	OptionRecvErr           SocketOptions = 1 << iota // IP_RECVERR
	OptionIsICSK                                      // the protocol has connections
	OptionFreebind                                    // IP_FREEBIND
	OptionHdrIncl                                     // IP_HDRINCL
	OptionMulticastLoop                               // IP_MULTICAST_LOOP
	OptionTransparent                                 // IP_TRANSPARENT
	OptionMulticastAll                                // IP_MULTICAST_ALL
	OptionNoDefrag                                    // IP_NODEFRAG
	OptionBindAddressNoPort                           // IP_BIND_ADDRESS_NO_PORT
	OptionRecvErrRFC4884                              // IP_RECVERR_RFC4884
	OptionDeferConnect                                // TCP_FASTOPEN_CONNECT: the SYN waits for data
)
