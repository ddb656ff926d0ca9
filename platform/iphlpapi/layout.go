package iphlpapi

import "sockeye/sock"

// detail is how much a table tells of each socket.
type detail uint8

const (
	basic       detail = iota // the two ends and the state
	ownerPID                  // and the process
	ownerModule               // and the creation time and what module opened it
)

// class returns the number of a table's class: TCP_TABLE_CLASS or
// UDP_TABLE_CLASS of iprtrmib.h. Each detail of TCP has three classes:
// listeners, connections, all.
func (d detail) class(p sock.Protocol, listeners bool) uint32 {
	switch {
	case p == sock.UDP:
		return uint32(d)
	case listeners:
		return 3 * uint32(d)
	}
	return 3*uint32(d) + 2
}

// layout is where the members of a row are: offsets in bytes from its begin, or
// absent.
type layout struct {
	name  string // of the row's structure in C
	first int    // offset of the first row in the table
	size  int    // of a row

	state                          int
	local, localScope, localPort   int
	remote, remoteScope, remotePrt int
	pid, created, module           int
}

const absent = -1

// moduleSize is the size of OwningModuleInfo: TCPIP_OWNING_MODULE_SIZE words of
// 64 bits.
const moduleSize = 16 * 8

// layouts holds the rows of each table by detail. Tables with a creation time
// begin their rows at 8, because a LARGE_INTEGER is aligned so in C on every
// Windows; the others at 4, right behind dwNumEntries.
var layouts = map[sock.Table]*[3]layout{
	{Protocol: sock.TCP, Family: sock.IPv4}: {
		{"MIB_TCPROW", 4, 20, 0, 4, absent, 8, 12, absent, 16, absent, absent, absent},
		{"MIB_TCPROW_OWNER_PID", 4, 24, 0, 4, absent, 8, 12, absent, 16, 20, absent, absent},
		{"MIB_TCPROW_OWNER_MODULE", 8, 160, 0, 4, absent, 8, 12, absent, 16, 20, 24, 32},
	},
	{Protocol: sock.TCP, Family: sock.IPv6}: {
		// The state is in front here, and behind the ends in the others.
		{"MIB_TCP6ROW", 4, 52, 0, 4, 20, 24, 28, 44, 48, absent, absent, absent},
		{"MIB_TCP6ROW_OWNER_PID", 4, 56, 48, 0, 16, 20, 24, 40, 44, 52, absent, absent},
		{"MIB_TCP6ROW_OWNER_MODULE", 8, 192, 48, 0, 16, 20, 24, 40, 44, 52, 56, 64},
	},
	{Protocol: sock.UDP, Family: sock.IPv4}: {
		{"MIB_UDPROW", 4, 8, absent, 0, absent, 4, absent, absent, absent, absent, absent, absent},
		{"MIB_UDPROW_OWNER_PID", 4, 12, absent, 0, absent, 4, absent, absent, absent, 8, absent, absent},
		{"MIB_UDPROW_OWNER_MODULE", 8, 160, absent, 0, absent, 4, absent, absent, absent, 8, 16, 32},
	},
	{Protocol: sock.UDP, Family: sock.IPv6}: {
		{"MIB_UDP6ROW", 4, 24, absent, 0, 16, 20, absent, absent, absent, absent, absent, absent},
		{"MIB_UDP6ROW_OWNER_PID", 4, 28, absent, 0, 16, 20, absent, absent, absent, 24, absent, absent},
		{"MIB_UDP6ROW_OWNER_MODULE", 8, 176, absent, 0, 16, 20, absent, absent, absent, 24, 32, 48},
	},
}

// layoutOf returns the layout of a table's rows, and whether there is such a table.
func layoutOf(t sock.Table, d detail) (*layout, bool) {
	rows, ok := layouts[t]
	if !ok {
		return nil, false
	}
	return &rows[d], true
}
