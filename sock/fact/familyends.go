package fact

import (
	"cmp"
	"strconv"

	"sockeye/sock"
)

// The ends of sockets that have neither addresses nor paths, as ss writes them: a
// packet socket has the protocol and the device that it receives from, netlink the
// protocol and a port number, VSOCK a context identifier and a port, XDP a device and
// a queue.

// appendFamilyLocal shows where such a socket is: "ip:eth0", "*:*", "route:4242",
// "route:kernel", "2:1024", "eth0:q3"; of TIPC the node and the number there.
func appendFamilyLocal(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.TIPC != nil:
		return appendTIPCEnd(dst, s, sock.TIPCNode, sock.TIPCRef)
	case s.Knows(sock.FieldPacket):
		protocol, _ := s.Detail(sock.PacketProtocol)
		if protocol == etherAll {
			dst = append(dst, '*')
		} else {
			dst = appendNamed(dst, etherTypes, protocol, 16)
		}
		return appendDevice(append(dst, ':'), s)
	case s.Knows(sock.FieldNetlink):
		port, _ := s.Detail(sock.NetlinkPort)
		dst = append(appendNetlinkProtocol(dst, s), ':')
		if port == 0 {
			return append(dst, "kernel"...)
		}
		return strconv.AppendUint(dst, port, 10)
	case s.Knows(sock.FieldVSOCK):
		return appendVSOCKEnd(dst, s, sock.VSOCKCID, sock.VSOCKPort)
	case s.Knows(sock.FieldXDP):
		dst = appendDevice(dst, s)
		if queue, ok := s.Detail(sock.XDPQueue); ok {
			dst = strconv.AppendUint(append(dst, ":q"...), queue, 10)
		}
	}
	return dst
}

func hasFamilyLocal(s *sock.Socket) bool {
	return (s.Details != nil || s.TIPC != nil) && s.Known&endFacts != 0
}

// appendFamilyRemote shows whom such a socket sends to, if it chose one: "2:1024",
// "route:4242", "route:group 3".
func appendFamilyRemote(dst []byte, s *sock.Socket) []byte {
	switch {
	case !hasFamilyRemote(s):
		return dst
	case s.TIPC != nil:
		return appendTIPCEnd(dst, s, sock.TIPCPeerNode, sock.TIPCPeerRef)
	case s.Knows(sock.FieldVSOCK):
		return appendVSOCKEnd(dst, s, sock.VSOCKPeerCID, sock.VSOCKPeerPort)
	}
	dst = append(appendNetlinkProtocol(dst, s), ':')
	port, _ := s.Detail(sock.NetlinkPeerPort)
	group, _ := s.Detail(sock.NetlinkPeerGroup)
	if port != 0 {
		dst = strconv.AppendUint(dst, port, 10)
	}
	if port != 0 && group != 0 {
		dst = append(dst, ' ')
	}
	if group != 0 {
		dst = strconv.AppendUint(append(dst, "group "...), group, 10)
	}
	return dst
}

func hasFamilyRemote(s *sock.Socket) bool {
	switch {
	case s.TIPC != nil:
		_, known := s.TIPC.Get(sock.TIPCPeerRef)
		return known && s.Knows(sock.FieldTIPC)
	case s.Details == nil:
		return false
	case s.Knows(sock.FieldVSOCK):
		_, known := s.Detail(sock.VSOCKPeerCID)
		return known
	case s.Knows(sock.FieldNetlink):
		port, _ := s.Detail(sock.NetlinkPeerPort)
		group, _ := s.Detail(sock.NetlinkPeerGroup)
		return port != 0 || group != 0
	}
	return false
}

func appendNetlinkProtocol(dst []byte, s *sock.Socket) []byte {
	protocol, _ := s.Detail(sock.NetlinkProtocol)
	return appendNamed(dst, netlinkProtocols, protocol, 10)
}

// appendVSOCKEnd shows * for what is any.
func appendVSOCKEnd(dst []byte, s *sock.Socket, cid, port sock.Detail) []byte {
	for i, part := range [...]sock.Detail{cid, port} {
		if i > 0 {
			dst = append(dst, ':')
		}
		if v, ok := s.Detail(part); ok {
			dst = strconv.AppendUint(dst, v, 10)
		} else {
			dst = append(dst, '*')
		}
	}
	return dst
}

func appendTIPCEnd(dst []byte, s *sock.Socket, node, ref int) []byte {
	n, _ := s.TIPC.Get(node)
	r, _ := s.TIPC.Get(ref)
	dst = append(strconv.AppendUint(dst, n, 10), ':')
	return strconv.AppendUint(dst, r, 10)
}

// appendDevice shows the device of a socket, by its index if it has no name; * for
// all.
func appendDevice(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Interface != "":
		return appendEscaped(dst, s.Interface)
	case s.IfIndex != 0:
		return strconv.AppendUint(dst, uint64(s.IfIndex), 10)
	}
	return append(dst, '*')
}

// localDetails and remoteDetails are what such ends are ordered by.
var (
	localDetails  = []sock.Detail{sock.PacketProtocol, sock.NetlinkProtocol, sock.NetlinkPort, sock.VSOCKCID, sock.VSOCKPort, sock.XDPQueue}
	remoteDetails = []sock.Detail{sock.NetlinkProtocol, sock.NetlinkPeerPort, sock.NetlinkPeerGroup, sock.VSOCKPeerCID, sock.VSOCKPeerPort}
)

func compareFamilyEnds(a, b *sock.Socket, by []sock.Detail) int {
	if a.TIPC != nil && b.TIPC != nil {
		return compareTIPCEnds(a.TIPC, b.TIPC, &by[0] == &remoteDetails[0])
	}
	if a.Details == nil || b.Details == nil {
		return 0
	}
	for _, i := range by {
		x, _ := a.Details.Get(i)
		y, _ := b.Details.Get(i)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

func compareTIPCEnds(a, b *sock.Numbers, remote bool) int {
	by := [...]int{sock.TIPCNode, sock.TIPCRef}
	if remote {
		by = [...]int{sock.TIPCPeerNode, sock.TIPCPeerRef}
	}
	for _, i := range by {
		x, _ := a.Get(i)
		y, _ := b.Get(i)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}
