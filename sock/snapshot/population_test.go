package snapshot

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"sockeye/sock"
)

// invent makes a socket of which each fact is known or not by chance, in the
// normal form that a reader gives: what is not known is zero, and a name that
// is known is not empty.
func invent(r *rand.Rand) *sock.Socket {
	s := &sock.Socket{
		Known:    sock.Field(r.Uint64()) & sock.AllFields &^ sock.ProcessFields,
		Protocol: sock.TCP + sock.Protocol(r.IntN(int(sock.TIPC))),
		Family:   sock.Family(r.IntN(int(sock.TIPC))) % (sock.FamilyTIPC + 1),
		State:    sock.State(r.IntN(int(sock.Unconnected) + 1)),
	}
	if !s.Known.Has(sock.FieldNetns) {
		s.Known &^= sock.FieldNetnsName // one object holds both
	}
	has := s.Known.Has
	if has(sock.FieldLocal) {
		s.Local = inventEnd(r)
	}
	if has(sock.FieldRemote) {
		s.Remote = inventEnd(r)
	}
	inventNames(r, s)
	inventNumbers(r, s)
	if has(sock.FieldOwners) {
		inventOwners(r, s)
	}
	inventServices(r, s)
	if !has(sock.FieldOwners) {
		s.Known &^= sock.FieldCreator // which is told with them
	}
	if s.Known.Has(sock.FieldCreator) {
		s.CreatorPID = r.IntN(1 << 22)
		for range r.IntN(3) {
			s.CreatorChildren = append(s.CreatorChildren, sock.Owner{Process: &sock.Process{PID: r.IntN(1 << 22), Name: inventName(r)}, FD: sock.NoFD})
		}
	}
	if has(sock.FieldCreated) {
		s.Created = time.UnixMilli(r.Int64N(1 << 42)).UTC()
	}
	if has(sock.FieldTimer) {
		s.Timer.Kind = sock.TimerKind(r.IntN(int(sock.TimerUnknown) + 1))
		if s.Timer.Kind != sock.TimerOff {
			s.Timer.Expires = time.Duration(r.IntN(1e9)) * time.Millisecond
			s.Timer.Retransmits = uint8(r.Uint32())
		}
	}
	if has(sock.FieldTCPInfo) {
		s.TCPInfo = new(sock.TCPInfo)
		for f := sock.TCPInfoField(0); f < sock.TCPInfoFieldCount; f++ {
			if r.IntN(2) == 0 {
				s.TCPInfo.Set(f, r.Uint64()>>r.IntN(64))
			}
		}
	}
	if has(sock.FieldSCTPInfo) {
		s.SCTPInfo = inventSCTP(r)
	}
	if has(sock.FieldSMCInfo) {
		s.SMCInfo = &sock.SMCInfo{Numbers: *inventMembers(r, sock.SMCMembers), State: sock.SMCState(r.IntN(len(sock.SMCStateNames()))),
			Mode: sock.SMCMode(r.IntN(len(sock.SMCModeNames()))), GID: inventName(r)}
	}
	for field, numbers := range map[sock.Field]struct {
		to      **sock.Numbers
		members []sock.Member
	}{
		sock.FieldMPTCPInfo:    {&s.MPTCPInfo, sock.MPTCPInfoMembers},
		sock.FieldMPTCPSubflow: {&s.MPTCPSubflow, sock.MPTCPSubflowMembers},
		sock.FieldTIPC:         {&s.TIPC, sock.TIPCMembers},
	} {
		if has(field) {
			*numbers.to = inventMembers(r, numbers.members)
		}
	}
	inventDetails(r, s)
	inventFamily(r, s)
	return s
}

// inventSCTP leaves an empty list nil, as a reader does.
func inventSCTP(r *rand.Rand) *sock.SCTPInfo {
	i := &sock.SCTPInfo{Numbers: *inventMembers(r, sock.SCTPInfoMembers), State: sock.SCTPState(r.IntN(len(sock.SCTPStateNames())))}
	for _, list := range []*[]netip.Addr{&i.Locals, &i.Peers} {
		for range r.IntN(3) {
			*list = append(*list, inventEnd(r).Addr())
		}
	}
	if r.IntN(2) == 0 {
		i.Primary = inventEnd(r).Addr().String()
	}
	return i
}

func inventMembers(r *rand.Rand, members []sock.Member) *sock.Numbers {
	var n sock.Numbers
	for i, m := range members {
		if r.IntN(2) == 0 {
			most := uint64(1)<<(8*m.Size) - 1
			if m.Kind == sock.MemberFlag {
				most = 1
			}
			n.Set(i, r.Uint64()&most)
		}
	}
	return &n
}

// details are those of each family, from the first to the last.
var details = map[sock.Field][2]sock.Detail{
	sock.FieldPacket:  {sock.PacketProtocol, sock.PacketFanoutType},
	sock.FieldNetlink: {sock.NetlinkProtocol, sock.NetlinkCapAck},
	sock.FieldVSOCK:   {sock.VSOCKCID, sock.VSOCKPeerPort},
	sock.FieldXDP:     {sock.XDPQueue, sock.XDPTxEmpty},
}

// inventFamily leaves a socket those of one family at most.
func inventFamily(r *rand.Rand, s *sock.Socket) {
	for _, family := range []sock.Field{sock.FieldPacket, sock.FieldNetlink, sock.FieldVSOCK, sock.FieldXDP} {
		if !s.Known.Has(family) || s.Details != nil {
			s.Known &^= family
			continue
		}
		s.Details = new(sock.Details)
		for d := details[family][0]; d <= details[family][1]; d++ {
			if r.IntN(2) == 0 {
				s.Details.Set(d, uint64(r.IntN(2))) // some are flags
			}
		}
		if family == sock.FieldNetlink && s.Known.Has(sock.FieldOwners) {
			s.PortProcess = inventName(r)
		}
		if family == sock.FieldNetlink && r.IntN(2) == 0 {
			s.Groups = []uint64{1, r.Uint64()}
		}
	}
}

func inventNames(r *rand.Rand, s *sock.Socket) {
	for field, name := range map[sock.Field]*string{
		sock.FieldInterface: &s.Interface, sock.FieldPath: &s.Path, sock.FieldPeerPath: &s.PeerPath,
		sock.FieldUser: &s.User, sock.FieldNetnsName: &s.Netns.Name, sock.FieldCongestion: &s.Congestion, sock.FieldULP: &s.ULP,
		sock.FieldCgroup: &s.Cgroup, sock.FieldPacketFilter: &s.PacketFilter,
	} {
		if s.Known.Has(field) {
			*name = inventName(r)
		}
	}
	if s.Known.Has(sock.FieldPath) && r.IntN(2) == 0 {
		s.Path = "\x00" + s.Path
	}
}

func inventNumbers(r *rand.Rand, s *sock.Socket) {
	has := s.Known.Has
	for field, n := range map[sock.Field]*uint32{
		sock.FieldMark: &s.Mark, sock.FieldRecvQueue: &s.RecvQueue, sock.FieldSendQueue: &s.SendQueue,
		sock.FieldBacklog: &s.Backlog, sock.FieldUID: &s.UID, sock.FieldInterface: &s.IfIndex, sock.FieldClassID: &s.ClassID,
	} {
		if has(field) {
			*n = r.Uint32() >> r.IntN(32)
		}
	}
	for field, n := range map[sock.Field]*uint64{
		sock.FieldPeerInode: &s.PeerInode, sock.FieldInode: &s.Inode, sock.FieldCookie: &s.Cookie,
		sock.FieldNetns: &s.Netns.Inode, sock.FieldCgroupID: &s.CgroupID,
	} {
		if has(field) {
			*n = 1 + r.Uint64()>>(1+r.IntN(63))
		}
	}
	if has(sock.FieldMemory) {
		m := &s.Memory
		for _, n := range []*uint32{
			&m.RmemAlloc, &m.Rcvbuf, &m.WmemAlloc, &m.Sndbuf, &m.FwdAlloc, &m.WmemQueued, &m.Optmem, &m.Backlog, &m.Drops,
		} {
			*n = r.Uint32()
		}
	}
	s.V6Only = has(sock.FieldV6Only) && r.IntN(2) == 0
	if has(sock.FieldType) {
		s.Type = sock.TypeStream + sock.SocketType(r.IntN(int(sock.TypeRaw)))
	}
	if has(sock.FieldResult) {
		s.Result = sock.Result(1 + r.IntN(len(sock.ResultNames())-1))
	}
	if has(sock.FieldAge) {
		s.Age = time.Duration(r.IntN(1e9)) * time.Millisecond
	}
	if has(sock.FieldRates) {
		inventRates(r, &s.Rates)
	}
	if has(sock.FieldSocketContext) {
		s.SocketContext = inventName(r)
	}
	if has(sock.FieldEvent) {
		s.Event = inventEvent(rand.New(rand.NewPCG(s.Cookie, s.Inode)))
	}
	if has(sock.FieldClosedAt) {
		s.ClosedAt = time.Unix(0, 1+r.Int64N(1<<62)).UTC()
	}
	if has(sock.FieldShutdown) {
		s.Shutdown = sock.Shutdown(r.IntN(4))
	}
	if has(sock.FieldTOS) {
		s.TOS = uint8(r.Uint32())
	}
	if has(sock.FieldTrafficClass) {
		s.TrafficClass = uint8(r.Uint32())
	}
}

// inventEvent invents one of which something is told.
func inventEvent(r *rand.Rand) *sock.Event {
	span := func() time.Duration { return time.Duration(r.Int64N(1e15)-1) * time.Microsecond }
	e := &sock.Event{
		Kind: 1 + sock.EventKind(r.IntN(len(sock.EventKindNames())-1)), Source: sock.EventSource(r.IntN(len(sock.EventSourceNames()))),
		Time: time.UnixMicro(1 + r.Int64N(1<<52)).UTC(), OldState: sock.State(r.IntN(len(sock.StateNames()))), NewState: sock.State(r.IntN(len(sock.StateNames()))),
		Duration: span(), Lifetime: span(), DurationAtLeast: r.IntN(2) == 0, LifetimeAtLeast: r.IntN(2) == 0,
		Origin: sock.OwnerOrigin(r.IntN(len(sock.OriginNames()))), Failure: sock.Failure(r.IntN(len(sock.FailureNames()))),
		Direction: sock.Direction(r.IntN(len(sock.DirectionNames()))), Retransmitted: sock.Retransmitted(r.IntN(len(sock.RetransmittedNames()))),
		Reason: inventName(r), Segments: r.Uint32() >> r.IntN(32), Bytes: r.Uint32() >> r.IntN(32), Counted: r.IntN(2) == 0,
	}
	if e.Duration < 0 {
		e.Duration = -1
	}
	if e.Lifetime < 0 {
		e.Lifetime = -1
	}
	if e.Counted {
		e.Sent, e.Received = r.Uint64(), r.Uint64()
	}
	return e
}

// inventRates invents one rate at least.
func inventRates(r *rand.Rand, rates *sock.Rates) {
	rates.Known = 1 + sock.RateSet(r.IntN(2*int(sock.RateRetransShare)-1))
	for member, n := range map[sock.RateSet]*uint64{
		sock.RateReceive: &rates.Receive, sock.RateSend: &rates.Send, sock.RateSegsIn: &rates.SegsIn, sock.RateSegsOut: &rates.SegsOut,
	} {
		if rates.Known&member != 0 {
			*n = r.Uint64() >> r.IntN(64)
		}
	}
	if rates.Known&sock.RateRetransShare != 0 {
		rates.RetransShare = uint32(r.IntN(sock.Millionths + 1))
	}
}

func inventOwners(r *rand.Rand, s *sock.Socket) {
	s.OwnerStatus = sock.OwnerKnown + sock.OwnerStatus(r.IntN(int(sock.OwnerExited)))
	for range r.IntN(4) {
		s.Owners = append(s.Owners, sock.Owner{Process: inventProcess(r), FD: sock.NoFD + r.IntN(1<<r.IntN(21)), TID: r.IntN(2) * r.IntN(9)})
	}
	sock.SortOwners(s.Owners)
	if r.IntN(3) == 0 {
		s.Listener = &sock.Process{PID: r.IntN(1 << 22), Name: inventName(r)}
	}
}

// inventServices names the service of every owner, or of none: the fact is known
// as soon as one has a name.
func inventServices(r *rand.Rand, s *sock.Socket) {
	if len(s.Owners) == 0 {
		s.Known &^= sock.FieldService
	}
	if s.Known.Has(sock.FieldService) {
		for i := range s.Owners {
			s.Owners[i].Service = inventName(r)
		}
	}
}

func inventProcess(r *rand.Rand) *sock.Process {
	p := &sock.Process{PID: r.IntN(1 << 22), Name: inventName(r), Known: sock.Field(r.Uint64()) & sock.ProcessFields}
	if p.Known.Has(sock.FieldExe) {
		p.Exe = inventName(r)
	}
	if p.Known.Has(sock.FieldCmdline) {
		p.Cmdline = inventName(r)
	}
	if p.Known.Has(sock.FieldProcessUser) {
		p.UID, p.User = r.Uint32()>>1, inventName(r)
	}
	if p.Known.Has(sock.FieldStartedAt) {
		p.StartedAt = time.UnixMilli(r.Int64N(1 << 42)).UTC()
	}
	if p.Known.Has(sock.FieldContext) {
		p.Context = inventName(r)
	}
	if p.Known.Has(sock.FieldOrigin) {
		p.Parent, p.ParentName, p.Cwd = 1+r.IntN(1<<22), inventName(r), inventName(r)
	}
	return p
}

func inventEnd(r *rand.Rand) netip.AddrPort {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.Uint32()) & byte(-r.IntN(2))
	}
	addr := netip.AddrFrom16(b).Unmap()
	if r.IntN(2) == 0 {
		addr = netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrPortFrom(addr, uint16(1+r.IntN(65535)))
}

// hostile are strings that must not reach an output raw, all valid UTF-8.
var hostile = []string{
	"plain", "with blank", `"quoted\"`, "\x1b[31mred\x1b[0m", "line\nbreak\r\ttab", "nul\x00in it",
	"\u202egnp.exe", "\u2066isolate\u2069", "c1\u009b31m", "\u2028\u2029", "del\x7f", "\ufeffmark",
	"\U000e0041tag", "soft\u00adhyphen", "日本語", "é", "e\u0301", "\u061carabic mark", "</script>&",
}

func inventName(r *rand.Rand) string {
	return hostile[r.IntN(len(hostile))] + strings.Repeat("x", r.IntN(3))
}
