package sockdiag

import (
	"reflect"
	"testing"
	"time"

	"sockeye/sock"
)

// checkRecord fails the test for a record that breaks the contract of
// [sock.Socket]: it knows more than the source can give, or a member holds
// something that is not said to be known.
func checkRecord(t testing.TB, s *sock.Socket) {
	t.Helper()
	if extra := s.Known &^ New().Fields(s.Protocol); extra != 0 {
		t.Errorf("%v knows %b, which the source does not give", s.Protocol, extra)
	}
	// With the members cleared whose bits are set, nothing may be left but
	// what is always meant.
	left := *s
	left.Known, left.Protocol, left.Family, left.State = 0, 0, 0, 0
	for _, m := range []struct {
		bit   sock.Field
		clear func()
	}{
		{sock.FieldLocal, func() { left.Local = sock.Socket{}.Local }},
		{sock.FieldRemote, func() { left.Remote = sock.Socket{}.Remote }},
		{sock.FieldInterface, func() { left.IfIndex = 0 }},
		{sock.FieldV6Only, func() { left.V6Only = false }},
		{sock.FieldMark, func() { left.Mark = 0 }},
		{sock.FieldPath, func() { left.Path = "" }},
		{sock.FieldPeerPath, func() { left.PeerPath = "" }},
		{sock.FieldPeerInode, func() { left.PeerInode = 0 }},
		{sock.FieldType, func() { left.Type = 0 }},
		{sock.FieldRecvQueue, func() { left.RecvQueue = 0 }},
		{sock.FieldSendQueue, func() { left.SendQueue = 0 }},
		{sock.FieldBacklog, func() { left.Backlog = 0 }},
		{sock.FieldInode, func() { left.Inode = 0 }},
		{sock.FieldCookie, func() { left.Cookie = 0 }},
		{sock.FieldUID, func() { left.UID = 0 }},
		{sock.FieldTimer, func() { left.Timer = sock.Timer{} }},
		{sock.FieldMemory, func() { left.Memory = sock.Memory{} }},
		{sock.FieldTCPInfo, func() { left.TCPInfo = nil }},
		{sock.FieldCongestion, func() { left.Congestion = "" }},
		{sock.FieldULP, func() { left.ULP = "" }},
		{sock.FieldMPTCPInfo, func() { left.MPTCPInfo = nil }},
		{sock.FieldMPTCPSubflow, func() { left.MPTCPSubflow = nil }},
		{sock.FieldSCTPInfo, func() { left.SCTPInfo = nil }},
		{sock.FieldTIPC, func() { left.TIPC = nil }},
		{sock.FieldSMCInfo, func() { left.SMCInfo = nil }},
		{sock.FieldShutdown, func() { left.Shutdown = 0 }},
		{sock.FieldTOS, func() { left.TOS = 0 }},
		{sock.FieldTrafficClass, func() { left.TrafficClass = 0 }},
		{sock.FieldCgroupID, func() { left.CgroupID = 0 }},
		{sock.FieldClassID, func() { left.ClassID = 0 }},
		{sock.FieldOptions, func() { left.Options = 0 }},
		{sock.FieldCongestionInfo, func() { left.CongestionInfo = nil }},
		{sock.FieldTLS, func() { left.TLS = nil }},
		{sock.FieldMD5, func() { left.MD5Peers = nil }},
		{sock.FieldFile, func() { left.File = nil }},
		{sock.FieldPending, func() { left.Pending = nil }},
		{sock.FieldPacketFilter, func() { left.PacketFilter = "" }},
		{sock.FieldPacket, func() { left.Details = nil }},
		{sock.FieldNetlink, func() { left.Details, left.Groups = nil, nil }},
		{sock.FieldVSOCK, func() { left.Details = nil }},
		{sock.FieldXDP, func() { left.Details = nil }},
	} {
		if s.Knows(m.bit) {
			m.clear()
		}
	}
	if left.Owners != nil || left.TCPInfo != nil {
		t.Errorf("the record holds what it does not know: %+v", left)
		return
	}
	left.Owners, left.ReadAt = nil, time.Time{} // the latter is no fact
	if !isZero(left) {
		t.Errorf("the record holds what it does not know: %+v", left)
	}
	checkWords(t, s)
}

// checkWords fails the test for facts that contradict each other.
func checkWords(t testing.TB, s *sock.Socket) {
	t.Helper()
	switch {
	case s.Knows(sock.FieldInode) && s.Inode == 0,
		s.Knows(sock.FieldPath) && s.Path == "",
		s.Knows(sock.FieldPeerPath) && s.PeerPath == "",
		s.Knows(sock.FieldPeerInode) && s.PeerInode == 0,
		s.Knows(sock.FieldCongestion) && s.Congestion == "",
		s.Knows(sock.FieldType) && s.Type == sock.TypeUnknown,
		s.Knows(sock.FieldTCPInfo) && s.TCPInfo == nil,
		s.Knows(sock.FieldCongestionInfo) && (s.CongestionInfo == nil || s.CongestionInfo.Kind == sock.CongestionOther),
		s.Knows(sock.FieldTLS) && s.TLS == nil,
		s.Knows(sock.FieldMD5) && len(s.MD5Peers) == 0,
		s.Knows(sock.FieldFile) && s.File == nil:
		t.Errorf("nothing is told as a fact: %+v", *s)
	case s.Knows(sock.FieldUID) && !s.Knows(sock.FieldInode) && s.Protocol.Inet():
		t.Errorf("a uid without an inode: %+v", *s)
	case s.Knows(sock.FieldLocal) && (!s.Local.IsValid() || s.Local.Addr().Is4In6()),
		s.Knows(sock.FieldRemote) && (!s.Remote.IsValid() || s.Remote.Addr().Is4In6()):
		t.Errorf("addresses %v and %v are not normal", s.Local, s.Remote)
	case s.State == sock.Listen && s.Knows(sock.FieldRemote):
		t.Errorf("a listener with a peer: %v", s.Remote)
	case s.Knows(sock.FieldBacklog) && s.State != sock.Listen:
		t.Errorf("a backlog in state %v", s.State)
	case s.Timer.Kind == sock.TimerOff && s.Timer != sock.Timer{}:
		t.Errorf("no timer, but %+v", s.Timer)
	}
}

func isZero(s sock.Socket) bool { return reflect.ValueOf(s).IsZero() }
