package fact

import "sockeye/sock"

// vsockFact is where a VSOCK socket is.
var vsockFact = detailObject("vsock", sock.FieldVSOCK, "ends of VSOCK sockets",
	"VSOCK socket: the machines (context identifiers: 1 this one, 2 its host) and ports of its ends, linux/vm_sockets_diag.h", func() []*Fact {
		return []*Fact{
			silenced(detail(sock.VSOCKCID, "vsock.cid", "own context identifier; none is any", "cid")),
			silenced(detail(sock.VSOCKPort, "vsock.port", "own port: 32 bits", "vsock_port")),
			silenced(detail(sock.VSOCKPeerCID, "vsock.peer_cid", "context identifier of the peer", "peer_cid")),
			silenced(detail(sock.VSOCKPeerPort, "vsock.peer_port", "port of the peer", "peer_port", "vsock_peer_port")),
		}
	})
