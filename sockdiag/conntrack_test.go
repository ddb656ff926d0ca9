package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sockeye/sock"
)

// tuple is one direction of an entry of connection tracking.
func tuple(kind uint16, protocol byte, from, to string) []byte {
	a, b := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	src, dst := uint16(ctaIPv4Src), uint16(ctaIPv4Dst)
	if a.Addr().Is6() {
		src, dst = ctaIPv6Src, ctaIPv6Dst
	}
	port := func(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
	return attribute(kind|nested, slices.Concat(
		attribute(ctaTupleIP|nested, slices.Concat(attribute(src, a.Addr().AsSlice()...), attribute(dst, b.Addr().AsSlice()...))...),
		attribute(ctaTupleProto|nested, slices.Concat(attribute(ctaProtoNum, protocol), attribute(ctaProtoSrcPort, port(a.Port())...), attribute(ctaProtoDstPort, port(b.Port())...))...),
	)...)
}

const nested = 1 << 15 // NLA_F_NESTED

func entry(attributes ...[]byte) []byte {
	return slices.Concat(append([][]byte{{2, 0, 0, 0}}, attributes...)...)
}

func translatedEntry() []byte {
	return entry(tuple(ctaTupleOrig, 6, "10.0.0.1:40112", "10.0.0.9:80"), tuple(ctaTupleReply, 6, "10.0.0.2:8080", "10.0.0.1:40112"), attribute(3, 0, 0, 1, 0x9e))
}

var translation = sock.Translation{
	Original: sock.Flow{Protocol: sock.TCP, From: netip.MustParseAddrPort("10.0.0.1:40112"), To: netip.MustParseAddrPort("10.0.0.9:80")},
	Reply:    sock.Flow{Protocol: sock.TCP, From: netip.MustParseAddrPort("10.0.0.2:8080"), To: netip.MustParseAddrPort("10.0.0.1:40112")},
}

// TestTranslations: of the entries those are given whose addresses are changed.
func TestTranslations(t *testing.T) {
	told := func(payload []byte) reply { return reply{kind: ctNew, payload: payload} }
	same := entry(tuple(ctaTupleOrig, 6, "10.0.0.1:1", "10.0.0.2:2"), tuple(ctaTupleReply, 6, "10.0.0.2:2", "10.0.0.1:1"))
	ping := entry(tuple(ctaTupleOrig, 1, "10.0.0.1:0", "10.0.0.9:0"), tuple(ctaTupleReply, 1, "10.0.0.2:0", "10.0.0.1:0"))
	for name, c := range map[string]struct {
		script []delivery
		want   []sock.Translation
		is     error
		says   string
	}{
		"entries":      {script: []delivery{datagram(told(same), told(translatedEntry()), told(ping), done(0))}, want: []sock.Translation{translation}},
		"a broken one": {script: []delivery{datagram(told([]byte{2}), told(translatedEntry()), done(0))}, want: []sock.Translation{translation}, says: "could not be understood"},
		"no right":     {script: []delivery{datagram(failure(syscall.EPERM))}, is: syscall.EPERM},
		"no table":     {script: []delivery{datagram(failure(syscall.EINVAL))}, is: sock.ErrUnavailable},
	} {
		kernel := newFakeKernel(t, c.script)
		source := kernel.source()
		source.openTracking = kernel.open
		var got []sock.Translation
		err := source.Translations(t.Context(), here, func(tr *sock.Translation) { got = append(got, *tr) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
		switch {
		case c.is != nil && !errors.Is(err, c.is), c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)),
			c.is == nil && c.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		}
		if kernel.opened != kernel.closed {
			t.Errorf("%s: %d sockets opened, %d closed", name, kernel.opened, kernel.closed)
		}
	}
}

func FuzzTranslation(f *testing.F) {
	f.Add(translatedEntry())
	f.Add(entry(tuple(ctaTupleOrig, 17, "[2001:db8::1]:1", "[2001:db8::2]:2"), tuple(ctaTupleReply, 17, "[fd00::2]:3", "[2001:db8::1]:1")))
	f.Fuzz(func(t *testing.T, b []byte) {
		var tr sock.Translation
		if parseTranslation(b, &tr) != understood {
			return
		}
		for _, f := range []sock.Flow{tr.Original, tr.Reply} {
			if f.Protocol == sock.ProtocolUnknown || !f.From.Addr().IsValid() || !f.To.Addr().IsValid() {
				t.Errorf("understood %+v", tr)
			}
		}
	})
}
