package iphlpapi

import (
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"

	"sockeye/sock"
)

// The calls. NewLazySystemDLL looks in the system's directory only, so that no
// library beside the program is taken for the system's.
var (
	iphlpapi            = windows.NewLazySystemDLL("iphlpapi.dll")
	getExtendedTCPTable = iphlpapi.NewProc("GetExtendedTcpTable")
	getExtendedUDPTable = iphlpapi.NewProc("GetExtendedUdpTable")
	setTCPEntry         = iphlpapi.NewProc("SetTcpEntry")
	ownerModules        = map[sock.Table]*windows.LazyProc{
		{Protocol: sock.TCP, Family: sock.IPv4}: iphlpapi.NewProc("GetOwnerModuleFromTcpEntry"),
		{Protocol: sock.TCP, Family: sock.IPv6}: iphlpapi.NewProc("GetOwnerModuleFromTcp6Entry"),
		{Protocol: sock.UDP, Family: sock.IPv4}: iphlpapi.NewProc("GetOwnerModuleFromUdpEntry"),
		{Protocol: sock.UDP, Family: sock.IPv6}: iphlpapi.NewProc("GetOwnerModuleFromUdp6Entry"),
	}
)

// thisSystem calls Windows.
func thisSystem() system {
	return system{
		table:       callTable,
		module:      callModule,
		wordSize:    int(unsafe.Sizeof(uintptr(0))),
		processes:   callQueryProcesses,
		setTCPEntry: callSetTCPEntry,
		pause:       pause,
	}
}

// callTable calls
//
//	DWORD GetExtendedTcpTable(PVOID table, PDWORD size, BOOL order, ULONG af, TCP_TABLE_CLASS class, ULONG reserved)
//	DWORD GetExtendedUdpTable(PVOID table, PDWORD size, BOOL order, ULONG af, UDP_TABLE_CLASS class, ULONG reserved)
//
// without order: sorting is not its business.
func callTable(t sock.Table, class uint32, buf []byte) (needed, code uint32) {
	proc := getExtendedTCPTable
	if t.Protocol == sock.UDP {
		proc = getExtendedUDPTable
	}
	if code := missing(proc); code != codeSuccess {
		return 0, code
	}
	family := uintptr(windows.AF_INET)
	if t.Family == sock.IPv6 {
		family = windows.AF_INET6
	}
	size := uint32(len(buf))
	result, _, _ := proc.Call(uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(unsafe.Pointer(&size)),
		0, family, uintptr(class), 0)
	runtime.KeepAlive(buf)
	return size, uint32(result)
}

// ownerModuleInfoBasic is TCPIP_OWNER_MODULE_INFO_BASIC.
const ownerModuleInfoBasic = 0

// callModule calls
//
//	DWORD GetOwnerModuleFromTcpEntry(PMIB_TCPROW_OWNER_MODULE row, TCPIP_OWNER_MODULE_INFO_CLASS class, PVOID buffer, PDWORD size)
//
// or its twin for the table.
func callModule(t sock.Table, row, buf []byte) (needed, code uint32, base uint64) {
	proc := ownerModules[t]
	if proc == nil {
		return 0, codeProcNotFound, 0
	}
	if code := missing(proc); code != codeSuccess {
		return 0, code, 0
	}
	size := uint32(len(buf))
	at := uintptr(unsafe.Pointer(unsafe.SliceData(buf)))
	result, _, _ := proc.Call(uintptr(unsafe.Pointer(unsafe.SliceData(row))), ownerModuleInfoBasic,
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(unsafe.Pointer(&size)))
	runtime.KeepAlive(row)
	runtime.KeepAlive(buf)
	return size, uint32(result), uint64(at)
}

// callSetTCPEntry calls
//
//	DWORD SetTcpEntry(PMIB_TCPROW row)
func callSetTCPEntry(row []byte) uint32 {
	if code := missing(setTCPEntry); code != codeSuccess {
		return code
	}
	result, _, _ := setTCPEntry.Call(uintptr(unsafe.Pointer(unsafe.SliceData(row))))
	runtime.KeepAlive(row)
	return uint32(result)
}

// missing returns the reason why a call is not there, 0 if it is: Call would
// panic.
func missing(proc *windows.LazyProc) uint32 {
	err := proc.Find()
	if err == nil {
		return codeSuccess
	}
	if number, ok := errors.AsType[windows.Errno](err); ok {
		return uint32(number)
	}
	return codeProcNotFound
}
