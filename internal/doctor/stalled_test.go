package doctor

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// TestStalled: a reader that reads nothing for long enough is found, also where it is
// hidden who it is; what waits for nobody is not.
func TestStalled(t *testing.T) {
	stalled := func(status sock.OwnerStatus, owners ...sock.Owner) *sock.Socket {
		s := &sock.Socket{
			Protocol: sock.TCP, Family: sock.IPv4, State: sock.Established, RecvQueue: 10, Cookie: 7, TCPInfo: &sock.TCPInfo{},
			Local: netip.MustParseAddrPort("10.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.2:4000"), Owners: owners, OwnerStatus: status,
			Known: sock.FieldLocal | sock.FieldRemote | sock.FieldCookie | sock.FieldRecvQueue | sock.FieldTCPInfo | sock.FieldOwners,
		}
		s.TCPInfo.Set(sock.TCPInfoBytesReceived, 500)
		s.TCPInfo.Set(sock.TCPInfoLastDataRecv, 300)
		return s
	}
	owner := sock.Owner{Process: &sock.Process{PID: 812, Name: "nginx"}}
	for name, test := range map[string]struct {
		socket *sock.Socket
		took   time.Duration
		want   string
	}{
		"known":         {stalled(sock.OwnerKnown, owner), 2 * time.Second, "sockeye process 812 --sort -recv_queue"},
		"hidden":        {stalled(sock.OwnerPermission), 2 * time.Second, "sockeye -t --sort -recv_queue"},
		"not accepted":  {stalled(sock.OwnerAcceptQueue), 2 * time.Second, ""},
		"for too short": {stalled(sock.OwnerKnown, owner), time.Second / 2, ""},
	} {
		s := newSpace()
		s.machine.Took = test.took
		s.add(test.socket)
		var got []string
		for _, f := range examine(s, nil, test.socket) {
			if f.Rule == receiverStalled {
				got = append(got, f.Try)
			}
		}
		if strings.Join(got, ",") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
