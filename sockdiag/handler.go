package sockdiag

import (
	"context"

	"sockeye/sock"
)

const (
	inetFields = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldV6Only |
		sock.FieldMark | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldInode |
		sock.FieldCookie | sock.FieldUID | sock.FieldMemory | sock.FieldShutdown |
		sock.FieldTOS | sock.FieldTrafficClass | sock.FieldClassID | sock.FieldOptions | sock.FieldCgroupID
	tcpFields = inetFields | sock.FieldBacklog | sock.FieldTimer | sock.FieldTCPInfo |
		sock.FieldCongestion | sock.FieldULP | sock.FieldMPTCPSubflow |
		sock.FieldCongestionInfo | sock.FieldTLS | sock.FieldMD5
	sctpFields  = inetFields | sock.FieldBacklog | sock.FieldTimer | sock.FieldSCTPInfo
	mptcpFields = inetFields | sock.FieldBacklog | sock.FieldTimer | sock.FieldMPTCPInfo
	dccpFields  = inetFields | sock.FieldBacklog | sock.FieldTimer | sock.FieldTCPInfo
	unixFields  = sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldType |
		sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldBacklog | sock.FieldInode |
		sock.FieldCookie | sock.FieldUID | sock.FieldMemory | sock.FieldShutdown | sock.FieldFile | sock.FieldPending
	tipcFields = sock.FieldTIPC | sock.FieldType | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldInode |
		sock.FieldCookie | sock.FieldUID
	smcFields = sock.FieldLocal | sock.FieldRemote | sock.FieldInterface | sock.FieldInode | sock.FieldCookie |
		sock.FieldUID | sock.FieldShutdown | sock.FieldSMCInfo
	packetFields = sock.FieldPacket | sock.FieldPacketFilter | sock.FieldInterface | sock.FieldType | sock.FieldUID | familyFields
	// familyFields are told of packet, netlink and XDP sockets.
	familyFields  = sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldMemory | sock.FieldInode | sock.FieldCookie
	netlinkFields = sock.FieldNetlink | sock.FieldType | familyFields
	vsockFields   = sock.FieldVSOCK | sock.FieldType | sock.FieldShutdown | sock.FieldInode | sock.FieldCookie
	xdpFields     = sock.FieldXDP | sock.FieldInterface | sock.FieldType | sock.FieldUID | familyFields
)

// handler is how the tables of one protocol are asked for and understood.
type handler struct {
	protocol sock.Protocol
	fields   sock.Field
	// number is IPPROTO_* of linux/in.h for sdiag_protocol, of a table over IP.
	number uint16
	// bits of idiag_states or udiag_states, by the state that they ask for.
	bits []uint32
	// programs: a request takes INET_DIAG_REQ_BYTECODE.
	programs bool
	// dump makes the request for a table.
	dump func(h *handler, t sock.Table, states uint32, want sock.Field) []byte
	// lookUp makes the request for one socket, or for those that share its ports;
	// nil where the kernel only lists them all.
	lookUp func(h *handler, s *sock.Socket, flags uint16, states uint32, cookie uint64) ([]byte, error)
	// decode reads a message into the record of a reader.
	decode func(h *handler, d *decoder, payload []byte, s *sock.Socket) parsed
	// doubled: the kernel tells some sockets twice in one dump.
	doubled bool
	// before, if not nil, reads what the rows need to tell the facts of about.
	before func(r *reading, ctx context.Context) error
	about  sock.Field
}

var inetHandler = handler{
	fields: inetFields, bits: datagramBits[:], programs: true,
	dump: inetDump, lookUp: inetLookUp, decode: inetMessage,
}

// handlerOf returns how a protocol is listed; nil for one that this source does not
// list, ping sockets among them: no kernel has a diag handler for those.
func handlerOf(p sock.Protocol) *handler {
	h := inetHandler
	h.protocol = p
	switch p {
	case sock.TCP:
		h.number, h.fields, h.bits = 6, tcpFields, connectionBits[:]
	case sock.UDP:
		h.number = 17
	case sock.UDPLite:
		h.number = 136
	case sock.Raw:
		h.number = 255 // IPPROTO_RAW stands for every raw socket
	case sock.SCTP:
		h.number, h.fields, h.bits, h.programs, h.decode = 132, sctpFields, sctpBits[:], false, sctpMessage
	case sock.MPTCP:
		h.number, h.fields, h.bits = 262, mptcpFields, connectionBits[:sock.Bound]
	case sock.DCCP:
		h.number, h.fields, h.bits = 33, dccpFields, dccpBits[:]
	case sock.SMC:
		return &handler{protocol: p, fields: smcFields, bits: smcBits[:], dump: smcDump,
			decode: func(_ *handler, d *decoder, payload []byte, s *sock.Socket) parsed { return d.smc.decode(payload, s) }}
	case sock.TIPC:
		return &handler{protocol: p, fields: tipcFields, bits: tipcBits[:], dump: tipcDump,
			decode: func(_ *handler, d *decoder, payload []byte, s *sock.Socket) parsed { return d.tipc.decode(payload, s) }}
	case sock.Unix:
		return &handler{
			protocol: p, fields: unixFields, bits: unixBits[:], dump: unixDump, lookUp: unixLookUp, decode: unixMessage,
			before: (*reading).readNames, about: sock.FieldPeerPath,
		}
	case sock.Packet:
		return familyHandler(p, packetFields, unconnectedBits[:], packetDump, (*familyDecoder).packet)
	case sock.Netlink:
		h := familyHandler(p, netlinkFields, unconnectedBits[:], netlinkDump, (*familyDecoder).netlink)
		// One that has joined a group stands in two lists (__netlink_diag_dump of
		// net/netlink/diag.c).
		h.doubled = true
		return h
	case sock.VSOCK:
		return familyHandler(p, vsockFields, vsockBits[:], vsockDump, (*familyDecoder).vsock)
	case sock.XDP:
		return familyHandler(p, xdpFields, unconnectedBits[:], xdpDump, (*familyDecoder).xdp)
	default:
		return nil
	}
	return &h
}

// module returns the kernel's module that lists a protocol, as modprobe(8) calls it.
func module(p sock.Protocol) string {
	switch p {
	case sock.UDPLite:
		return "udp_diag"
	case sock.Packet:
		return "af_packet_diag"
	case sock.XDP:
		return "xsk_diag"
	}
	return p.String() + "_diag"
}

// familyHandler returns how sockets of a family are listed of which the kernel looks
// none up.
func familyHandler(p sock.Protocol, fields sock.Field, bits []uint32, dump func(*handler, sock.Table, uint32, sock.Field) []byte,
	decode func(*familyDecoder, []byte, *sock.Socket) parsed,
) *handler {
	return &handler{protocol: p, fields: fields, bits: bits, dump: dump,
		decode: func(_ *handler, d *decoder, payload []byte, s *sock.Socket) parsed {
			return decode(&d.family, payload, s)
		},
	}
}

// mask returns the bits that ask for states. 0 means that no socket of the protocol
// is ever in one of them.
func (h *handler) mask(states sock.StateSet) uint32 {
	var mask uint32
	for s, b := range h.bits {
		if states.Has(sock.State(s)) {
			mask |= b
		}
	}
	return mask
}

// decoder turns messages into records, and owns what they point to.
type decoder struct {
	inet   inetDecoder
	unix   unixDecoder
	sctp   sctpDecoder
	smc    smcDecoder
	tipc   tipcDecoder
	family familyDecoder
}

func inetMessage(h *handler, d *decoder, payload []byte, s *sock.Socket) parsed {
	d.inet.protocol = h.protocol
	return d.inet.decode(payload, s)
}

func sctpMessage(_ *handler, d *decoder, payload []byte, s *sock.Socket) parsed {
	d.inet.protocol = sock.SCTP
	return d.sctp.decode(&d.inet, payload, s)
}

func unixMessage(_ *handler, d *decoder, payload []byte, s *sock.Socket) parsed {
	return d.unix.decode(payload, s)
}

// Fields says what the kernel can tell of a protocol's sockets. FieldInterface
// is the index alone: its name is looked up elsewhere.
func (*Source) Fields(p sock.Protocol) sock.Field {
	if h := handlerOf(p); h != nil {
		return h.fields
	}
	return 0
}

// States says that the kernel tells all of them, but for TCP sockets in the state
// Bound (and those of DCCP) if it is an old one.
func (s *Source) States(p sock.Protocol) sock.StateSet {
	if s.Fields(p) == 0 {
		return 0
	}
	states := p.Descriptor().States
	if states.Has(sock.Bound) && !s.bound() {
		states &^= sock.States(sock.Bound)
	}
	return states
}
