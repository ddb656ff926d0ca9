// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's task_file iterator calls this program for each open file of each
 * descriptor table in the reader's PID namespace. For a socket, or a file of another
 * kind that is searched, it writes one struct record to the iterator's output. Where
 * files of namespaces are searched, a socket is one too that is of another network
 * namespace than its process: it may be all that holds that.
 *
 * It is compiled once, without CO-RE: what differs between kernels is a
 * constant of the form PLACEHOLDER(n), which the loader replaces with the
 * offset that it found in the kernel's BTF (layout.go), or with what the search
 * is for (program.go). There are no maps, no calls and no relocations, so that
 * the instructions are all there is to load.
 *
 * The program may be run twice for the same file when the output buffer is full
 * (bpf_seq_read in kernel/bpf/bpf_iter.c), so it has no effect but its output.
 */

typedef unsigned int u32;
typedef unsigned long long u64;

/* Helpers by their number in enum bpf_func_id of linux/bpf.h. */
static u64 (*const bpf_get_current_task)(void) = (void *)35;
static long (*const bpf_probe_read_kernel)(void *to, u32 size, u64 from) = (void *)113;
static long (*const bpf_seq_write)(void *seq, const void *data, u32 size) = (void *)127;

/* The context: struct bpf_iter__task_file of kernel/bpf/task_iter.c, and
 * struct bpf_iter_meta of linux/bpf.h. Both are the same in every kernel. */
struct meta {
	void *seq;
};

struct context {
	struct meta *meta;
	void *task;
	u32 fd;
	void *file __attribute__((aligned(8)));
};

/* What the reader gets; record.go decodes it. */
struct record {
	u64 inode; /* of such a socket: that of its network namespace */
	u64 start; /* of the process: nanoseconds of CLOCK_BOOTTIME */
	u32 pid;   /* in the reader's PID namespace, as tid is */
	u32 tid;   /* 0 if the table is that of the process */
	u32 fd;
	u32 unused;
	char name[16]; /* TASK_COMM_LEN, with a NUL at the end */
};

/* A volatile asm, because the compiler must not reckon with the value. */
#define PLACEHOLDER(n)                                                         \
	({                                                                     \
		u64 value;                                                     \
		asm volatile("%0 = 0x7a0000" #n : "=r"(value));                \
		value;                                                         \
	})
#define WANTED(n)                                                              \
	({                                                                     \
		u64 value;                                                     \
		asm volatile("%0 = 0x7b000000000000" #n " ll" : "=r"(value));  \
		value;                                                         \
	})

#define FILE_INODE PLACEHOLDER(00)
#define INODE_NUMBER PLACEHOLDER(01)
#define INODE_SUPER PLACEHOLDER(02)
#define SUPER_MAGIC PLACEHOLDER(03)
#define TASK_SIGNAL PLACEHOLDER(04)
#define TASK_PID PLACEHOLDER(05)
#define TASK_LEADER PLACEHOLDER(06)
#define TASK_NAME PLACEHOLDER(07)
#define TASK_START PLACEHOLDER(08)
#define SIGNAL_TGID PLACEHOLDER(09)
#define PID_LEVEL PLACEHOLDER(0a)
#define PID_NUMBERS PLACEHOLDER(0b)
#define UPID_SIZE PLACEHOLDER(0c)
#define FILE_PRIVATE PLACEHOLDER(0d)
#define SOCKET_SOCK PLACEHOLDER(0e)
#define SOCK_NET PLACEHOLDER(0f)
#define TASK_SPACES PLACEHOLDER(10)
#define SPACES_NET PLACEHOLDER(11)
#define NET_NUMBER PLACEHOLDER(12)
#define FILESYSTEM PLACEHOLDER(13) /* the magic number of that of sockets, or another */
#define ELSEWHERE PLACEHOLDER(14)  /* 1: sockets of other network namespaces too */

#define SOCKFS_MAGIC 0x534F434B /* linux/magic.h */

#define inline static inline __attribute__((always_inline))

/* A read that fails gives 0, and the offsets that follow lead nowhere. */
inline u64 read64(u64 from, u64 offset)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), from + offset);
	return value;
}

inline u32 read32(u64 from, u64 offset)
{
	u32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), from + offset);
	return value;
}

/* The same of what the verifier knows to point to a struct: one instruction, in
 * place of a call that takes longer than all the rest. A fault gives 0 too
 * (BPF_PROBE_MEM). The offset is a constant by the time of the load. */
inline u64 load64(u64 from, u64 offset)
{
	return *(volatile u64 *)(from + offset);
}

/* The number of a struct pid in a namespace: numbers[level].nr. The verifier must
 * know a bound of what is added to a pointer, and before Linux 6.8 it knows none of
 * a product. There are at most 33 levels (MAX_PID_NS_LEVEL). */
#define MOST 0xffff

inline u32 number(u64 pid, u64 level)
{
	return read32(pid, PID_NUMBERS + (level * UPID_SIZE & MOST));
}

/* Whether an inode is in one of four ranges, which hold what the search is for:
 * where they begin, and how much further they go. */
#define WITHIN(first, further) (inode - WANTED(first) <= WANTED(further))

inline int wanted(u64 inode)
{
	return WITHIN(00, 01) || WITHIN(02, 03) || WITHIN(04, 05) || WITHIN(06, 07);
}

/* The number of the network namespace of a socket; 0 if it is that of the process, or
 * if the file is the O_PATH descriptor of a socket, which has no socket. */
inline u32 elsewhere(u64 file, u64 leader)
{
	u64 net = read64(read64(read64(file, FILE_PRIVATE), SOCKET_SOCK), SOCK_NET);

	if (net == load64(load64(leader, TASK_SPACES), SPACES_NET))
		return 0;
	return read32(net, NET_NUMBER);
}

__attribute__((section("iter/task_file"), used)) int task_file(struct context *ctx)
{
	u64 task = (u64)ctx->task, file = (u64)ctx->file, inode, magic, leader, signal, pid, tgid;
	struct record record = {};
	u32 level;

	if (!task || !file)
		return 0;
	/* Not bpf_sock_from_file: it needs Linux 5.11, and it denies the O_PATH
	 * descriptor of a socket, which /proc shows as one. */
	inode = load64(file, FILE_INODE);
	/* The number first: where few are wanted it decides, and the rest of the
	 * inode need not come from memory. */
	record.inode = load64(inode, INODE_NUMBER);
	if (!wanted(record.inode))
		return 0;
	leader = load64(task, TASK_LEADER);
	magic = load64(load64(inode, INODE_SUPER), SUPER_MAGIC);
	if (ELSEWHERE && magic == SOCKFS_MAGIC) {
		record.inode = elsewhere(file, leader);
		if (!record.inode)
			return 0;
	} else if (magic != FILESYSTEM) {
		return 0;
	}

	/* The numbers that the reader knows: the iterator shows the tasks of its
	 * PID namespace, and task->pid is the number in the first one. */
	level = read32(read64(bpf_get_current_task(), TASK_PID), PID_LEVEL);
	pid = load64(task, TASK_PID);
	signal = load64(task, TASK_SIGNAL);
	tgid = read64(signal, SIGNAL_TGID);
	if (!pid || !tgid) /* it has ended, its number too: __unhash_process */
		return 0;
	record.pid = number(tgid, level);
	if (pid != tgid)
		record.tid = number(pid, level);
	record.start = load64(leader, TASK_START);
	bpf_probe_read_kernel(record.name, sizeof(record.name), leader + TASK_NAME);
	record.fd = ctx->fd;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
