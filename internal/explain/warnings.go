package explain

import "sockeye/sock"

// warnings are the codes of what an answer warns of.
func warnings() []*Entry {
	return []*Entry{
		warning(sock.CodeFallback, "a table was read from a less exact source than the best",
			"The kernel refused or does not have the better way (sock_diag), so /proc/net was read, and some of the facts that were asked for are missing there. The message names the table, the facts and the cause. The answer is complete in its sockets.",
			"sock_diag(7)"),
		warning(sock.CodeUnavailable, "something could not be read by any source",
			"A table, a network namespace or the addresses of its interfaces. Sockets may be missing: complete is false, and --strict makes it exit status 3.",
			"sock_diag(7)", "proc(5)"),
		warning(sock.CodeAbsent, "the system has no sockets of a protocol that was asked for by name",
			"The module is not loaded or not built (sctp, dccp, tipc ...), so there can be none. The answer is complete.",
			"modprobe(8)"),
		warning(sock.CodeInterrupted, "a table kept changing while it was read",
			"The kernel said so (NLM_F_DUMP_INTR), and reading again did not help, or the reading failed in the middle. Rows may be missing or doubled.",
			"linux/netlink.h"),
		warning(sock.CodeMalformed, "something that was read could not be understood",
			"A message of a kernel that is newer than this program, or a file that is damaged. What could be understood is listed.",
			"linux/inet_diag.h"),
		warning(sock.CodePermission, "this user may not see everything",
			"Owners of sockets of others, or network namespaces that may not be entered. Every socket is listed all the same; those without a visible owner say owner_status permission.",
			"proc(5)", "capabilities(7)"),
		warning(sock.CodeWithheld, "facts that the system tells only with a right",
			"Marks, keys' peers, filters of packet sockets and, before Linux 6.15, upper layer protocols need CAP_NET_ADMIN. They are absent, which says nothing of the sockets.",
			"capabilities(7)", "inet_diag_msg_attrs_fill in net/ipv4/inet_diag.c"),
		warning(sock.CodeInput, "an entry of a file was left out",
			"A line or a socket of --from that is not understood. The message says which and why.",
			"docs/json-schema.json"),
	}
}

func warning(code sock.Code, title, text string, sources ...string) *Entry {
	return &Entry{Name: string(code), Kind: Warning, Title: title, Text: []string{text}, Sources: sources}
}
