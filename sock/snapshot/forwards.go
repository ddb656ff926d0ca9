package snapshot

import (
	"encoding/json"
	"net/netip"
	"strconv"

	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
)

// appendForwards appends the member that says which ports the kernel forwards; nothing
// if that is not known.
func appendForwards(dst []byte, all []sock.Forward) []byte {
	if all == nil {
		return dst
	}
	dst = append(dst, `,"forwards":[`...)
	for i := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendForward(dst, &all[i])
	}
	return append(dst, ']')
}

func appendForward(dst []byte, f *sock.Forward) []byte {
	word := func(name, text string) {
		dst = escape.AppendJSON(append(dst, `,"`+name+`":`...), text)
	}
	number := func(name string, n uint16) {
		dst = strconv.AppendUint(append(dst, `,"`+name+`":`...), uint64(n), 10)
	}
	dst = append(dst, `{"by":`...)
	dst = escape.AppendJSON(dst, f.By)
	if f.Protocol != sock.ProtocolUnknown {
		word("protocol", f.Protocol.String())
	}
	if f.Family != sock.FamilyUnknown {
		word("family", f.Family.String())
	}
	if f.Address.IsValid() {
		word("local_address", f.Address.String())
	}
	number("first_port", f.First)
	number("last_port", f.Last)
	if f.Target.Addr().IsValid() {
		word("target_address", f.Target.Addr().String())
	}
	if f.Target.Port() != 0 {
		number("target_port", f.Target.Port())
	}
	if f.Partly {
		dst = append(dst, `,"partly":true`...)
	}
	if f.Outgoing {
		dst = append(dst, `,"outgoing":true`...)
	}
	s := forwardFacts(f)
	for _, name := range forwardMembers {
		if member := fact.LookupMember(name); member.Known(&s) {
			dst = member.AppendJSON(append(dst, `,"`+name+`":`...), &s)
		}
	}
	return append(dst, '}')
}

// forwardMembers are those that a forward has as a socket has them.
var forwardMembers = []string{"behind", "netns", "exposure", "exposed_on"}

// forwardFacts returns a socket of which the same is known.
func forwardFacts(f *sock.Forward) sock.Socket {
	s := sock.Socket{Behind: f.Behind, Netns: f.Netns}
	if f.Behind != nil {
		s.Known |= sock.FieldPlace
	}
	if f.Netns.Inode != 0 {
		s.Known |= sock.FieldNetns
	}
	if f.Netns.Name != "" {
		s.Known |= sock.FieldNetnsName
	}
	if f.Exposed != nil {
		s.Exposure, s.ExposedOn = f.Exposed.Scope, f.Exposed.On
		s.Known |= sock.FieldExposure
	}
	return s
}

// take takes what is known of a socket.
func take(f *sock.Forward, s *sock.Socket) {
	f.Behind, f.Netns = s.Behind, s.Netns
	if s.Knows(sock.FieldExposure) {
		f.Exposed = &sock.Exposed{Scope: s.Exposure, On: s.ExposedOn}
	}
}

// forward is an element of the member as it is read.
type forward struct {
	By, Protocol, Family string
	Address              netip.Prefix    `json:"local_address"`
	First                uint16          `json:"first_port"`
	Last                 uint16          `json:"last_port"`
	Target               netip.Addr      `json:"target_address"`
	Port                 uint16          `json:"target_port"`
	Partly               bool            `json:"partly"`
	Outgoing             bool            `json:"outgoing"`
	Behind               json.RawMessage `json:"behind"`
	Netns                json.RawMessage `json:"netns"`
	Exposure             json.RawMessage `json:"exposure"`
	ExposedOn            json.RawMessage `json:"exposed_on"`
}

// asSocket returns the text of a socket with the members that it would have, too.
func (f *forward) asSocket() []byte {
	text := []byte(`{"protocol":"tcp","family":"ipv4","state":"LISTEN"`)
	for i, value := range []json.RawMessage{f.Behind, f.Netns, f.Exposure, f.ExposedOn} {
		if len(value) > 0 {
			text = append(append(text, `,"`+forwardMembers[i]+`":`...), value...)
		}
	}
	return append(text, '}')
}

// forwards returns what the document says. A word that a later version wrote is not
// understood, and what is of such a protocol is not said to be of every one.
func (d *Document) forwards(all []forward) []sock.Forward {
	out := []sock.Forward{}
	for i := range all {
		f := &all[i]
		one := sock.Forward{By: f.By, Address: f.Address, First: f.First, Last: f.Last, Target: netip.AddrPortFrom(f.Target, f.Port), Partly: f.Partly, Outgoing: f.Outgoing}
		known := true
		if f.Protocol != "" {
			one.Protocol, known = sock.ParseProtocol(f.Protocol)
		}
		if f.Family != "" && known {
			one.Family, known = sock.ParseFamily(f.Family)
		}
		if !known || f.First > f.Last {
			continue
		}
		var s sock.Socket
		if d.sockets.Read(&s, f.asSocket()) == nil {
			take(&one, &s)
		}
		out = append(out, one)
	}
	return out
}
