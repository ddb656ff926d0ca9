package nat

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func attributes(t testing.TB, all ...netlink.Attribute) []byte {
	t.Helper()
	data, err := netlink.MarshalAttributes(all)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// message is one of nf_tables, behind struct nfgenmsg, that answers another.
func message(to netlink.Header, kind int, family byte, data []byte) netlink.Message {
	return netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | kind), Sequence: to.Sequence, PID: to.PID},
		Data:   append([]byte{family, 0, 0, 0}, data...),
	}
}

// answers are what nf_tables tells of a table with one chain, whose rules and elements
// of a set are given as attributes.
func answers(t testing.TB, family byte, rules, elements []byte) *nftables.Conn {
	t.Helper()
	hook := attributes(t,
		netlink.Attribute{Type: unix.NFTA_HOOK_HOOKNUM, Data: []byte{0, 0, 0, unix.NF_INET_PRE_ROUTING}},
		netlink.Attribute{Type: unix.NFTA_HOOK_PRIORITY, Data: []byte{0xff, 0xff, 0xff, 0x9c}})
	chain := attributes(t,
		netlink.Attribute{Type: unix.NFTA_CHAIN_TABLE, Data: []byte("nat\x00")},
		netlink.Attribute{Type: unix.NFTA_CHAIN_NAME, Data: []byte("base\x00")},
		netlink.Attribute{Type: unix.NFTA_CHAIN_HOOK | unix.NLA_F_NESTED, Data: hook},
		netlink.Attribute{Type: unix.NFTA_CHAIN_TYPE, Data: []byte("nat\x00")})
	c, err := nftables.New(nftables.WithTestDial(func(requests []netlink.Message) ([]netlink.Message, error) {
		if len(requests) == 0 {
			return nil, nil
		}
		to := requests[0].Header
		switch to.Type & 0xff {
		case unix.NFT_MSG_GETCHAIN:
			return []netlink.Message{message(to, unix.NFT_MSG_NEWCHAIN, family, chain)}, nil
		case unix.NFT_MSG_GETRULE:
			return []netlink.Message{message(to, unix.NFT_MSG_NEWRULE, family, rules)}, nil
		}
		return []netlink.Message{message(to, unix.NFT_MSG_NEWSETELEM, family, elements)}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ruleOf is a rule with expressions.
func ruleOf(t testing.TB, family byte, all ...expr.Any) []byte {
	t.Helper()
	var list []netlink.Attribute
	for _, e := range all {
		data, err := expr.Marshal(family, e)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, netlink.Attribute{Type: unix.NLA_F_NESTED | unix.NFTA_LIST_ELEM, Data: data})
	}
	return attributes(t, netlink.Attribute{Type: unix.NFTA_RULE_EXPRESSIONS | unix.NLA_F_NESTED, Data: attributes(t, list...)})
}

// elementsOf is a set that holds keys with data.
func elementsOf(t testing.TB, pairs ...[2][]byte) []byte {
	t.Helper()
	var list []netlink.Attribute
	value := func(kind uint16, data []byte) netlink.Attribute {
		return netlink.Attribute{Type: kind | unix.NLA_F_NESTED, Data: attributes(t, netlink.Attribute{Type: unix.NFTA_DATA_VALUE, Data: data})}
	}
	for _, p := range pairs {
		list = append(list, netlink.Attribute{Type: unix.NLA_F_NESTED | unix.NFTA_LIST_ELEM,
			Data: attributes(t, value(unix.NFTA_SET_ELEM_KEY, p[0]), value(unix.NFTA_SET_ELEM_DATA, p[1]))})
	}
	return attributes(t, netlink.Attribute{Type: unix.NFTA_SET_ELEM_LIST_ELEMENTS | unix.NLA_F_NESTED, Data: attributes(t, list...)})
}

// Rules as nft writes them.
var (
	protocolTCP = []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{6}}}
	anyPort     = &expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}
	toPod       = []expr.Any{
		&expr.Immediate{Register: 1, Data: []byte{10, 0, 0, 2}}, &expr.Immediate{Register: 2, Data: []byte{0, 80}},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: 1, RegProtoMin: 2},
	}
)

func rulesOf(parts ...[]expr.Any) (all []expr.Any) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// TestMessages reads messages as the kernel writes them.
func TestMessages(t *testing.T) {
	here := func(netip.Prefix) bool { return true }
	port := func(op expr.CmpOp, n byte) []expr.Any {
		return []expr.Any{anyPort, &expr.Cmp{Op: op, Register: 1, Data: []byte{0, n}}}
	}
	for name, test := range map[string]struct {
		rule []expr.Any
		want []string
	}{
		"one port":    {rulesOf(protocolTCP, port(expr.CmpOpEq, 80), toPod), []string{"nftables tcp ipv4 any 80-80 -> 10.0.0.2:80"}},
		"every port":  {rulesOf(protocolTCP, toPod), []string{"nftables tcp ipv4 any 0-65535 -> 10.0.0.2:80"}},
		"but one":     {rulesOf(protocolTCP, port(expr.CmpOpNeq, 80), toPod), []string{"nftables tcp ipv4 any 0-65535 -> 10.0.0.2:80 partly"}},
		"some":        {rulesOf(port(expr.CmpOpGt, 80), port(expr.CmpOpLt, 90), toPod), []string{"nftables unknown ipv4 any 81-89 -> 10.0.0.2:80"}},
		"none":        {rulesOf(port(expr.CmpOpGt, 90), port(expr.CmpOpLt, 80), toPod), nil},
		"no protocol": {rulesOf(protocolTCP, []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{17}}}, toPod), nil},
		"ended":       {rulesOf(protocolTCP, []expr.Any{&expr.Verdict{Kind: expr.VerdictAccept}}, toPod), nil},
		"map": {
			rulesOf(protocolTCP, []expr.Any{anyPort, &expr.Lookup{SourceRegister: 1, DestRegister: 1, IsDestRegSet: true, SetName: "m"}},
				[]expr.Any{&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: 1}}),
			[]string{"nftables tcp ipv4 any 443-443 -> 10.0.0.4:0", "nftables tcp ipv4 any 80-80 -> 10.0.0.3:0"},
		},
	} {
		elements := elementsOf(t, [2][]byte{{0, 80, 0, 0}, {10, 0, 0, 3}}, [2][]byte{{1, 187, 0, 0}, {10, 0, 0, 4}})
		all, err := nftForwards(answers(t, unix.NFPROTO_IPV4, ruleOf(t, unix.NFPROTO_IPV4, test.rule...), elements), here)
		if diff := cmp.Diff(test.want, told(all)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func FuzzMessages(f *testing.F) {
	elements := elementsOf(f, [2][]byte{{0, 80, 0, 0}, {10, 0, 0, 3}})
	f.Add(ruleOf(f, unix.NFPROTO_IPV4, rulesOf(protocolTCP, toPod)...), elements, byte(unix.NFPROTO_IPV4))
	f.Add(ruleOf(f, unix.NFPROTO_INET, anyPort, &expr.Lookup{SourceRegister: 1, IsDestRegSet: true, SetName: "v"}), elements, byte(unix.NFPROTO_INET))
	f.Add(ruleOf(f, unix.NFPROTO_IPV6, anyPort, &expr.Range{Register: 1, FromData: []byte{0, 1}, ToData: []byte{0, 9}}, &expr.Redir{}), elements, byte(unix.NFPROTO_IPV6))
	f.Fuzz(func(t *testing.T, rules, elements []byte, family byte) {
		all, _ := nftForwards(answers(t, family, rules, elements), func(netip.Prefix) bool { return true })
		for _, forward := range all {
			if forward.First > forward.Last {
				t.Errorf("%+v", forward)
			}
		}
	})
}
