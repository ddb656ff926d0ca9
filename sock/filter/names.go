package filter

import (
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// setCond makes a condition on what is always known of a socket.
func (p *parser) setCond(f *fact.Fact, operands []token) (Expr, error) {
	var states sock.StateSet
	var protocols sock.ProtocolSet
	var families sock.FamilySet
	for _, t := range operands {
		switch f.Kind {
		case fact.State:
			set, err := p.stateNamed(t)
			if err != nil {
				return nil, err
			}
			states |= set
		case fact.Protocol:
			proto, ok := sock.ParseProtocol(foldShort(t.text))
			if !ok {
				return nil, p.unknownName(t, "a protocol", protocolNames())
			}
			protocols |= sock.Protocols(proto)
		default:
			family, ok := familyNamed(foldShort(t.text))
			if !ok {
				return nil, p.unknownName(t, "an address family", familyNames())
			}
			families |= sock.Families(family)
		}
	}
	switch f.Kind {
	case fact.State:
		return &StateCond{states}, nil
	case fact.Protocol:
		return &ProtocolCond{protocols}, nil
	}
	return &FamilyCond{families}, nil
}

// foldShort is the lower case of a word that is not too long to be a name.
func foldShort(s string) string {
	if len(s) > longestName {
		return ""
	}
	return strings.ToLower(s)
}

// stateGroup returns the states of a group of ss, and of `none`.
func stateGroup(name string) (sock.StateSet, bool) {
	switch foldShort(name) {
	case "all":
		return sock.AllStates, true
	case "connected":
		return sock.ConnectedStates, true
	case "synchronized":
		return sock.SynchronizedStates, true
	case "bucket":
		return sock.BucketStates, true
	case "big":
		return sock.BigStates, true
	}
	return 0, false
}

// noState is the name of the empty set, which `state listen exclude listen`
// makes, and which must have a spelling.
const noState = "none"

// idleStates are the states that the kernel has one number for (TCP_CLOSE): a
// datagram socket without a peer and a closed stream.
const idleStates = sock.StateSet(1<<sock.Closed | 1<<sock.Unconnected)

// stateNamed returns the states that a name of a state or group means.
func (p *parser) stateNamed(t token) (sock.StateSet, error) {
	if set, ok := stateGroup(t.text); ok {
		return set, nil
	}
	name := foldShort(t.text)
	switch name {
	case noState:
		return 0, nil
	case "unknown":
		return sock.States(sock.StateUnknown), nil
	case "syn-rcv": // as ss
		return sock.States(sock.SynReceived), nil
	}
	st, ok := sock.ParseState(name)
	if !ok {
		return 0, p.unknownName(t, "a state", stateWords())
	}
	set := sock.States(st)
	if set&idleStates != 0 {
		set = idleStates
	}
	return set, nil
}

// stateWords returns the names of states and groups, for suggestions.
func stateWords() []string {
	words := []string{"all", "connected", "synchronized", "bucket", "big",
		"listening", "estab", "syn-recv", "unconn", "close", "bound-inactive"}
	for st := sock.Listen; st <= sock.Unconnected; st++ {
		words = append(words, strings.ReplaceAll(strings.ToLower(st.String()), "_", "-"))
	}
	return words
}

// familyAliases are ss's names of families, and those without "v".
var familyAliases = map[string]sock.Family{
	"inet": sock.IPv4, "inet4": sock.IPv4, "ip4": sock.IPv4, "inet6": sock.IPv6, "ip6": sock.IPv6,
	"link": sock.FamilyPacket,
}

func familyNamed(name string) (sock.Family, bool) {
	if f, ok := familyAliases[name]; ok {
		return f, true
	}
	return sock.ParseFamily(name)
}

func protocolNames() []string {
	var names []string
	for p := sock.TCP; p <= sock.TIPC; p++ {
		names = append(names, p.String())
	}
	return names
}

func familyNames() []string {
	var names []string
	for f := sock.IPv4; f <= sock.FamilyTIPC; f++ {
		names = append(names, f.String())
	}
	return names
}

func boolNamed(word string) (value, ok bool) {
	switch foldShort(word) {
	case "true", "yes", "1", "on":
		return true, true
	case "false", "no", "0", "off":
		return false, true
	}
	return false, false
}

// nameAliases are other spellings of the values of fields of [fact.Choice].
var nameAliases = map[string]string{
	"datagram": "dgram", "seq": "seqpacket", "str": "stream", "retransmission": "on", "recv": "receive", "rd": "receive",
}

func boolean(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// valueNamed returns the number that a value of the field stands for.
func (p *parser) valueNamed(f *fact.Fact, t token) (uint64, error) {
	if f.Kind == fact.Bool {
		b, ok := boolNamed(t.text)
		if !ok {
			return 0, p.unknownName(t, "true or false", nil)
		}
		return boolean(b), nil
	}
	name := strings.ReplaceAll(foldShort(t.text), "-", "_")
	if state, ok := sock.ParseState(t.text); ok && f.OfStates() {
		return uint64(state), nil
	}
	for i, v := range f.Values {
		if v != "" && (v == name || v == nameAliases[name]) {
			return uint64(i), nil
		}
	}
	e := p.unknownName(t, "a value of "+f.Name, f.Values)
	if f.Name == "owner_status" && e.Suggestion == "" {
		e.Message, e.Suggestion = short(t.text)+" is not a value of "+f.Name, "process = "+short(t.text)
	}
	return 0, e
}
