package iphlpapi

import (
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// callQueryProcesses calls
//
//	NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID information, ULONG length, PULONG returned)
//
// with SystemProcessInformation.
func callQueryProcesses(buf []byte) (needed, code uint32, base uint64) {
	at := unsafe.Pointer(unsafe.SliceData(buf))
	err := windows.NtQuerySystemInformation(windows.SystemProcessInformation, at, uint32(len(buf)), &needed)
	runtime.KeepAlive(buf)
	if status, ok := errors.AsType[windows.NTStatus](err); ok {
		return needed, uint32(status), 0
	}
	return needed, codeSuccess, uint64(uintptr(at))
}
