package platform

import "sockeye/sock"

// annotator adds to a row what its table does not hold: the names behind
// numbers. Each is looked up once for a listing.
type annotator struct {
	want    sock.Field
	users   *userNames
	env     *sock.Environment
	cgroups *cgroupNames // nil: none are known on this system
	// exposures are nil unless they are wanted.
	exposures *exposures
}

func (h *Host) newAnnotator(want sock.Field) *annotator {
	return &annotator{want: want, users: &userNames{}, env: h.chain.env, cgroups: newCgroupNames(h.chain.env)}
}

func (a *annotator) add(s *sock.Socket) {
	if s.Knows(sock.FieldInterface) && s.IfIndex != 0 && s.Interface == "" {
		if a.exposures != nil && s.Listening() {
			_, _ = a.env.Interfaces.Addresses() // with which the names come
		}
		s.Interface = a.env.Interfaces.Name(s.IfIndex)
	}
	if a.want.Has(sock.FieldUser) && s.Knows(sock.FieldUID) {
		if name := a.users.name(s.UID); name != "" {
			s.User = name
			s.Known |= sock.FieldUser
		}
	}
	if a.want.Has(sock.FieldCgroup) && s.Knows(sock.FieldCgroupID) {
		if path := a.cgroups.path(s.CgroupID); path != "" {
			s.Cgroup = path
			s.Known |= sock.FieldCgroup
		}
	}
	if a.exposures != nil {
		a.exposures.add(s)
	}
	if ns := a.env.Namespace; ns != nil {
		a.namespace(ns, s)
	}
}

func (a *annotator) namespace(ns sock.Namespace, s *sock.Socket) {
	if a.want.Has(sock.FieldNetns) {
		s.Netns.Inode = ns.Inode()
		s.Known |= sock.FieldNetns
	}
	if a.want.Has(sock.FieldNetnsName) {
		if name := ns.Name(); name != "" {
			s.Netns.Name = name
			s.Known |= sock.FieldNetnsName
		}
	}
}
