// Lister prints every socket that the source of package iphlpapi lists, one line
// of JSON each, and what failed on standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"sockeye/platform/iphlpapi"
	"sockeye/sock"
)

// Row is one socket as it is printed.
type Row struct {
	Protocol, Family, State string
	Local, Remote           netip.AddrPort
	Interface               uint32
	PID                     int
	Name                    string
	OwnerStatus             string
}

func main() {
	q := sock.Query{
		Protocols: sock.Protocols(sock.TCP, sock.UDP), Families: sock.Families(sock.IPv4, sock.IPv6),
		States: sock.AllStates, Want: sock.AllFields,
	}
	if len(os.Args) > 1 && os.Args[1] == "listeners" {
		q.States = sock.States(sock.Listen)
	}
	out := json.NewEncoder(os.Stdout)
	for _, reading := range iphlpapi.New().Open(&sock.Environment{}).Plan(q) {
		list(out, reading)
	}
}

func list(out *json.Encoder, reading sock.Reading) {
	for s, err := range reading.Rows(context.Background()) {
		var partial *sock.Partial
		if errors.As(err, &partial) {
			fmt.Fprintln(os.Stderr, partial)
			continue
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "lister:", err)
			os.Exit(1)
		}
		r := Row{Protocol: s.Protocol.String(), Family: s.Family.String(), State: s.State.String(),
			Local: s.Local, Remote: s.Remote, Interface: s.IfIndex, OwnerStatus: s.OwnerStatus.String()}
		for p := range s.PIDs {
			r.PID, r.Name = p.PID, p.Name
		}
		if err := out.Encode(r); err != nil {
			os.Exit(1)
		}
	}
}
