package iphlpapi

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"sockeye/sock"
)

// rows are the rows of one table.
type rows struct {
	*layout
	table sock.Table
	bytes []byte // count rows, nothing else
	count int
}

// openTable checks that what a call wrote holds as many rows as it says.
func openTable(b []byte, t sock.Table, l *layout) (rows, error) {
	if len(b) < 4 {
		return rows{}, fmt.Errorf("%w: %d bytes hold no number of rows", errMalformed, len(b))
	}
	count := binary.LittleEndian.Uint32(b)
	// In 64 bits: a lying number must not wrap.
	end := uint64(l.first) + uint64(count)*uint64(l.size)
	switch {
	case count == 0:
		return rows{layout: l, table: t}, nil
	case end > uint64(len(b)):
		return rows{}, fmt.Errorf("%w: %d rows of %d bytes do not fit into %d", errMalformed, count, l.size, len(b))
	}
	return rows{layout: l, table: t, bytes: b[l.first:end], count: int(count)}, nil
}

// at returns the bytes of row i.
func (r *rows) at(i int) []byte { return r.bytes[i*r.size : (i+1)*r.size : (i+1)*r.size] }

// decode fills s, which is empty, with the facts of a row that need no look-up.
func (r *rows) decode(row []byte, s *sock.Socket) {
	s.Protocol, s.Family = r.table.Protocol, r.table.Family
	s.State = sock.Unconnected // UDP has no states, and the peer is not told
	if r.state != absent {
		s.State = stateOf(binary.LittleEndian.Uint32(row[r.state:]))
	}
	s.Local = r.end(row, r.local, r.localPort)
	s.Known |= sock.FieldLocal
	if r.remote != absent && s.State != sock.Listen && s.State != sock.Bound {
		s.Remote = r.end(row, r.remote, r.remotePrt)
		if s.Remote.Port() == 0 && s.Remote.Addr().IsUnspecified() {
			s.Remote = netip.AddrPort{} // closed: there is no peer
		} else {
			s.Known |= sock.FieldRemote
		}
	}
	if r.localScope != absent {
		r.scope(row, s)
	}
	if created := r.createdAt(row); created != 0 {
		s.Created = created.time()
		s.Known |= sock.FieldCreated
	}
}

// end reads an address, whose bytes are in network order, and a port, which is
// in network order in the first two of its four bytes. The other two are
// undefined.
func (r *rows) end(row []byte, address, port int) netip.AddrPort {
	var addr netip.Addr
	if r.table.Family == sock.IPv4 {
		addr = netip.AddrFrom4([4]byte(row[address:]))
	} else {
		addr = netip.AddrFrom16([16]byte(row[address:])).Unmap()
	}
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(row[port:]))
}

// scope reads the interface of a link-local address, of either end. The
// documentation calls the scope one in network order; System Informer and
// Tailscale read it in host order, as sin6_scope_id of a SOCKADDR_IN6 is, and so
// does Wine write it. It has not been tried on Windows. With an address of another
// scope the number says nothing about the socket (Wine puts one there).
func (r *rows) scope(row []byte, s *sock.Socket) {
	switch {
	case linkLocal(s.Local.Addr()):
		s.IfIndex = binary.LittleEndian.Uint32(row[r.localScope:])
	case r.remoteScope != absent && linkLocal(s.Remote.Addr()):
		s.IfIndex = binary.LittleEndian.Uint32(row[r.remoteScope:])
	}
	if s.IfIndex != 0 {
		s.Known |= sock.FieldInterface
	}
}

func linkLocal(a netip.Addr) bool {
	return a.Is6() && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast())
}

// processID returns the process that bound the socket, and whether the table
// tells it.
func (r *rows) processID(row []byte) (uint32, bool) {
	if r.pid == absent {
		return 0, false
	}
	return binary.LittleEndian.Uint32(row[r.pid:]), true
}

// createdAt returns when the socket was bound, 0 if that is not known.
func (r *rows) createdAt(row []byte) fileTime {
	if r.created == absent {
		return 0
	}
	return fileTimeOf(binary.LittleEndian.Uint64(row[r.created:]))
}

// moduleInfo returns OwningModuleInfo, nil if the table has none.
func (r *rows) moduleInfo(row []byte) []byte {
	if r.module == absent {
		return nil
	}
	return row[r.module : r.module+moduleSize]
}
