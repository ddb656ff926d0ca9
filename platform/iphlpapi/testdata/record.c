/*
 * Writes each table that the package decodes, filled by the names of the C
 * members, in hexadecimal: one line a table, the name of its row first. What
 * it writes is tables.txt, for Windows of either word size.
 *
 *	x86_64-w64-mingw32-gcc -o record.exe record.c && wine record.exe >tables.txt
 */
#define _WIN32_WINNT 0x0601
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

#define ROWS 3

static const UCHAR v4[ROWS][2][4] = {
	{{127, 0, 0, 1}, {0, 0, 0, 0}},
	{{10, 0, 0, 5}, {192, 0, 2, 7}},
	{{0, 0, 0, 0}, {255, 255, 255, 255}},
};
static const UCHAR v6[ROWS][2][16] = {
	{{0}, {0}},
	{{0xfe, 0x80, [15] = 5}, {0xfe, 0x80, [15] = 9}},
	{{[10] = 0xff, 0xff, 10, 0, 0, 5}, {[10] = 0xff, 0xff, 192, 0, 2, 7}},
};
static const DWORD state[ROWS] = {MIB_TCP_STATE_LISTEN, MIB_TCP_STATE_ESTAB, MIB_TCP_STATE_TIME_WAIT};
static const DWORD pid[ROWS] = {812, 70000, 0};
/* Ports in network order; the upper half is garbage on purpose. */
static const DWORD local_port[ROWS] = {0xdead901f, 0x0000901f, 0x0000ffff};
static const DWORD remote_port[ROWS] = {0xbeef3930, 0xbeef3cc9, 0x00000100};
static const DWORD scope[ROWS] = {0, 12, 0};
/* 2026-11-20 14:03:10.1234567 UTC, and not known. */
static const LONGLONG created[ROWS] = {134396569901234567LL, 134396569901234567LL, 0};

static void put(const char *name, const void *table, size_t size)
{
	const UCHAR *b = table;

	printf("%s ", name);
	for (size_t i = 0; i < size; i++)
		printf("%02x", b[i]);
	printf("\n");
}

#define FILL(TABLE, body) { \
	struct { TABLE t; UCHAR more[(ROWS - 1) * sizeof(((TABLE *)0)->table[0])]; } space; \
	memset(&space, 0xa5, sizeof space); \
	space.t.dwNumEntries = ROWS; \
	for (int i = 0; i < ROWS; i++) { \
		__typeof__(&space.t.table[0]) r = (void *)((UCHAR *)space.t.table + i * sizeof(*r)); \
		body \
	} \
	put(#TABLE, &space, offsetof(TABLE, table) + ROWS * sizeof(space.t.table[0])); \
}

#define PORTS4 memcpy(&r->dwLocalAddr, v4[i][0], 4); r->dwLocalPort = local_port[i];
#define PEER4 memcpy(&r->dwRemoteAddr, v4[i][1], 4); r->dwRemotePort = remote_port[i]; r->dwState = state[i];
#define ENDS6 memcpy(r->ucLocalAddr, v6[i][0], 16); r->dwLocalPort = local_port[i]; r->dwLocalScopeId = scope[i];
#define PEER6 memcpy(r->ucRemoteAddr, v6[i][1], 16); r->dwRemotePort = remote_port[i]; \
	r->dwRemoteScopeId = scope[i]; r->dwState = state[i];
#define MODULE r->liCreateTimestamp.QuadPart = created[i]; \
	for (int k = 0; k < TCPIP_OWNING_MODULE_SIZE; k++) r->OwningModuleInfo[k] = 100 * i + k;

/* The table is said to be here: its pointers are to itself. */
#define BASE 0x10000

/* What NtQuerySystemInformation writes: the idle process and two others, each
 * with one thread and its name behind it. */
static void processes(void)
{
	static const DWORD parent[ROWS] = {4, 812, 0};
	static const WCHAR *name[ROWS] = {L"nginx.exe", L"node.exe", NULL};
	struct {
		SYSTEM_PROCESS_INFORMATION p;
		SYSTEM_THREAD_INFORMATION thread;
		WCHAR name[16];
	} entries[ROWS];

	memset(entries, 0xa5, sizeof entries);
	for (int i = 0; i < ROWS; i++) {
		SYSTEM_PROCESS_INFORMATION *p = &entries[i].p;
		size_t at = (UCHAR *)entries[i].name - (UCHAR *)entries;

		p->NextEntryOffset = i < ROWS - 1 ? sizeof entries[0] : 0;
		p->CreateTime.QuadPart = created[i];
		p->UniqueProcessId = (HANDLE)(ULONG_PTR)pid[i];
		p->InheritedFromUniqueProcessId = (HANDLE)(ULONG_PTR)parent[i];
		p->ImageName.Buffer = name[i] ? (WCHAR *)(ULONG_PTR)(BASE + at) : NULL;
		p->ImageName.Length = name[i] ? 2 * wcslen(name[i]) : 0;
		if (name[i])
			wcscpy(entries[i].name, name[i]);
	}
	put("SYSTEM_PROCESS_INFORMATION", entries, sizeof entries);
}

int main(void)
{
	processes();
	FILL(MIB_TCPTABLE, PORTS4 PEER4)
	FILL(MIB_TCPTABLE_OWNER_PID, PORTS4 PEER4 r->dwOwningPid = pid[i];)
	FILL(MIB_TCPTABLE_OWNER_MODULE, PORTS4 PEER4 r->dwOwningPid = pid[i]; MODULE)
	FILL(MIB_TCP6TABLE,
		memcpy(&r->LocalAddr, v6[i][0], 16); r->dwLocalScopeId = scope[i]; r->dwLocalPort = local_port[i];
		memcpy(&r->RemoteAddr, v6[i][1], 16); r->dwRemoteScopeId = scope[i]; r->dwRemotePort = remote_port[i];
		r->State = state[i];)
	FILL(MIB_TCP6TABLE_OWNER_PID, ENDS6 PEER6 r->dwOwningPid = pid[i];)
	FILL(MIB_TCP6TABLE_OWNER_MODULE, ENDS6 PEER6 r->dwOwningPid = pid[i]; MODULE)
	FILL(MIB_UDPTABLE, PORTS4)
	FILL(MIB_UDPTABLE_OWNER_PID, PORTS4 r->dwOwningPid = pid[i];)
	FILL(MIB_UDPTABLE_OWNER_MODULE, PORTS4 r->dwOwningPid = pid[i]; MODULE)
	FILL(MIB_UDP6TABLE,
		memcpy(&r->dwLocalAddr, v6[i][0], 16); r->dwLocalScopeId = scope[i]; r->dwLocalPort = local_port[i];)
	FILL(MIB_UDP6TABLE_OWNER_PID, ENDS6 r->dwOwningPid = pid[i];)
	FILL(MIB_UDP6TABLE_OWNER_MODULE, ENDS6 r->dwOwningPid = pid[i]; MODULE)
	return 0;
}
