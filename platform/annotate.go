package platform

import (
	"net"

	"sockeye/sock"
)

// annotator adds to a row what its table does not hold: the names behind
// numbers. Each is looked up once.
type annotator struct {
	want       sock.Field
	users      *userNames
	netns      sock.Netns
	interfaces map[uint32]string
	// interfaceName is net.InterfaceByIndex but in tests.
	interfaceName func(index uint32) string
}

func systemInterfaceName(index uint32) string {
	ifi, err := net.InterfaceByIndex(int(index))
	if err != nil {
		return ""
	}
	return ifi.Name
}

func (a *annotator) add(s *sock.Socket) {
	if s.Knows(sock.FieldInterface) && s.IfIndex != 0 && s.Interface == "" {
		name, ok := a.interfaces[s.IfIndex]
		if !ok {
			name = a.interfaceName(s.IfIndex)
			if a.interfaces == nil {
				a.interfaces = map[uint32]string{}
			}
			a.interfaces[s.IfIndex] = name
		}
		s.Interface = name
	}
	if a.want.Has(sock.FieldUser) && s.Knows(sock.FieldUID) {
		if name := a.users.name(s.UID); name != "" {
			s.User = name
			s.Known |= sock.FieldUser
		}
	}
	if a.want.Has(sock.FieldNetns) && a.netns.Inode != 0 && !s.Knows(sock.FieldNetns) {
		s.Netns = a.netns
		s.Known |= sock.FieldNetns
		if a.netns.Name != "" {
			s.Known |= sock.FieldNetnsName
		}
	}
}
