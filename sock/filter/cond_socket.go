package filter

import (
	"math"
	"slices"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// StateCond is true if the state of the socket is in Set.
type StateCond struct{ Set sock.StateSet }

func (c *StateCond) match(s *sock.Socket) bool { return c.Set.Has(s.State) }
func (c *StateCond) needs() sock.Field         { return 0 }

// ProtocolCond is true if the protocol of the socket is in Set.
type ProtocolCond struct{ Set sock.ProtocolSet }

func (c *ProtocolCond) match(s *sock.Socket) bool { return c.Set.Has(s.Protocol) }
func (c *ProtocolCond) needs() sock.Field         { return 0 }

// FamilyCond is true if the family of the socket is in Set.
type FamilyCond struct{ Set sock.FamilySet }

func (c *FamilyCond) match(s *sock.Socket) bool { return c.Set.Has(s.Family) }
func (c *FamilyCond) needs() sock.Field         { return 0 }

// PortCond compares a port: it is true if one of the ranges holds it. It is
// false for sockets that have no ports.
type PortCond struct {
	Side fact.Side
	// Ranges are sorted and do not touch; without one the condition is false for
	// sockets of IPv4 and IPv6.
	Ranges []PortRange
	// wide are the ranges of ports that have 32 bits; see [portOf].
	wide []Range
}

func (c *PortCond) match(s *sock.Socket) bool {
	if !overIP(s.Family) {
		return c.Side != fact.Remote && c.holds(s, false) || c.Side != fact.Local && c.holds(s, true)
	}
	if c.Side != fact.Remote && s.Known&sock.FieldLocal != 0 && containsPort(c.Ranges, s.Local.Port()) {
		return true
	}
	return c.Side != fact.Local && s.Known&sock.FieldRemote != 0 && containsPort(c.Ranges, s.Remote.Port())
}

// holds reports whether the port of a socket without an address is meant.
func (c *PortCond) holds(s *sock.Socket, remote bool) bool {
	port, known := portOf(s, remote)
	return known && contains(c.wide, port)
}

func (c *PortCond) needs() sock.Field { return endsOf(c.Side) }

// overIP reports whether sockets of the family have IP addresses and ports.
func overIP(f sock.Family) bool { return f == sock.IPv4 || f == sock.IPv6 }

func endsOf(side fact.Side) sock.Field {
	switch side {
	case fact.Local:
		return sock.FieldLocal
	case fact.Remote:
		return sock.FieldRemote
	}
	return sock.FieldLocal | sock.FieldRemote
}

// AutoboundCond is true for a socket whose local name the system chose: a port
// of the range for that, or an abstract name of five hexadecimal digits, which
// is what the kernel gives to a unix socket that binds without a name (unix(7),
// autobind). As in ss, so are ports of VSOCK from 1024 on, and those of netlink that
// are below 0 with a sign.
type AutoboundCond struct{ Ports PortRange }

// autobindLength is the length of such a name with its NUL.
const autobindLength = 6

func (c *AutoboundCond) match(s *sock.Socket) bool {
	if s.Family == sock.FamilyUnix {
		return s.Known&sock.FieldPath != 0 && autobindName(s.Path)
	}
	switch port, known := portOf(s, false); {
	case known && s.Family == sock.FamilyNetlink:
		return int32(port) < 0
	case known:
		return port >= firstVSOCKPort
	}
	if !overIP(s.Family) || s.Known&sock.FieldLocal == 0 {
		return false
	}
	p := s.Local.Port()
	return c.Ports.Lo <= p && p <= c.Ports.Hi
}

// firstVSOCKPort is behind LAST_RESERVED_PORT of net/vmw_vsock/af_vsock.c.
const firstVSOCKPort = 1024

func autobindName(path string) bool {
	if len(path) != autobindLength || path[0] != 0 {
		return false
	}
	for i := 1; i < len(path); i++ {
		if c := path[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func (c *AutoboundCond) needs() sock.Field { return sock.FieldLocal | sock.FieldPath }

// Device is a network interface to compare with.
type Device struct {
	Name string // empty if it was given by its index
	// Index is the interface index. With a name, 0 says that it is not known;
	// without one, 0 means a socket that is bound to no interface.
	Index uint32
}

// matches compares names if both are known, because an index means another
// interface in another namespace.
func (d *Device) matches(s *sock.Socket) bool {
	if s.Known&sock.FieldInterface == 0 {
		return false
	}
	if d.Name == "" {
		return s.IfIndex == d.Index
	}
	if s.Interface != "" {
		return s.Interface == d.Name
	}
	return d.Index != 0 && s.IfIndex == d.Index
}

// DeviceCond compares the bound interface: it is true if it is one of Devices.
type DeviceCond struct{ Devices []Device }

func (c *DeviceCond) match(s *sock.Socket) bool {
	for i := range c.Devices {
		if c.Devices[i].matches(s) {
			return true
		}
	}
	return false
}

func (c *DeviceCond) needs() sock.Field { return sock.FieldInterface }

// Mark is a firewall mark to compare with: a socket's mark has it if the bits of
// Mask in it are Value.
type Mark struct{ Value, Mask uint32 }

// fullMask is the mask of a mark that is written without one.
const fullMask = math.MaxUint32

// MarkCond compares the firewall mark: it is true if it has one of Marks.
type MarkCond struct{ Marks []Mark }

func (c *MarkCond) match(s *sock.Socket) bool {
	if s.Known&sock.FieldMark == 0 {
		return false
	}
	for _, m := range c.Marks {
		if s.Mark&m.Mask == m.Value {
			return true
		}
	}
	return false
}

func (c *MarkCond) needs() sock.Field { return sock.FieldMark }

// Cgroup is a control group to compare with.
type Cgroup struct {
	Path string // in the hierarchy, with a slash in front
	ID   uint64 // 0 if it is not known
}

// CgroupCond compares the control group: it is true if it is one of Groups, by
// its ID where both are known, by its path otherwise.
type CgroupCond struct{ Groups []Cgroup }

func (c *CgroupCond) match(s *sock.Socket) bool {
	for i := range c.Groups {
		g := &c.Groups[i]
		if g.ID != 0 && s.Known&sock.FieldCgroupID != 0 && s.CgroupID != 0 {
			if g.ID == s.CgroupID {
				return true
			}
		} else if s.Known&sock.FieldCgroup != 0 && g.Path == s.Cgroup {
			return true
		}
	}
	return false
}

// needs is the number, unless none of the operands has one, and the path for
// where there is no number.
func (c *CgroupCond) needs() sock.Field {
	for i := range c.Groups {
		if c.Groups[i].ID != 0 {
			return sock.FieldCgroupID | sock.FieldCgroup
		}
	}
	return sock.FieldCgroup
}

// NetnsCond compares a network namespace: it is true if its inode is one of
// Inodes or its name one of Names. A name of digits stands in both.
type NetnsCond struct {
	Field  *fact.Fact
	Inodes []uint64
	Names  []string
}

func (c *NetnsCond) match(s *sock.Socket) bool {
	ns, inode, name := &s.Netns, sock.FieldNetns, sock.FieldNetnsName
	if c.Field.Needs == sock.FieldPeerProcess {
		ns, inode, name = &s.PeerNetns, sock.FieldPeerProcess, sock.FieldPeerProcess
	}
	return s.Known&inode != 0 && slices.Contains(c.Inodes, ns.Inode) ||
		s.Known&name != 0 && slices.Contains(c.Names, ns.Name)
}

func (c *NetnsCond) needs() sock.Field { return c.Field.Needs | named(c.Field).Needs }
