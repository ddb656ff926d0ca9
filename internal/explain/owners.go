package explain

import "sockeye/sock"

// ownerDetails say more of a reason for a missing owner than its one line does.
var ownerDetails = map[sock.OwnerStatus]struct {
	text    []string
	sources []string
	see     []string
}{
	sock.OwnerKnown: {
		[]string{"owners lists every descriptor that holds the socket, sorted by PID: a server that forks shares its listener with its children. pid and process are the first. Without root, processes of others are not seen, and there may be more."},
		[]string{"/proc/PID/fd, or the kernel's iterator over descriptors (bpf_iter task_file)"}, []string{"owners", "permission"},
	},
	sock.OwnerPermission: {
		[]string{"Linux shows the descriptors of a process to its user and to root (CAP_SYS_PTRACE). setcap cap_bpf,cap_perfmon+ep on the program shows owners without root. A security policy (SELinux, Yama, a sandbox) may hide them from root, too."},
		[]string{"proc(5), /proc/PID/fd", "ptrace(2), access mode checking"}, []string{"known", "not_searched"},
	},
	sock.OwnerKernel: {
		[]string{"A socket that the kernel opened for itself has an inode and no descriptor. It is said of those which are known to be so: netlink sockets of the kernel, what http.sys holds on Windows."},
		[]string{"sock_create_kern in net/socket.c"}, []string{"no_descriptor"},
	},
	sock.OwnerTimeWait: {
		[]string{"The socket and its descriptor are gone, and what is listed is a record of the kernel's: nobody owns it, and nothing can be learned of who did."},
		[]string{"struct inet_timewait_sock in include/net/inet_timewait_sock.h"}, []string{"TIME_WAIT"},
	},
	sock.OwnerRequest: {
		[]string{"The kernel answered a SYN and keeps a record until the handshake ends. The listener is another row; a process gets a descriptor by accept(2) only."},
		[]string{"struct request_sock in include/net/request_sock.h"}, []string{"SYN_RECEIVED", "syn_flood"},
	},
	sock.OwnerAcceptQueue: {
		[]string{"The handshake is over, data may wait already, and no process has a descriptor until the program calls accept(2). listener_pid and listener_process say whose queue it is, where one listener alone fits.",
			"Such a row now and then is normal. Many say that the program does not keep up: compare recv_queue of the listener with its backlog."},
		[]string{"accept(2)", "inet_csk_accept in net/ipv4/inet_connection_sock.c"}, []string{"backlog", "LISTEN"},
	},
	sock.OwnerOrphaned: {
		[]string{"The program closed its descriptor, or ended, and the kernel still sends what is left and its FIN: FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK. The inode is 0. The kernel keeps at most net.ipv4.tcp_max_orphans of them."},
		[]string{"tcp(7), tcp_max_orphans, tcp_orphan_retries", "tcp_close in net/ipv4/tcp.c"}, []string{"FIN_WAIT_1", "FIN_WAIT_2"},
	},
	sock.OwnerOtherNamespace: {
		[]string{"A process sees those of its own PID namespace and of the ones below. In a container whose network is the host's the sockets of the host are listed, and their processes have no PID here."},
		[]string{"pid_namespaces(7)"}, []string{"no_descriptor", "netns"},
	},
	sock.OwnerExited: {
		[]string{"The search saw the process that held it, and that process ended before its name was read. On Windows the socket keeps the PID of the process that bound it: creator_pid says which that was, and creator_children which of its children may have inherited the socket."},
		[]string{"proc(5)", "GetExtendedTcpTable"}, []string{"closed", "creator_pid"},
	},
	sock.OwnerClosed: {
		[]string{"Between the table and the search for its owner the socket was closed. List again: if it is there, it has an owner. With --events it is a socket that no listing saw before it ended."},
		[]string{"proc(5), /proc/PID/fd"}, []string{"exited"},
	},
	sock.OwnerInTransit: {
		[]string{"A process passed the descriptor to another through a unix socket, closed its own, and the other has not received it. It is said only if as many descriptors are on their way as there are such sockets."},
		[]string{"unix(7), SCM_RIGHTS", "/proc/PID/fdinfo, scm_fds"}, []string{"no_descriptor"},
	},
	sock.OwnerNoDescriptor: {
		[]string{"The socket is there, with an inode, and in no table of descriptors that can be seen. The kernel may hold it (NFS, iSCSI, WireGuard), an io_uring instance, a system call that runs, or a process of another PID namespace: these look the same from here."},
		[]string{"docs/architecture.md, Owners"}, []string{"kernel", "other_namespace", "in_transit"},
	},
	sock.OwnerNotSearched: {
		[]string{"--no-processes and --owners none save the search. It is also said where /proc is empty or that of another PID namespace, where a call failed, and where the system does not tell owners."},
		[]string{"proc(5)"}, []string{"permission", "known"},
	},
}

// ownerStatuses are the values of owner_status.
func ownerStatuses() []*Entry {
	var all []*Entry
	for status := range sock.OwnerStatuses {
		d := ownerDetails[status]
		all = append(all, &Entry{
			Name: status.String(), Kind: OwnerStatus, Title: status.Meaning(), Text: d.text, Sources: d.sources,
			See: append(d.see, "owner_status"), Filter: "owner_status = " + status.String(),
		})
	}
	return all
}
