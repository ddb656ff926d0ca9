package doctor

import (
	"fmt"
	"strings"

	"sockeye/sock"
)

var shadowedListener = &Rule{
	Name:    "shadowed_listener",
	Meaning: "Two processes listen on one port: the one on a single address gets what is sent there, the other one the rest. Which of them answers depends on the address that a client uses.",
	Advice:  "If that is not meant, stop one of them.",
	Needs:   sock.FieldOwners,
	begin: func(*Space, settings) look {
		type port struct {
			netns  uint64
			number uint16
			device string
		}
		var by grouped[port]
		see := func(_ *before, l *sock.Socket) {
			if l.Protocol == sock.TCP && l.State == sock.Listen && holderPID(l) != 0 {
				by.add(port{l.Netns.Inode, l.Local.Port(), l.Interface}, l)
			}
		}
		return look{see, func() (found []Finding) {
			for _, key := range by.keys {
				found = append(found, shadows(by.of[key].Sockets)...)
			}
			return found
		}}
	},
}

// shadows finds those of the listeners on a port that take what others would get.
func shadows(all []*sock.Socket) (found []Finding) {
	for _, narrow := range all {
		for _, wide := range all {
			if !covers(wide, narrow) || sharesHolder(wide, narrow) {
				continue
			}
			found = append(found, Finding{
				Severity: Info, Evidence: Evidence{Sockets: []*sock.Socket{narrow, wide}, Total: 2}, Try: fmt.Sprintf("sockeye port %d", narrow.Local.Port()),
				Title: fmt.Sprintf("%s on %s hides port %d of %s", holder(narrow), narrow.Local.Addr(), narrow.Local.Port(), holder(wide)),
			})
		}
	}
	return found
}

// covers reports whether one listener is bound to every address and another one to one
// of them.
func covers(wide, narrow *sock.Socket) bool {
	if !wide.Local.Addr().IsUnspecified() || narrow.Local.Addr().IsUnspecified() {
		return false
	}
	dual := wide.Family == sock.IPv6 && wide.Knows(sock.FieldV6Only) && !wide.V6Only
	return dual || wide.Local.Addr().Is4() == narrow.Local.Addr().Is4()
}

func sharesHolder(a, b *sock.Socket) bool {
	for p := range a.PIDs {
		for q := range b.PIDs {
			if p.PID == q.PID {
				return true
			}
		}
	}
	return false
}

// private are ports of services that usually serve the host, or the hosts around it.
var private = map[uint16]string{
	1433: "Microsoft SQL Server", 1521: "Oracle Database", 2181: "ZooKeeper", 2375: "Docker's API without TLS", 2379: "etcd", 3306: "MySQL",
	5005: "a Java debugger", 5432: "PostgreSQL", 5678: "a Python debugger", 5984: "CouchDB", 6379: "Redis", 8086: "InfluxDB", 9042: "Cassandra",
	9200: "Elasticsearch", 9222: "a debugger of Chrome", 9229: "the Node.js debugger", 11211: "memcached", 27017: "MongoDB",
}

var exposedService = &Rule{
	Name:    "exposed_service",
	Meaning: "A service that usually serves its own host can be reached from other hosts, unless a firewall is in front of it: that cannot be seen here.",
	Advice:  "Bind it to 127.0.0.1 or to an address of an inner network, and see that it asks for a password.",
	begin: func(*Space, settings) look {
		var found []Finding
		see := func(_ *before, l *sock.Socket) {
			if l.Protocol != sock.TCP || l.State != sock.Listen || l.Local.Addr().IsLoopback() {
				return
			}
			service := private[l.Local.Port()]
			if service == "" {
				return
			}
			found = append(found, Finding{
				Severity: Info, Evidence: one(l.Clone()), Try: fmt.Sprintf("sockeye port %d", l.Local.Port()),
				Title: fmt.Sprintf("%s listens for other hosts on port %d, that of %s", holder(l), l.Local.Port(), service),
			})
		}
		return look{see, func() []Finding { return found }}
	},
}

var deletedProgram = &Rule{
	Name:    "deleted_program",
	Meaning: "The program file of a process that listens was deleted. It was updated, and the process runs the old one, with the faults that the update mends; or somebody hides it.",
	Advice:  "Restart the service. If nothing was updated, find out where the program came from before you do.",
	Needs:   sock.FieldExe,
	begin: func(*Space, settings) look {
		var by grouped[int]
		see := func(_ *before, l *sock.Socket) {
			if l.Listening() && len(l.Owners) > 0 && strings.HasSuffix(l.Owners[0].Exe, " (deleted)") {
				by.add(holderPID(l), l)
			}
		}
		return look{see, by.findings(func(pid int, g *group) *Finding {
			return &Finding{
				Severity: Info, Try: fmt.Sprintf("sockeye process %d -C local,exe,started_at", pid),
				Title: fmt.Sprintf("%s listens, and its program was deleted", holder(g.first())),
			}
		})}
	},
}
