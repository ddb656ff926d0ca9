package snapshot

import (
	"math/rand/v2"
	"net/netip"

	"sockeye/sock"
)

// inventDetails makes what few sockets have.
func inventDetails(r *rand.Rand, s *sock.Socket) {
	has := s.Known.Has
	if has(sock.FieldOptions) {
		s.Options = sock.SocketOptions(r.Uint32()) & (sock.OptionDeferConnect<<1 - 1)
	}
	if has(sock.FieldCongestionInfo) {
		s.CongestionInfo = inventCongestion(r)
	}
	if has(sock.FieldTLS) {
		s.TLS = &sock.TLS{
			Version: inventName(r), Cipher: inventName(r), TxConf: "sw", RxConf: inventName(r),
			ZeroCopyTx: r.IntN(2) == 0, NoPadRx: r.IntN(2) == 0,
		}
	}
	if has(sock.FieldMD5) {
		for range r.IntN(3) {
			a := inventEnd(r).Addr()
			s.MD5Peers = append(s.MD5Peers, netip.PrefixFrom(a, r.IntN(a.BitLen()+1)))
		}
	}
	if has(sock.FieldFile) {
		s.File = &sock.UnixFile{Device: "254:1", Inode: r.Uint64()}
	}
	if has(sock.FieldPlace) && r.IntN(2) == 0 {
		b := sock.Behind{Target: inventEnd(r), PID: 1 + r.IntN(1<<22), Process: inventName(r)}
		if r.IntN(2) == 0 {
			b = sock.Behind{Container: sock.Container{Runtime: "docker", ID: inventName(r), Name: inventName(r), Image: inventName(r)}}
		}
		s.Behind = &b
	}
	if has(sock.FieldExposure) {
		s.Exposure = sock.Scope(1 + r.IntN(len(sock.ScopeNames())-1))
		for range r.IntN(3) {
			if s.Exposure != sock.ScopeAll { // then they are not known
				s.ExposedOn = append(s.ExposedOn, inventEnd(r).Addr(), netip.MustParseAddr("fe80::1%eth0"))
			}
		}
	}
	if has(sock.FieldPlace) {
		s.PlacedBy = sock.PlacedByOwner + sock.PlacedBy(r.IntN(2))
		s.Unit = inventName(r)
		if r.IntN(2) == 0 {
			s.Container = &sock.Container{Runtime: "docker", ID: inventName(r), Name: inventName(r), Image: inventName(r), Pod: inventName(r)}
		}
	}
	if has(sock.FieldPeerProcess) {
		s.PeerProcess = &sock.Process{PID: r.IntN(1 << 22), Name: inventName(r)}
		s.PeerStatus = sock.PeerKnown + sock.PeerStatus(r.IntN(2))
		s.PeerNetns = sock.Netns{Inode: 1 + r.Uint64()>>1, Name: inventName(r)}
		if r.IntN(2) == 0 {
			s.PeerProcess.Container = &sock.Container{Runtime: "podman", ID: inventName(r), Name: inventName(r)}
		}
	}
	if has(sock.FieldPending) {
		for range r.IntN(3) {
			s.Pending = append(s.Pending, r.Uint64())
		}
	}
}

func inventCongestion(r *rand.Rand) *sock.CongestionInfo {
	c := &sock.CongestionInfo{Kind: sock.CongestionVegas + sock.CongestionKind(r.IntN(3))}
	number := func() uint32 { return r.Uint32() >> (1 + r.IntN(31)) &^ 1 } // none of those that stand for none
	switch c.Kind {
	case sock.CongestionVegas:
		c.Vegas = sock.VegasInfo{Enabled: r.IntN(2) == 0, RTTCount: number(), RTT: number(), MinRTT: number()}
	case sock.CongestionDCTCP:
		c.DCTCP = sock.DCTCPInfo{Enabled: r.IntN(2) == 0, CEState: uint16(number()), Alpha: number(), ABECN: number(), ABTotal: number()}
	case sock.CongestionBBR:
		c.BBR = sock.BBRInfo{Bandwidth: r.Uint64(), MinRTT: number(), PacingGain: number(), CwndGain: number()}
	}
	return c
}
