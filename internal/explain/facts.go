package explain

import (
	"slices"
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// originOf is where facts come from, by their object or else by what is asked of a
// source for them; the first that fits.
var originOf = []struct {
	object string
	needs  sock.Field
	source string
}{
	{"tcp_info", 0, "struct tcp_info of linux/tcp.h; tcp_get_info in net/ipv4/tcp.c"},
	{"memory", 0, "SK_MEMINFO_* of linux/sock_diag.h; sk_get_meminfo in net/core/sock.c"},
	{"timer", 0, "idiag_timer, idiag_expires and idiag_retrans of linux/inet_diag.h"},
	{"mptcp_info", 0, "struct mptcp_info of linux/mptcp.h"},
	{"mptcp_subflow", 0, "MPTCP_SUBFLOW_ATTR_* of linux/mptcp.h"},
	{"sctp_info", 0, "struct sctp_info of linux/sctp.h"},
	{"smc_info", 0, "linux/smc_diag.h"},
	{"packet", 0, "linux/packet_diag.h"},
	{"netlink", 0, "linux/netlink_diag.h"},
	{"vsock", 0, "linux/vm_sockets_diag.h"},
	{"xdp", 0, "linux/xdp_diag.h"},
	{"tipc", 0, "TIPC_NLA_SOCK_* of linux/tipc_netlink.h"},
	{"tls", 0, "TLS_INFO_* of linux/tls.h"},
	{"vegas", 0, "struct tcpvegas_info of linux/inet_diag.h"},
	{"dctcp", 0, "struct tcp_dctcp_info of linux/inet_diag.h"},
	{"bbr", 0, "struct tcp_bbr_info of linux/inet_diag.h"},
	{"socket_options", 0, "struct inet_diag_sockopt of linux/inet_diag.h"},
	{"netns", 0, "network_namespaces(7); the inode is that of /proc/PID/ns/net"},
	{"local_scope", 0, "RFC 6890; IANA's registries of special addresses"},
	{"remote_scope", 0, "RFC 6890; IANA's registries of special addresses"},
	{"local", 0, "struct inet_diag_sockid of linux/inet_diag.h; what other families have in its place"},
	{"remote", 0, "struct inet_diag_sockid of linux/inet_diag.h; what other families have in its place"},
	{"recv_queue", 0, "idiag_rqueue of linux/inet_diag.h, sk_ack_backlog of a listener"},
	{"send_queue", 0, "idiag_wqueue of linux/inet_diag.h"},
	{"backlog", 0, "idiag_wqueue of linux/inet_diag.h: sk_max_ack_backlog of a listener"},
	{"cookie", 0, "idiag_cookie of linux/inet_diag.h: sock_gen_cookie in net/core/sock_diag.c"},
	{"mark", 0, "INET_DIAG_MARK of linux/inet_diag.h; SO_MARK in socket(7)"},
	{"v6only", 0, "INET_DIAG_SKV6ONLY of linux/inet_diag.h; IPV6_V6ONLY in ipv6(7)"},
	{"shutdown", 0, "INET_DIAG_SHUTDOWN of linux/inet_diag.h; sk_shutdown in include/net/sock.h"},
	{"congestion", 0, "INET_DIAG_CONG of linux/inet_diag.h; TCP_CONGESTION in tcp(7)"},
	{"ulp", 0, "INET_DIAG_ULP_INFO of linux/inet_diag.h"},
	{"md5_peers", 0, "INET_DIAG_MD5SIG of linux/inet_diag.h; RFC 2385"},
	{"service", 0, "the tag of a service: I_QueryTagInformation of Windows"},
	{"creator_pid", 0, "dwOwningPid of iphlpapi"},
	{"creator_children", 0, "dwOwningPid of iphlpapi, and the list of processes"},
	{"", sock.FieldEvent, "programs in the kernel (BPF) where it changes sockets; docs/trace.md"},
	{"", sock.FieldPeerProcess, "the owner of the socket at the other end, found by its ends or its inode"},
	{"", sock.FieldExposure, "the addresses of the interfaces (RTM_GETADDR of linux/rtnetlink.h)"},
	{"", sock.FieldPlace, "the control group: /proc/PID/cgroup, cgroups(7); names from the files of the container runtimes"},
	{"", sock.ProcessFields, "/proc/PID: proc(5)"},
	{"", sock.FieldSocketContext, "/proc/PID/fd and the security module's extended attributes"},
	{"", sock.FieldPath | sock.FieldPeerPath | sock.FieldPeerInode | sock.FieldFile | sock.FieldPending, "linux/unix_diag.h; unix(7)"},
	{"", sock.FieldRates | sock.FieldAge, "two listings, compared"},
	{"", sock.FieldResult, "SOCK_DESTROY of linux/sock_diag.h"},
	{"", sock.FieldClosedAt, "SKNLGRP_INET_*_DESTROY of linux/sock_diag.h"},
	{"", sock.FieldCgroup | sock.FieldCgroupID, "INET_DIAG_CGROUP_ID of linux/inet_diag.h; cgroups(7)"},
	{"", sock.FieldMPTCPInfo, "linux/mptcp.h"},
	{"", sock.FieldCreated, "MIB_TCPROW_OWNER_MODULE.liCreateTimestamp of iphlpapi"},
	{"", sock.FieldOwners, "/proc/PID/fd, or the kernel's iterator over descriptors (bpf_iter task_file)"},
	{"", sock.FieldPacketFilter, "PACKET_DIAG_FILTER of linux/packet_diag.h; bpf(4)"},
	{"", 0, "struct inet_diag_msg and INET_DIAG_* of linux/inet_diag.h"},
}

func originOfFact(f *fact.Fact) string {
	object, _, _ := strings.Cut(f.Name, ".")
	for _, o := range originOf {
		if o.object != "" && o.object != object || o.object == "" && o.needs != 0 && o.needs&f.Needs == 0 {
			continue
		}
		return o.source
	}
	return ""
}

// facts explains each fact by what the registry says of it.
func facts() []*Entry {
	var all []*Entry
	for _, f := range fact.All() {
		e := &Entry{
			Name: f.Name, Kind: Fact, Aliases: f.Aliases, Title: f.Doc,
			Text:    []string{"Type: " + f.Type() + ". " + usesOf(f)},
			Sources: []string{originOfFact(f)}, Filter: f.Example,
		}
		if len(f.Aliases) > 0 {
			e.Text = append(e.Text, "Also called "+strings.Join(f.Aliases, ", ")+".")
		}
		if f.Option != "" {
			e.Text = append(e.Text, "Shown by --"+f.Option+".")
		}
		if f.Parts() != nil {
			e.Text = append(e.Text, "Its parts: "+partNames(f)+".")
		}
		all = append(all, e)
	}
	return all
}

// usesOf says where a fact can be named. Of an object that has no value of its own a
// filter compares the parts.
func usesOf(f *fact.Fact) string {
	rest := "as a column (-C), as a key of --sort and --group-by, and in a template ({{." + f.Name + "}})"
	if (f.Kind == fact.Object || f.Kind == fact.List) && f.Compared == nil && f.Parts() != nil {
		return "It works " + rest + "; its parts work in a filter too."
	}
	return "It works in a filter, " + rest + "."
}

// mostParts is how many parts a text names.
const mostParts = 40

func partNames(f *fact.Fact) string {
	var names []string
	for _, p := range f.Parts() {
		names = append(names, p.Member())
	}
	if len(names) > mostParts {
		names = append(names[:mostParts:mostParts], "...")
	}
	return strings.Join(names, " ")
}

// values explains the names that a fact can have which nothing else explains.
func values() []*Entry {
	byName := map[string]*Entry{}
	var all []*Entry
	for _, f := range fact.All() {
		for _, name := range f.Choices() {
			e := byName[name]
			if e == nil {
				e = &Entry{Name: name, Kind: Value, Sources: []string{originOfFact(f)}}
				byName[name] = e
				all = append(all, e)
			}
			if !slices.Contains(e.See, f.Name) {
				e.See = append(e.See, f.Name)
				e.Title = "a value of " + strings.Join(e.See, ", ")
				e.Text = append(e.Text, f.Name+": "+f.Doc+".")
			}
		}
	}
	return all
}
