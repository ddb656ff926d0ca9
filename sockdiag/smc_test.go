package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"sockeye/sock"
)

// smcRow is struct smc_diag_msg.
func smcRow(state, mode uint8, local, remote string, attributes ...[]byte) []byte {
	b := []byte{afSMC, state, mode, 0}
	from, to := parseEnd(local), parseEnd(remote)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	for _, end := range []netip.AddrPort{from, to} {
		b = append(b, pad16(end.Addr().AsSlice())...)
	}
	b = append(b, u32(3, 9, 0, 33)...) // device, cookie, uid
	b = append(b, u64(4711)...)
	return append(b, slices.Concat(attributes...)...)
}

func decodeSMC(t *testing.T, b []byte) *sock.Socket {
	t.Helper()
	var d smcDecoder
	s := &sock.Socket{Path: "left over", Known: sock.FieldPath}
	if v := d.decode(b, s); v != understood {
		t.Fatalf("parsed %d", v)
	}
	checkRecord(t, s)
	return s
}

// smcConnBytes is struct smc_diag_conninfo: four numbers, four cursors, four bytes,
// three cursors; a cursor is two reserved bytes, a u16 and a u32.
func smcConnBytes() []byte {
	b := u32(0xa1, 65536, 65537, 65538)
	cursor := func(wrap uint16, count uint32) {
		b = native.AppendUint16(b, 0xffff)
		b = native.AppendUint16(b, wrap)
		b = native.AppendUint32(b, count)
	}
	for i := range uint16(4) {
		cursor(10+i, 20+uint32(i))
	}
	b = append(b, 31, 32, 33, 34)
	for i := range uint16(3) {
		cursor(40+i, 50+uint32(i))
	}
	return b
}

// smcLinkBytes is struct smc_diag_lgrinfo.
func smcLinkBytes() []byte {
	b := make([]byte, 147)
	b[0], b[65], b[146] = 2, 1, 1
	copy(b[1:], "mlx5_0")
	copy(b[66:], "fe80:0000:0000:0000:0000:0000:0000:0001")
	copy(b[106:], "fe80::2")
	return b
}

func TestSMC(t *testing.T) {
	s := decodeSMC(t, smcRow(1, 0, "10.0.0.1:80", "10.0.0.2:4000", attribute(smcDiagShutdown, 2),
		attribute(smcDiagFallback, u32(0, 0)...), attribute(smcDiagConnInfo, smcConnBytes()...), attribute(smcDiagLgrInfo, smcLinkBytes()...)))
	if s.State != sock.Established || s.SMCInfo.State.State() != sock.Established || s.SMCInfo.Mode != sock.SMCR || s.Family != sock.IPv4 ||
		s.Local.String() != "10.0.0.1:80" || s.Remote.String() != "10.0.0.2:4000" || s.IfIndex != 3 || s.Inode != 4711 || s.UID != 33 ||
		s.Cookie != 9 || s.Shutdown != sock.ShutdownSend {
		t.Errorf("%+v", s)
	}
	if i := s.SMCInfo; i.Device != "mlx5_0" || i.GID != "fe80:0000:0000:0000:0000:0000:0000:0001" || i.PeerGID != "fe80::2" {
		t.Errorf("%+v", i)
	}
	want := map[string]uint64{"fallback_reason": 0, "peer_diagnosis": 0, "token": 0xa1, "sndbuf_size_bytes": 65536, "rmbe_size_bytes": 65537,
		"peer_rmbe_size_bytes": 65538, "rx_prod_wrap": 10, "rx_prod_count": 20, "rx_cons_wrap": 11, "rx_cons_count": 21, "tx_prod_wrap": 12,
		"tx_prod_count": 22, "tx_cons_wrap": 13, "tx_cons_count": 23, "rx_prod_flags": 31, "rx_conn_state_flags": 32, "tx_prod_flags": 33,
		"tx_conn_state_flags": 34, "tx_prep_wrap": 40, "tx_prep_count": 50, "tx_sent_wrap": 41, "tx_sent_count": 51, "tx_fin_wrap": 42,
		"tx_fin_count": 52, "role": 1, "link_id": 2, "ibport": 1}
	smcNumbersAre(t, s, want)

	dmb := slices.Concat(u32(5, 0), u64(6), u64(7), u64(8), u64(9), u64(10), u64(11))
	s = decodeSMC(t, smcRow(20, 2, "[fd00::1]:80", "[fd00::2]:9", attribute(smcDiagDMBInfo, dmb...)))
	if s.State != sock.FinWait1 || s.SMCInfo.Mode != sock.SMCD || s.Family != sock.IPv6 || s.Remote.String() != "[fd00::2]:9" {
		t.Errorf("%+v", s)
	}
	want = map[string]uint64{"dmb_linkid": 5, "dmb_peer_gid": 6, "dmb_my_gid": 7, "dmb_token": 8, "dmb_peer_token": 9, "dmb_peer_gid_ext": 10, "dmb_my_gid_ext": 11}
	smcNumbersAre(t, s, want)
	delete(want, "dmb_peer_gid_ext")
	delete(want, "dmb_my_gid_ext")
	smcNumbersAre(t, decodeSMC(t, smcRow(1, 2, "", "", attribute(smcDiagDMBInfo, dmb[:40]...))), want) // an older kernel's
}

func smcNumbersAre(t *testing.T, s *sock.Socket, want map[string]uint64) {
	t.Helper()
	for i, m := range sock.SMCMembers {
		v, known := s.SMCInfo.Get(i)
		if w, told := want[m.Name]; known != told || v != w {
			t.Errorf("%s is %d, known %v; want %d, %v", m.Name, v, known, w, told)
		}
	}
}

func TestSMCStates(t *testing.T) {
	for kernel, want := range map[uint8]sock.State{
		1: sock.Established, 2: sock.Closed, 7: sock.Closed, 10: sock.Listen, 20: sock.FinWait1, 21: sock.FinWait2,
		22: sock.CloseWait, 23: sock.CloseWait, 24: sock.CloseWait, 25: sock.LastAck, 26: sock.Closing, 27: sock.Closing, 3: sock.StateUnknown,
	} {
		s := decodeSMC(t, smcRow(kernel, 1, "10.0.0.1:80", "10.0.0.2:9"))
		if s.State != want || (s.SMCInfo.State == sock.SMCNoState) != (want == sock.StateUnknown) || s.SMCInfo.Mode != sock.SMCFallback ||
			s.Knows(sock.FieldRemote) != (want != sock.Listen && want != sock.Closed) {
			t.Errorf("state %d: %+v, %+v", kernel, s, s.SMCInfo)
		}
	}
	if s := decodeSMC(t, smcRow(1, 9, "10.0.0.1:80", "")); s.SMCInfo.Mode != sock.SMCNoMode {
		t.Errorf("mode %d", s.SMCInfo.Mode)
	}
}

func TestSMCMessages(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  parsed
	}{
		"cut":              {smcRow(1, 0, "", "")[:60], rejected},
		"of something":     {established(1), rejected},
		"a short shutdown": {smcRow(1, 0, "", "", attribute(smcDiagShutdown)), damaged},
	} {
		var d smcDecoder
		var s sock.Socket
		if got := d.decode(c.bytes, &s); got != c.want {
			t.Errorf("%s: parsed %d, want %d", name, got, c.want)
		}
	}
	// What costs the kernel something is asked for only if it is wanted.
	for want, ext := range map[sock.Field]uint8{0: 0, sock.FieldSMCInfo: 1 | 2 | 8} {
		b := smcDump(nil, sock.Table{}, 0, want)
		if len(b) != nlmsgHeaderLen+52 || b[nlmsgHeaderLen] != afSMC || b[nlmsgHeaderLen+3] != ext {
			t.Errorf("%b: request %x", want, b)
		}
	}
}

func FuzzSMCMessage(f *testing.F) {
	f.Add(smcRow(1, 0, "10.0.0.1:80", "10.0.0.2:4000", attribute(smcDiagConnInfo, smcConnBytes()...), attribute(smcDiagLgrInfo, smcLinkBytes()...)))
	f.Add(smcRow(10, 1, "[::1]:80", "", attribute(smcDiagShutdown, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		fuzzMessage(t, sock.SMC, &d, b)
	})
}

// fuzzMessage: any bytes are a sound record or none, and the same when read again.
func fuzzMessage(t *testing.T, p sock.Protocol, d *decoder, b []byte) {
	h := handlerOf(p)
	var s sock.Socket
	if !h.decode(h, d, b, &s).row() {
		return
	}
	checkRecord(t, &s)
	first := s.Clone()
	if h.decode(h, d, b, &s); !reflect.DeepEqual(first, s.Clone()) {
		t.Errorf("read twice: %+v, then %+v", first, s)
	}
}
