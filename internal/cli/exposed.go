package cli

import (
	"sockeye/platform"
	"sockeye/sock"
)

// exposedOption lists what others reach, as far as the machine itself can tell.
func (o *options) exposedOption() []*option {
	return []*option{on(groupTables, &o.exposed, "exposed", "",
		"what listens beyond the loopback and on which addresses, public ones first; a firewall is not looked at")}
}

// checkExposed refuses what is not about sockets that listen.
func (o *options) checkExposed() error {
	switch {
	case !o.exposed:
		return nil
	case o.connected || o.boundAlone:
		return usagef("--exposed lists what listens, it goes without --connected and --bound-inactive")
	case o.kill || o.dump != "" || o.summary > 0 || o.events:
		return usagef("--exposed is a listing, it goes without --kill, --dump, --summary and --events")
	}
	return nil
}

// askExposed asks for what is reached over the families of a request. A socket of IPv6
// may be reached over IPv4 too.
func askExposed(req *platform.Request) error {
	if req.Query.Protocols&inetTables().protocols == 0 {
		return usagef("--exposed is about addresses of IP, which these sockets do not have")
	}
	req.Exposed = req.Query.Families
	req.Query.Families |= sock.Families(sock.IPv6)
	return nil
}
