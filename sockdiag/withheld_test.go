package sockdiag

import (
	"slices"
	"testing"

	"sockeye/sock"
	"sockeye/sock/socktest"
)

// TestWithheld: what the kernel does not tell this process is said once, if it was
// asked for. A mark in one row says that nothing is withheld.
func TestWithheld(t *testing.T) {
	const (
		marks = "marks are told with CAP_NET_ADMIN only"
		peers = "peers of TCP MD5 signatures are told with CAP_NET_ADMIN only"
		ulp   = "before Linux 6.15 upper layer protocols are told with CAP_NET_ADMIN only"
	)
	told := inetRow{family: afInet, state: tcpEstablished, local: "10.0.0.1:80", cookie: 1}.
		bytes(attribute(inetDiagShutdown, 0), attribute(inetDiagMark, u32(0)...))
	bare := inetRow{family: afInet, state: tcpTimeWait, local: "10.0.0.1:81", cookie: 2}.bytes()
	for _, c := range []struct {
		rows  []reply
		asked sock.Field
		newer bool
		want  []string
	}{
		{[]reply{row(established(1)), row(established(2))}, sock.FieldMark, false, []string{marks}},
		{[]reply{row(established(1))}, sock.FieldMark | sock.FieldMD5 | sock.FieldTLS, false, []string{marks, peers, ulp}},
		{[]reply{row(established(1))}, sock.FieldMD5 | sock.FieldULP, true, []string{peers}},
		{[]reply{row(established(1))}, sock.FieldTCPInfo, false, nil},
		{[]reply{row(told), row(bare)}, sock.FieldMark | sock.FieldMD5, false, nil},
		{[]reply{row(bare)}, sock.FieldMark, false, nil},
	} {
		k := newFakeKernel(t, []delivery{datagram(append(c.rows, done(0))...)})
		source := k.source()
		source.tellsULP = func() bool { return c.newer }
		q := tcp4()
		q.Want, q.Asked = sock.AllFields, c.asked
		var said []string
		for _, err := range socktest.Rows(t.Context(), source, here, q) {
			if err != nil {
				said = append(said, err.Error())
			}
		}
		if !slices.Equal(said, c.want) {
			t.Errorf("asked %b: said %q, want %q", c.asked, said, c.want)
		}
	}
}

func TestIsSince(t *testing.T) {
	for release, want := range map[string]bool{
		"6.15.0": true, "6.14.9-x": false, "7.0": true, "5.19": false, "6.18.44-fc": true, "": false, "six": false,
	} {
		if got := isSince(release, 6, 15); got != want {
			t.Errorf("%q: %v", release, got)
		}
	}
}
