package portview

import (
	"fmt"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// forwards tells the ports that the kernel forwards.
func (p *printer) forwards(all []sock.Forward) {
	for i := range all {
		if i == maxNamed {
			fmt.Fprintf(p, "%d more are forwarded\n", len(all)-i)
			return
		}
		p.WriteString(ForwardText(&all[i]) + "\n")
		if all[i].Behind != nil {
			p.line("%s", targetText(all[i].Behind))
		}
	}
}

// ForwardText says what becomes of the packets to some ports: "8080/tcp  forwarded to
// 172.17.0.2:80 by nftables".
func ForwardText(f *sock.Forward) string {
	text := fmt.Sprint(f.First)
	if f.Last > f.First {
		text += fmt.Sprint("-", f.Last)
	}
	if f.Protocol != sock.ProtocolUnknown {
		text += "/" + f.Protocol.String()
	}
	text += "  "
	if f.Address.IsValid() {
		text += "at " + addressText(f) + " "
	} else if f.Family != sock.FamilyUnknown && !f.Target.Addr().IsValid() {
		text += map[sock.Family]string{sock.IPv4: "over IPv4 ", sock.IPv6: "over IPv6 "}[f.Family]
	}
	if f.Outgoing {
		text += "from this machine alone "
	}
	text += "forwarded "
	if f.Partly {
		text += "in part "
	}
	return string(fact.AppendForwarded([]byte(text+"to "), f.Target, f.By))
}

func addressText(f *sock.Forward) string {
	if f.Address.IsSingleIP() {
		return f.Address.Addr().String()
	}
	return f.Address.String()
}
