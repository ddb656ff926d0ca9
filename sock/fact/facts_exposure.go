package fact

import (
	"net/netip"
	"strconv"

	"sockeye/sock"
)

// exposureFacts say where others reach what listens.
var exposureFacts = []*Fact{
	choice(Fact{
		Name: "exposure", Kind: Choice, Needs: sock.FieldExposure, Optional: true, Option: "exposed", Words: "exposures", Values: sock.ScopeNames(),
		Doc:     "of what listens: the farthest scope of the addresses at which it is reached; those of the interfaces for one that is bound to every address, all where these are not known. What a firewall lets through is not known",
		Example: "exposure in (public, all)",
	}, func(s *sock.Socket) uint8 { return uint8(s.Exposure) }, func(s *sock.Socket, v uint8) { s.Exposure = sock.Scope(v) }),
	exposedOn,
}

var exposedOn = &Fact{
	Name: "exposed_on", label: "on", Kind: Text, Needs: sock.FieldExposure, Optional: true, Option: "exposed", Words: "exposures", dependent: true,
	Doc:     "those addresses, the farthest first, without those of the loopback; a link-local one with its interface behind %",
	Example: "exposed_on = 10.0.0.5", show: showExposedOn,
	has: func(s *sock.Socket) bool { return s.Exposure != sock.ScopeUnknown && s.Exposure != sock.ScopeAll },
	values: &valueList{
		count:  func(s *sock.Socket) int { return len(s.ExposedOn) },
		append: func(dst []byte, s *sock.Socket, i int) []byte { return s.ExposedOn[i].AppendTo(dst) },
		add: func(s *sock.Socket, text string) bool {
			a, err := netip.ParseAddr(text)
			if s.Knows(sock.FieldExposure) {
				s.ExposedOn = append(s.ExposedOn, a)
			}
			return err == nil && PlainZone(a.Zone())
		},
	},
}

func hasExposedOn(s *sock.Socket) bool {
	return s.Knows(sock.FieldExposure) && s.Exposure != sock.ScopeUnknown && s.Exposure != sock.ScopeAll
}

// PlainZone reports whether a zone needs no escapes, neither in JSON nor for a terminal.
func PlainZone(zone string) bool {
	for i := range len(zone) {
		if c := zone[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == ',' {
			return false
		}
	}
	return true
}

// fewAddresses is how many addresses people see: a host of containers has hundreds.
const fewAddresses = 4

func showExposedOn(_ *View, dst []byte, s *sock.Socket) []byte {
	if !hasExposedOn(s) {
		return dst
	}
	if len(s.ExposedOn) == 0 {
		return append(dst, "none"...)
	}
	for i, a := range s.ExposedOn {
		switch {
		case i == fewAddresses:
			dst = strconv.AppendInt(append(dst, " (+"...), int64(len(s.ExposedOn)-i), 10)
			return append(dst, ')')
		case i > 0:
			dst = append(dst, ',')
		}
		dst = a.AppendTo(dst)
	}
	return dst
}
