package platform

import (
	"slices"

	"sockeye/platform/iphlpapi"
	"sockeye/platform/portable"
	"sockeye/procnet"
	"sockeye/sock"
	"sockeye/sock/fact"
	"sockeye/sockdiag"
)

// System is a system whose sockets can be listed, by one of its sources.
type System struct {
	// Name is that of the system, such as "Linux"; Source is the source, if there
	// are several.
	Name, Source string
	fields       func(sock.Protocol) sock.Field
	namespaces   bool // of networks
}

// Systems are those that there are sources for, whatever this one is.
var Systems = []System{
	{Name: "Linux", Source: "sock_diag", fields: sockdiag.New().Fields, namespaces: true},
	{Name: "Linux", Source: "proc", fields: procnet.Source{}.Fields, namespaces: true},
	{Name: "Windows", fields: iphlpapi.New().Fields},
	portableOn("macOS, FreeBSD", "darwin"),
	portableOn("OpenBSD", "openbsd"),
}

func portableOn(name, system string) System {
	return System{Name: name, fields: func(p sock.Protocol) sock.Field { return portable.FieldsOn(system, p) }}
}

// Protocols returns the protocols of which the source lists sockets.
func (s *System) Protocols() sock.ProtocolSet { return s.Know(0) }

// Know returns the protocols of which a listing there can hold facts.
func (s *System) Know(facts sock.Field) sock.ProtocolSet {
	var set sock.ProtocolSet
	for d := range sock.Descriptors {
		if given := s.fields(d.Protocol); given != 0 && compared(derived(given, s.namespaces)).Has(facts) {
			set |= sock.Protocols(d.Protocol)
		}
	}
	return set
}

// SystemsThatKnow returns the names of the systems on which a listing can hold
// facts about the sockets of some protocol.
func SystemsThatKnow(facts sock.Field) []string {
	var names []string
	for i := range Systems {
		if s := &Systems[i]; s.Know(facts) != 0 && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// SystemsOf returns the names of the systems that have a fact.
func SystemsOf(f *fact.Fact) []string {
	switch {
	case f.Systems != nil:
		return f.Systems
	case f.Always:
		return SystemsThatKnow(0)
	case !f.Joined():
		return SystemsThatKnow(f.Needs)
	}
	// What is made of several facts exists where one of them does.
	return slices.DeleteFunc(SystemsThatKnow(0), func(name string) bool {
		return !slices.ContainsFunc(f.Members(), func(m *fact.Fact) bool { return slices.Contains(SystemsOf(m), name) })
	})
}

// derived returns what is known where a source gives some fields: the user by the
// number, the control group by its own, the owners by the inode, facts by the owner.
func derived(fields sock.Field, namespaces bool) sock.Field {
	if fields.Has(sock.FieldUID) {
		fields |= sock.FieldUser
	}
	if fields.Has(sock.FieldLocal) {
		fields |= sock.FieldExposure
	}
	if namespaces {
		fields |= sock.FieldNetns | sock.FieldNetnsName
	}
	if fields.Has(sock.FieldCgroupID) {
		fields |= sock.FieldCgroup
	}
	if fields.Has(sock.FieldInode) {
		fields |= sock.FieldOwners
	}
	if fields.Has(sock.FieldOwners) {
		fields |= sock.ProcessFields &^ (sock.FieldContext | sock.FieldOrigin)
	}
	if fields.Has(sock.FieldInode) { // found in proc, by the owners
		fields |= sock.FieldContext | sock.FieldOrigin | sock.FieldSocketContext
		if fields&(sock.FieldRemote|sock.FieldPeerInode|sock.FieldNetlink|sock.FieldVSOCK) != 0 {
			fields |= sock.FieldPeerProcess
		}
	}
	if namespaces && fields&(sock.FieldOwners|sock.FieldCgroup) != 0 { // Linux
		fields |= sock.FieldPlace
	}
	return fields
}
