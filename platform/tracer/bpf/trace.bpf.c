// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs at the kernel's tracepoints of TCP, which write a struct record for each
 * event that is wanted, and iterators that are run once at the start.
 *
 * What is known of a socket is kept in its storage, which the kernel copies when a
 * listener makes a socket for a connection, and frees with it. The reader is awoken
 * when it has read all there was (no flags to bpf_ringbuf_output); that it reads
 * seldom makes batches.
 */
#include "kernel.h"

enum kind { STATE, RETRANSMIT, SYNACK_RETRANSMIT, RESET_SENT, RESET_RECEIVED, DROP };
enum origin { NONE, CONNECT, LISTENING, READ, WRITE, CLOSE, INHERITED, SEEDED };

/* Flags of records and of storage. */
enum {
	TIMED = 1,           /* record: since and age are known */
	SINCE_AT_LEAST = 2,  /* the start of the trace stands for that of the state */
	AGE_AT_LEAST = 4,    /* or for that of the socket */
	HAS_SOCKET = 8,      /* record: cookie, uid, mark, cgroup and interface are known */
	HAS_OWNER = 16,      /* the process is known; pid 0 is one that the reader cannot see */
	HELD = 32,	     /* storage: the change from LISTEN to SYN_RECV is still to be told */
};

/* The numbers of net/tcp_states.h. */
enum { ESTABLISHED = 1, SYN_SENT, SYN_RECV, FIN_WAIT1, TIME_WAIT = 6, CLOSED, LAST_ACK = 9, LISTEN, NEW_SYN_RECV = 12 };

enum { AF_INET = 2, AF_INET6 = 10, TCP = 6, ECONNABORTED = 103, PF_KTHREAD = 0x200000, PIDTYPE_TGID = 1, SOCK_DONE = 1 };

/* What the reader gets; record.go decodes it. Addresses of IPv4 are v4-mapped. */
struct record {
	u64 time; /* nanoseconds of CLOCK_BOOTTIME, as since and age are */
	u64 cookie;
	u64 since; /* how long it was in the old state */
	u64 age;   /* how long it was no closed socket */
	u64 cgroup;
	u32 netns;
	u32 uid;
	u32 mark;
	u32 interface;
	u32 pid;
	u32 reason;
	u32 segments;
	u32 bytes;
	u16 family;
	u16 lport; /* in the byte order of the machine, as rport is */
	u16 rport;
	u16 error; /* sk_err */
	u8 kind;
	u8 origin;
	u8 old;
	u8 new;
	u8 flags;
	u8 tcp_flags; /* of the dropped segment */
	u8 fin;	      /* a FIN was received, and is counted in bytes_received */
	u8 unused;
	u64 laddr[2];
	u64 raddr[2];
	char name[16];
	/* Of a change to CLOSED alone; the others end here. */
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_sent;
	u64 bytes_retrans;
	u32 total_retrans;
	u32 srtt;   /* eighths of a microsecond */
	u32 mdev;   /* quarters of one */
	u32 rtt_min; /* microseconds */
	u32 segs_in;
	u32 segs_out;
	u32 data_segs_in;
	u32 data_segs_out;
};

#define SHORT_RECORD __builtin_offsetof(struct record, bytes_acked)

/* What is kept with a socket. */
struct storage {
	u64 since; /* when the state began; 0 is not known */
	u64 born;  /* when it became more than a closed socket */
	s32 tgid;  /* of the owner, in the first PID namespace; 0 is none */
	u32 pid;   /* in the reader's */
	u8 origin;
	u8 flags;
	u8 change; /* the last one that was seen: the old state and the new one */
	u8 copy;   /* of set_state that saw it last */
	char name[16];
};

struct {
	int (*type)[BPF_MAP_TYPE_SK_STORAGE];
	int (*map_flags)[BPF_F_NO_PREALLOC | BPF_F_CLONE];
	int *key;
	struct storage *value;
} sockets SEC(".maps");

struct {
	int (*type)[BPF_MAP_TYPE_RINGBUF];
	int (*max_entries)[1 << 22];
} events SEC(".maps");

/* The reader's place among the PID namespaces, told by the program called reader. */
u64 reader_space;
u64 reader_time; /* when it ran; 0 if it has not */
u32 reader_level;
u64 lost;
u64 caught; /* changes that the first set_state was kept from, and a later one saw */

/* What is wanted, set before the programs are loaded. */
#define SPACES 16
#define RULES 16

struct rule {
	u64 laddr[2], lmask[2], raddr[2], rmask[2];
	u16 lfirst, llast, rfirst, rlast;
};

const volatile u32 space_count; /* 0 is all */
const volatile u32 spaces[SPACES];
const volatile u32 rule_count; /* 0 is all */
const volatile struct rule rules[RULES];
const volatile u32 wanted_old; /* a bit for each state */
const volatile u32 wanted_new;
const volatile u32 copy; /* which of them a set_state is: 0 is the first */
const volatile u32 reset_has_reason;
const volatile u32 drop_has_reason;
const volatile u32 drop_has_socket;

/* An argument of a tracepoint. The read is volatile so that it stays one of 8 bytes,
 * which the verifier wants. */
#define ARGUMENT(n) (((volatile u64 *)ctx)[n])

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NETWORK16(v) __builtin_bswap16(v)
#define NETWORK32(v) __builtin_bswap32(v)
#else
#define NETWORK16(v) (v)
#define NETWORK32(v) (v)
#endif

/* The second half of a v4-mapped address; the first is 0. It has the bytes of the
 * address in the order of the network. */
inline u64 mapped(u32 v4)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (u64)v4 << 32 | 0xffff0000;
#else
	return 0xffffull << 32 | v4;
#endif
}

inline void address6(u64 *to, const struct in6_addr *from)
{
	u32 *words = (u32 *)to;

	words[0] = from->in6_u.u6_addr32[0];
	words[1] = from->in6_u.u6_addr32[1];
	words[2] = from->in6_u.u6_addr32[2];
	words[3] = from->in6_u.u6_addr32[3];
}

inline int is_mapped(const u64 *address)
{
	return address[0] == 0 && (u32)(NETWORK32(((u32 *)address)[2])) == 0xffff;
}

/* The ends of a socket, but the local port: where it is depends on what it is. */
inline void ends(struct record *r, struct sock_common *sk)
{
	r->family = sk->skc_family;
	r->rport = NETWORK16(sk->skc_dport);
	if (r->family == AF_INET6) {
		address6(r->laddr, &sk->skc_v6_rcv_saddr);
		address6(r->raddr, &sk->skc_v6_daddr);
		/* While it connects to IPv4, the local address is here alone. */
		if (is_mapped(r->raddr))
			r->laddr[0] = 0, r->laddr[1] = mapped(sk->skc_rcv_saddr);
		return;
	}
	r->laddr[1] = mapped(sk->skc_rcv_saddr);
	r->raddr[1] = mapped(sk->skc_daddr);
}

inline int wanted_space(u32 inode)
{
	if (!space_count)
		return 1;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < SPACES; i++) {
		if (i >= space_count)
			break;
		if (spaces[i] == inode)
			return 1;
	}
	return 0;
}

inline int within(u16 port, u16 first, u16 last)
{
	return !last || !port || (port >= first && port <= last);
}

inline int wanted_ends(const struct record *r)
{
	if (!rule_count)
		return 1;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < RULES; i++) {
		const volatile struct rule *rule = &rules[i];

		if (i >= rule_count)
			break;
		if ((r->laddr[0] & rule->lmask[0]) == rule->laddr[0] && (r->laddr[1] & rule->lmask[1]) == rule->laddr[1] &&
		    (r->raddr[0] & rule->rmask[0]) == rule->raddr[0] && (r->raddr[1] & rule->rmask[1]) == rule->raddr[1] &&
		    within(r->lport, rule->lfirst, rule->llast) && within(r->rport, rule->rfirst, rule->rlast))
			return 1;
	}
	return 0;
}

/* The number that the reader knows a process by, or 0. */
inline u32 number(struct task_struct *task)
{
	u64 pid = 0, space = 0, entry;
	u32 level = 0;
	s32 nr = 0;

	if (!reader_level)
		return task->tgid;
	/* Read as numbers: the verifier does not add to pointers what it cannot bound. */
	bpf_probe_read_kernel(&pid, sizeof(pid), &task->signal->pids[PIDTYPE_TGID]);
	bpf_probe_read_kernel(&level, sizeof(level), &((struct pid *)pid)->level);
	if (!pid || level < reader_level)
		return 0;
	entry = (u64)((struct pid *)pid)->numbers + (u64)(reader_level & 63) * SIZE(struct upid);
	bpf_probe_read_kernel(&space, sizeof(space), &((struct upid *)entry)->ns);
	bpf_probe_read_kernel(&nr, sizeof(nr), &((struct upid *)entry)->nr);
	return space == reader_space ? nr : 0;
}

inline void remember(struct storage *s, struct task_struct *task, u8 origin)
{
	struct task_struct *leader = task->group_leader;

	s->tgid = task->tgid;
	s->pid = number(task);
	s->origin = origin;
	s->flags |= HAS_OWNER;
	bpf_probe_read_kernel(s->name, sizeof(s->name), &leader->comm);
}

inline int is_use(u8 origin)
{
	return origin >= CONNECT && origin <= WRITE;
}

/* The process that runs is at work on its own socket. Who reads or writes has it now;
 * who connected or listens and does so stays known for that. */
inline void learn(struct storage *s, u8 origin)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & PF_KTHREAD) /* that closes for another */
		return;
	if (origin > LISTENING && is_use(s->origin) && (origin == CLOSE || s->tgid == task->tgid)) {
		if (origin != CLOSE || s->tgid != task->tgid)
			return;
		origin = s->origin; /* the same process, whose name may be another since exec */
	}
	remember(s, task, origin);
}

inline void owner(struct record *r, const struct storage *s)
{
	if (!s || !(s->flags & HAS_OWNER))
		return;
	r->flags |= HAS_OWNER;
	r->pid = s->pid;
	r->origin = s->origin;
	__builtin_memcpy(r->name, s->name, sizeof(r->name));
}

/* What is known of a whole socket, but its storage. */
inline void facts(struct record *r, struct sock *sk, u64 cookie)
{
	r->flags |= HAS_SOCKET;
	r->cookie = cookie;
	r->uid = sk->sk_uid.val;
	r->mark = sk->sk_mark;
	r->interface = sk->__sk_common.skc_bound_dev_if;
	r->cgroup = sk->sk_cgrp_data.cgroup->kn->id;
}

inline void send(struct record *r, u64 size)
{
	if (!r->time)
		r->time = bpf_ktime_get_boot_ns();
	if (bpf_ringbuf_output(&events, r, size, 0))
		__sync_fetch_and_add(&lost, 1);
}

/* The local port of a whole socket: skc_num is 0 where it is not hashed. */
inline u16 local_port(const struct tcp_sock *tp)
{
	return NETWORK16(tp->inet_conn.icsk_inet.inet_sport);
}

inline void ending(struct record *r, const struct tcp_sock *tp)
{
	r->bytes_acked = tp->bytes_acked;
	r->bytes_received = tp->bytes_received;
	r->bytes_sent = tp->bytes_sent;
	r->bytes_retrans = tp->bytes_retrans;
	r->total_retrans = tp->total_retrans;
	r->srtt = tp->srtt_us;
	r->mdev = tp->mdev_us;
	r->rtt_min = tp->rtt_min.s[0].v;
	r->segs_in = tp->segs_in;
	r->segs_out = tp->segs_out;
	r->data_segs_in = tp->data_segs_in;
	r->data_segs_out = tp->data_segs_out;
}

/* Who the owner is after a change of state. sk_lock.owned says that a process is at
 * work on the socket: softirq does not touch it then. SOCK_DESTROY is no use of it. */
inline void learn_by_state(struct storage *s, struct sock *sk, int old, int new)
{
	if (new == SYN_SENT)
		learn(s, CONNECT);
	else if (new == LISTEN)
		learn(s, LISTENING);
	else if (old == LISTEN && new == SYN_RECV) { /* a copy of the listener's */
		s->since = s->born = 0;
		s->origin = s->flags & HAS_OWNER ? INHERITED : NONE;
		s->flags &= HAS_OWNER;
	} else if (sk->sk_lock.owned &&
		   (new == FIN_WAIT1 || new == LAST_ACK || (new == CLOSED && sk->sk_err != ECONNABORTED)))
		learn(s, CLOSE);
}

inline int wanted_change(int old, int new)
{
	return wanted_old >> (old & 31) & 1 && wanted_new >> (new & 31) & 1;
}

/* Tells a change, of which time, since, age and flags are in the record. */
inline void change(struct record *r, struct sock *sk, const struct tcp_sock *tp, const struct storage *s, int old, int new)
{
	ends(r, &sk->__sk_common);
	r->lport = local_port(tp);
	if (!wanted_ends(r))
		return;
	facts(r, sk, bpf_get_socket_cookie(sk));
	owner(r, s);
	r->kind = STATE;
	r->old = old;
	r->new = new;
	if (new != CLOSED || old == LISTEN) {
		send(r, SHORT_RECORD);
		return;
	}
	r->error = sk->sk_err;
	r->fin = sk->__sk_common.skc_flags >> SOCK_DONE & 1;
	ending(r, tp);
	send(r, sizeof(*r));
}

/*
 * Whether an earlier copy of set_state has seen a change. The program is loaded and
 * attached several times: the kernel does not run one while it runs already on the
 * processor, so that the changes of a softirq which interrupts it would be missed.
 * Another copy sees them then. The copies see a change one after the other, in their
 * order, and no socket makes the same change twice without another in between.
 */
inline int seen(struct storage *s, int old, int new)
{
	u8 change = (old & 15) << 4 | (new & 15);

	if (!s)
		return copy != 0;
	if (s->change == change && s->copy < copy) {
		s->copy = copy;
		return 1;
	}
	s->change = change;
	s->copy = copy;
	if (copy)
		__sync_fetch_and_add(&caught, 1);
	return 0;
}

SEC("tp_btf/inet_sock_set_state") int set_state(void *ctx)
{
	struct sock *sk = (struct sock *)ARGUMENT(0);
	int old = (int)ARGUMENT(1), new = (int)ARGUMENT(2);
	struct record r = {};
	struct storage *s;
	struct tcp_sock *tp;

	if (sk->sk_protocol != TCP)
		return 0;
	r.netns = sk->__sk_common.skc_net.net->ns.inum;
	if (!wanted_space(r.netns))
		return 0;
	s = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (seen(s, old, new))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	if (s && s->flags & HELD) {
		s->flags &= ~HELD;
		r.time = s->since;
		change(&r, sk, tp, s, LISTEN, SYN_RECV);
		r.flags = 0;
	}
	r.time = bpf_ktime_get_boot_ns();
	if (s) {
		learn_by_state(s, sk, old, new);
		r.flags = s->flags & (SINCE_AT_LEAST | AGE_AT_LEAST);
		if (s->since) {
			r.flags |= TIMED;
			r.since = r.time - s->since;
			r.age = s->born ? r.time - s->born : 0;
		}
		s->since = r.time;
		s->flags &= ~SINCE_AT_LEAST;
		if (!s->born) {
			s->born = r.time;
			/* It was there before the trace, and no iterator saw it. */
			if (old != CLOSED && new != SYN_RECV)
				s->flags |= AGE_AT_LEAST;
		}
		if (new == CLOSED)
			s->born = 0, s->flags &= ~AGE_AT_LEAST;
	}
	if (!wanted_change(old, new))
		return 0;
	/* An older kernel gives the copy of a listener its peer and its cookie only after
	 * this change, which is told before the next one then. */
	if (s && old == LISTEN && new == SYN_RECV && !sk->__sk_common.skc_dport)
		s->flags |= HELD;
	else
		change(&r, sk, tp, s, old, new);
	return 0;
}

/* A process reads or writes: it has the socket now. */
inline int use(struct sock *sk, u8 origin)
{
	struct storage *s;

	s = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (s)
		learn(s, origin);
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust") int reads(void *ctx)
{
	return use((struct sock *)ARGUMENT(0), READ);
}

SEC("tp_btf/sock_send_length") int writes(void *ctx)
{
	return use((struct sock *)ARGUMENT(0), WRITE);
}

inline int whole(u8 state)
{
	return state != TIME_WAIT && state != NEW_SYN_RECV;
}

/* What is known of a whole TCP socket in its namespace; whether it is wanted. */
inline int socket(struct record *r, struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!tp)
		return 0;
	r->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (!wanted_space(r->netns))
		return 0;
	r->old = r->new = sk->__sk_common.skc_state;
	ends(r, &sk->__sk_common);
	r->lport = local_port(tp);
	if (!wanted_ends(r))
		return 0;
	facts(r, sk, bpf_get_socket_cookie(sk));
	owner(r, bpf_sk_storage_get(&sockets, sk, 0, 0));
	return 1;
}

SEC("tp_btf/tcp_retransmit_skb") int retransmit(void *ctx)
{
	struct sock *sk = (struct sock *)ARGUMENT(0);
	struct sk_buff *skb = (struct sk_buff *)ARGUMENT(1);
	struct record r = {};
	u16 segments = 0;

	if (!socket(&r, sk))
		return 0;
	r.kind = RETRANSMIT;
	r.bytes = skb->len;
	bpf_probe_read_kernel(&segments, sizeof(segments), &((struct tcp_skb_cb *)skb->cb)->tcp_gso_segs);
	r.segments = segments ? segments : 1;
	send(&r, SHORT_RECORD);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack") int synack(void *ctx)
{
	struct sock *sk = (struct sock *)ARGUMENT(0);
	struct request_sock *request = (struct request_sock *)ARGUMENT(1);
	struct record r = {};

	r.netns = sk->__sk_common.skc_net.net->ns.inum;
	if (!wanted_space(r.netns))
		return 0;
	ends(&r, &request->__req_common);
	r.lport = request->__req_common.skc_num;
	if (!wanted_ends(&r))
		return 0;
	owner(&r, bpf_sk_storage_get(&sockets, sk, 0, 0));
	if (r.origin)
		r.origin = INHERITED;
	r.kind = SYNACK_RETRANSMIT;
	r.old = r.new = SYN_RECV;
	r.segments = 1;
	send(&r, SHORT_RECORD);
	return 0;
}

SEC("tp_btf/tcp_receive_reset") int reset_received(void *ctx)
{
	struct record r = {};

	if (!socket(&r, (struct sock *)ARGUMENT(0)))
		return 0;
	r.kind = RESET_RECEIVED;
	send(&r, SHORT_RECORD);
	return 0;
}

/* The headers of a segment, as far as they are needed. */
struct headers {
	u8 flags;
	u16 from, to; /* ports */
	u32 offset;   /* of the payload, from skb->head */
	u64 source[2], destination[2];
};

inline int headers(struct headers *h, struct sk_buff *skb)
{
	u8 ip[40] = {}, tcp[14] = {};
	unsigned char *head = skb->head;
	u32 at = skb->network_header;

	if (bpf_probe_read_kernel(ip, sizeof(ip), head + at))
		return 0;
	if (skb->protocol == NETWORK16(0x0800)) {
		if (ip[0] >> 4 != 4 || ip[9] != TCP || (ip[6] & 0x1f) | ip[7])
			return 0; /* no TCP, or a later fragment */
		at += (ip[0] & 15) * 4;
		h->source[1] = mapped(*(u32 *)(ip + 12));
		h->destination[1] = mapped(*(u32 *)(ip + 16));
	} else if (skb->protocol == NETWORK16(0x86dd)) {
		if (ip[0] >> 4 != 6 || ip[6] != TCP)
			return 0;
		at += 40;
		__builtin_memcpy(h->source, ip + 8, 16);
		__builtin_memcpy(h->destination, ip + 24, 16);
	} else {
		return 0;
	}
	if (bpf_probe_read_kernel(tcp, sizeof(tcp), head + at))
		return 0;
	h->from = tcp[0] << 8 | tcp[1];
	h->to = tcp[2] << 8 | tcp[3];
	h->flags = tcp[13];
	h->offset = at + (tcp[12] >> 4) * 4;
	return 1;
}

/* The ends as the machine sees them: a segment that came from a device is for it. */
inline void ends_of(struct record *r, const struct headers *h, int arrived)
{
	r->family = is_mapped(h->source) ? AF_INET : AF_INET6;
	r->lport = arrived ? h->to : h->from;
	r->rport = arrived ? h->from : h->to;
	for (int i = 0; i < 2; i++) {
		r->laddr[i] = arrived ? h->destination[i] : h->source[i];
		r->raddr[i] = arrived ? h->source[i] : h->destination[i];
	}
}

inline u32 space_of(struct sk_buff *skb)
{
	struct net_device *device = skb->dev;
	struct dst_entry *route;
	struct net *net = 0;
	u32 inode = 0;

	/* TCP takes the device off a segment, and leaves the route. The pointers are
	 * read as memory: what a segment has there may be something else. */
	if (!device) {
		route = (struct dst_entry *)(skb->_skb_refdst & ~1ul);
		bpf_probe_read_kernel(&device, sizeof(device), &route->dev);
	}
	bpf_probe_read_kernel(&net, sizeof(net), &device->nd_net.net);
	bpf_probe_read_kernel(&inode, sizeof(inode), &net->ns.inum);
	return inode;
}

/* The remains of a socket, or a segment without one. */
inline int segment(struct record *r, struct sk_buff *skb, const struct headers *h, int arrived)
{
	if (!r->netns)
		r->netns = space_of(skb);
	if (!wanted_space(r->netns))
		return 0;
	ends_of(r, h, arrived);
	return wanted_ends(r);
}

SEC("tp_btf/tcp_send_reset") int reset_sent(void *ctx)
{
	struct sock *sk = (struct sock *)ARGUMENT(0);
	struct sk_buff *skb = (struct sk_buff *)ARGUMENT(1);
	struct record r = {};
	struct headers h = {};
	u8 state = 0;

	/* Either may be null, which older verifiers do not know: they drop the test
	 * for it, and the read gives 0. */
	if (sk && sk->__sk_common.skc_family)
		state = sk->__sk_common.skc_state;
	if (sk && state && whole(state) && state != LISTEN) {
		if (!socket(&r, sk))
			return 0;
	} else {
		if (!skb || !skb->head || !headers(&h, skb))
			return 0;
		if (sk && state) {
			r.netns = sk->__sk_common.skc_net.net->ns.inum;
			r.old = r.new = state;
		}
		if (!segment(&r, skb, &h, 1))
			return 0;
		if (sk && state == LISTEN) {
			facts(&r, sk, bpf_get_socket_cookie(sk));
			owner(&r, bpf_sk_storage_get(&sockets, sk, 0, 0));
		}
	}
	r.kind = RESET_SENT;
	if (reset_has_reason)
		r.reason = (u32)ARGUMENT(2);
	send(&r, SHORT_RECORD);
	return 0;
}

/* What is known of the socket of a dropped segment, by reading alone. */
inline int dropped_by(struct record *r, struct sock *sk)
{
	u8 state;

	if (!sk || !sk->__sk_common.skc_family)
		return 0;
	state = sk->__sk_common.skc_state;
	if (!state || (whole(state) && sk->sk_protocol != TCP))
		return 0;
	r->old = r->new = state;
	r->netns = sk->__sk_common.skc_net.net->ns.inum;
	if (whole(state))
		facts(r, sk, sk->__sk_common.skc_cookie.counter);
	return 1;
}

SEC("tp_btf/kfree_skb") int drop(void *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ARGUMENT(0);
	struct skb_shared_info *shared;
	struct record r = {};
	struct headers h = {};
	struct sock *sk;
	u16 segments = 0;
	u64 before;

	if (!headers(&h, skb))
		return 0;
	if (drop_has_socket && dropped_by(&r, (struct sock *)ARGUMENT(3)))
		owner(&r, bpf_sk_storage_get(&sockets, (struct sock *)ARGUMENT(3), 0, 0));
	else if ((sk = skb->sk) && dropped_by(&r, sk))
		/* To the verifier the segment's own pointer is not good enough. */
		owner(&r, bpf_sk_storage_get(&sockets, sk->sk_socket->sk, 0, 0));
	if (!segment(&r, skb, &h, skb->skb_iif != 0))
		return 0;
	r.kind = DROP;
	r.tcp_flags = h.flags;
	if (drop_has_reason)
		r.reason = (u32)ARGUMENT(2);
	shared = (struct skb_shared_info *)(skb->head + skb->end);
	bpf_probe_read_kernel(&segments, sizeof(segments), &shared->gso_segs);
	r.segments = segments ? segments : 1;
	before = (u64)skb->data - (u64)skb->head; /* of the data that len counts */
	r.bytes = skb->len;
	if (h.offset > before)
		r.bytes -= h.offset - before;
	/* What is freed with its socket and has no payload is the FIN that ended it. */
	if (r.new == CLOSED && !r.bytes)
		return 0;
	send(&r, SHORT_RECORD);
	return 0;
}

/* Runs in the reader's process: at the first task, which is enough. */
SEC("iter/task") int reader(struct bpf_iter__task *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 pid = 0, entry;
	u32 level = 0;
	u8 one = 1;

	if (reader_time || !ctx->task)
		return 0;
	bpf_probe_read_kernel(&pid, sizeof(pid), &task->thread_pid);
	bpf_probe_read_kernel(&level, sizeof(level), &((struct pid *)pid)->level);
	entry = (u64)((struct pid *)pid)->numbers + (u64)(level & 63) * SIZE(struct upid);
	bpf_probe_read_kernel(&reader_space, sizeof(reader_space), &((struct upid *)entry)->ns);
	reader_level = level;
	reader_time = bpf_ktime_get_boot_ns();
	bpf_seq_write(ctx->meta->seq, &one, sizeof(one));
	return 0;
}

/* The sockets that are there at the start. One that several processes have is that of
 * the first. */
SEC("iter/task_file") int seed(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct storage *s;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->sk_protocol != TCP || !wanted_space(sk->__sk_common.skc_net.net->ns.inum))
		return 0;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return 0;
	s = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!s || s->flags & HAS_OWNER)
		return 0;
	if (!s->since) {
		s->since = bpf_ktime_get_boot_ns();
		s->flags |= SINCE_AT_LEAST;
		if (sk->__sk_common.skc_state != CLOSED) {
			s->born = s->since;
			s->flags |= AGE_AT_LEAST;
		}
	}
	remember(s, task, SEEDED);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
