package filter

import (
	"testing"

	"sockeye/sock"
)

// TestReach: the sets that a backend asks the kernel for.
func TestReach(t *testing.T) {
	t.Parallel()
	inet := sock.Families(sock.IPv4, sock.IPv6)
	inetProtocols := sock.Protocols(sock.TCP, sock.UDP, sock.UDPLite, sock.Raw, sock.ICMP, sock.SCTP, sock.MPTCP, sock.DCCP, sock.SMC)
	// Of these the numbers of ports have 32 bits.
	numbered, numberedFamilies := sock.Protocols(sock.Netlink, sock.VSOCK), sock.Families(sock.FamilyNetlink, sock.FamilyVSOCK)
	for _, c := range []struct {
		text      string
		states    sock.StateSet
		explicit  bool
		protocols sock.ProtocolSet
		families  sock.FamilySet
		tables    bool
	}{
		{"", sock.AllStates, false, allProtocols, allFamilies, false},
		{"uid 1", sock.AllStates, false, allProtocols, allFamilies, false},
		{"state listen", sock.States(sock.Listen), true, allProtocols, allFamilies, false},
		{"state all", sock.AllStates, true, allProtocols, allFamilies, false},
		{"not state listen", sock.AllStates &^ sock.States(sock.Listen), true, allProtocols, allFamilies, false},
		{"state != listen uid 1", sock.AllStates &^ sock.States(sock.Listen), true, allProtocols, allFamilies, false},
		{"state listen or uid 1", sock.AllStates, true, allProtocols, allFamilies, false},
		{"not (state != listen or uid 1)", sock.States(sock.Listen), true, allProtocols, allFamilies, false},
		{"state listen or state estab", sock.States(sock.Listen, sock.Established), true, allProtocols, allFamilies, false},
		{"protocol tcp", sock.AllStates, false, sock.Protocols(sock.TCP), inet | sock.Families(sock.FamilyUnknown), true},
		{"protocol tcp or protocol unix", sock.AllStates, false, sock.Protocols(sock.TCP, sock.Unix),
			inet | sock.Families(sock.FamilyUnknown, sock.FamilyUnix), true},
		{"family ipv6", sock.AllStates, false, inetProtocols | sock.Protocols(sock.ProtocolUnknown), sock.Families(sock.IPv6), true},
		{"family ipv6 protocol udp", sock.AllStates, false, sock.Protocols(sock.UDP), sock.Families(sock.IPv6), true},
		{"src unix:/x", sock.AllStates, false, sock.Protocols(sock.Unix, sock.ProtocolUnknown), sock.Families(sock.FamilyUnix), true},
		{"sport 22", sock.AllStates, false, inetProtocols | numbered | sock.Protocols(sock.ProtocolUnknown), inet | numberedFamilies, false},
		{"dst ::1", sock.AllStates, false, inetProtocols | sock.Protocols(sock.ProtocolUnknown), sock.Families(sock.IPv6), false},
		{"sport 22 or uid 1", sock.AllStates, false, allProtocols, allFamilies, false},
		{"not sport 22", sock.AllStates, false, allProtocols, allFamilies, false},
		{"sport 22 state listen protocol tcp family ipv4", sock.States(sock.Listen), true, sock.Protocols(sock.TCP), sock.Families(sock.IPv4), true},
		{"sport 70000", sock.AllStates, false, numbered | sock.Protocols(sock.ProtocolUnknown), numberedFamilies, false},
		{"src netlink:route:7", sock.AllStates, false, sock.Protocols(sock.Netlink, sock.ProtocolUnknown), sock.Families(sock.FamilyNetlink), true},
	} {
		f := mustParse(t, c.text)
		states, explicit := f.States()
		if states != c.states || explicit != c.explicit {
			t.Errorf("%q: states %b explicit %v, want %b %v", c.text, states, explicit, c.states, c.explicit)
		}
		if f.Protocols() != c.protocols || f.Families() != c.families || f.NamesTables() != c.tables {
			t.Errorf("%q: protocols %b families %b tables %v, want %b %b %v", c.text,
				f.Protocols(), f.Families(), f.NamesTables(), c.protocols, c.families, c.tables)
		}
	}
}

// TestImpossible: what can match nothing is told, so that a user is warned.
func TestImpossible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                                  false,
		"sport 22":                          false,
		"sport 22 or sport 70000":           false,
		"sport in (22, 70000)":              false,
		"not sport 70000":                   false,
		"sport 22 dport 80":                 false,
		"port 22 port 80":                   false,
		"pid 1 pid 2":                       false,
		"state listen or state estab":       false,
		"sport > 22 sport < 80":             false,
		"src 10.0.0.0/8 src 192.168.0.0/16": false,
		"(state listen or state bound) state big": false,
		"sport = 70000":                               false, // a port of VSOCK
		"src netlink:rtnl":                            false,
		"protocol tcp sport = 70000":                  true,
		"family ipv4 sport > 70000":                   true,
		"uid 1 and src 10.0.0.1:70000":                true,
		"protocol tcp (sport = 70000 or dport 80000)": true,
		"rtt < 0":                                            true,
		"state listen and state established":                 true,
		"state listen and exclude listen":                    true,
		"state listen exclude listen":                        true,
		"not all":                                            true,
		"not src *":                                          true,
		"protocol tcp protocol udp":                          true,
		"uid 1 protocol tcp protocol udp":                    true,
		"family ipv4 dst ::1":                                true,
		"dst unix:/x and sport 1":                            true,
		"src netlink:rtnl and sport 22 and protocol tcp":     true,
		"uid 1 and (protocol tcp sport 70000 or state none)": true,
	} {
		f := mustParse(t, text)
		if f.Impossible() != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
		if want && (f.Match(&tcpConn) || f.Match(&tcpListener) || f.Match(&unixConn)) {
			t.Errorf("%q matches, although it is impossible", text)
		}
	}
}

// TestNil: a nil filter and the zero filter match everything.
func TestNil(t *testing.T) {
	t.Parallel()
	for _, f := range []*Filter{nil, {}, mustParse(t, " # nothing")} {
		states, explicit := f.States()
		if !f.Match(&tcpConn) || !f.CanMatch(&tcpConn, 0) || !f.Empty() || f.Expr() != nil || f.Needs() != 0 ||
			f.String() != "" || states != sock.AllStates || explicit || f.NamesTables() || f.Impossible() ||
			f.Protocols() != allProtocols || f.Families() != allFamilies {
			t.Errorf("%#v is not empty", f)
		}
	}
}

// TestBuild: the filters that commands make without a text.
func TestBuild(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    *Filter
		want string
	}{
		{PIDs(), "pid < 0"},
		{PIDs(7, -1, 5, 0, 6), "pid in (5-7)"},
		{ProcessNames(), "pid < 0"},
		{ProcessNames("b c", "a", "a"), `process in (a, "b c")`},
		{And(), ""},
		{And(nil, &Filter{}), ""},
		{And(nil, mustParse(t, "sport 1")), "local_port = 1"},
		{And(mustParse(t, "sport 1 or sport 2"), mustParse(t, "dport 1 dport 2")),
			"(local_port = 1 or local_port = 2) and remote_port = 1 and remote_port = 2"},
		{Or(), ""},
		{Or(nil, mustParse(t, "sport 1")), ""},
		{Or(mustParse(t, "sport 1 or sport 2"), mustParse(t, "dport 1 dport 2")),
			"local_port = 1 or local_port = 2 or remote_port = 1 and remote_port = 2"},
	} {
		if c.f.String() != c.want {
			t.Errorf("%s, want %s", c.f, c.want)
		}
		if diff := compareFilters(c.f, mustParse(t, c.f.String())); diff != "" {
			t.Errorf("%s prints as another expression: %s", c.f, diff)
		}
	}
	f := And(mustParse(t, "state listen"), mustParse(t, "protocol tcp"))
	if states, explicit := f.States(); !explicit || states != sock.States(sock.Listen) || !f.NamesTables() {
		t.Errorf("and: states %b, %v", states, explicit)
	}
	if !PIDs(1, 812).Match(&tcpConn) || PIDs().Match(&tcpConn) || ProcessNames().Match(&tcpConn) {
		t.Error("filters of processes")
	}
}
