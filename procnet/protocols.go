package procnet

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"sockeye/sock"
)

// protocolNames are what net/protocols calls the protocols that not every kernel
// has, or not every kernel tells the sockets of: struct proto.name of each family.
var protocolNames = map[sock.Protocol][]string{
	sock.SCTP:  {"SCTP", "SCTPv6"},
	sock.MPTCP: {"MPTCP", "MPTCPv6"},
	sock.DCCP:  {"DCCP", "DCCPv6"},
	sock.SMC:   {"SMC", "SMC6"},
	sock.VSOCK: {"AF_VSOCK"},
	sock.XDP:   {"XDP"},
	sock.TIPC:  {"TIPC"},
}

// InUse returns how many sockets of a protocol there are in the network namespace of
// an environment, as net/protocols counts them. A protocol whose module is not
// loaded has none. known is false if the file cannot be read, and for a protocol of
// which that cannot be said.
func InUse(env *sock.Environment, p sock.Protocol) (sockets uint64, known bool) {
	names := protocolNames[p]
	if names == nil {
		return 0, false
	}
	file, _, err := session{env}.openTable("protocols")
	if err != nil {
		return 0, false
	}
	defer file.Close()
	sockets, listed, err := countProtocols(file, names)
	// The kernel does not count those of AF_VSOCK and AF_TIPC.
	return sockets, err == nil && !(listed && (p == sock.VSOCK || p == sock.TIPC))
}

// countProtocols adds up the sockets of some protocols, and reports whether one of
// them is listed (proto_seq_printf of net/core/sock.c):
//
//	protocol  size sockets  memory press ...
func countProtocols(r io.Reader, names []string) (sockets uint64, listed bool, err error) {
	var lines lineReader
	lines.open(r)
	defer lines.close()
	for {
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return sockets, listed, nil
		case err != nil:
			return 0, listed, err
		}
		fields := bytes.Fields(line)
		if len(fields) < 3 || !slices.Contains(names, string(fields[0])) {
			continue
		}
		c := cursor{rest: fields[2]}
		n := c.decimal()
		if c.failed || len(c.rest) > 0 || sockets+n < sockets {
			return 0, true, errNotCounted
		}
		sockets, listed = sockets+n, true
	}
}

var errNotCounted = errors.New("no number of sockets")
