package sockdiag

import "sockeye/sock"

const (
	inetFields = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldV6Only |
		sock.FieldMark | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldInode |
		sock.FieldCookie | sock.FieldUID | sock.FieldMemory | sock.FieldShutdown |
		sock.FieldTOS | sock.FieldTrafficClass | sock.FieldCgroupID
	tcpFields = inetFields | sock.FieldBacklog | sock.FieldTimer | sock.FieldTCPInfo |
		sock.FieldCongestion
	unixFields = sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldType |
		sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldBacklog | sock.FieldInode |
		sock.FieldCookie | sock.FieldUID | sock.FieldMemory | sock.FieldShutdown
)

// Fields says what the kernel can tell of a protocol's sockets. FieldInterface
// is the index alone: its name is looked up elsewhere. The set is empty for a protocol that this source does not list,
// ping sockets among them: no kernel has a diag handler for those.
func (*Source) Fields(p sock.Protocol) sock.Field {
	switch p {
	case sock.TCP:
		return tcpFields
	case sock.UDP, sock.UDPLite, sock.Raw:
		return inetFields
	case sock.Unix:
		return unixFields
	}
	return 0
}

// States says that the kernel tells all of them, but for TCP sockets in the state
// Bound if it is an old one.
func (s *Source) States(p sock.Protocol) sock.StateSet {
	switch {
	case s.Fields(p) == 0:
		return 0
	case p == sock.TCP && !s.bound():
		return p.Descriptor().States &^ sock.States(sock.Bound)
	}
	return p.Descriptor().States
}
