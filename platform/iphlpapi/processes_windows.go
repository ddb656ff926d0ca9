package iphlpapi

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// processNames takes one snapshot of all processes, of every user and session:
// that needs no privilege.
func processNames() (map[uint32]string, error) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, fmt.Errorf("CreateToolhelp32Snapshot: %w", err)
	}
	defer windows.CloseHandle(snapshot)
	names := map[uint32]string{}
	entry := windows.ProcessEntry32{}
	entry.Size = uint32(unsafe.Sizeof(entry))
	err = windows.Process32First(snapshot, &entry)
	for err == nil {
		names[entry.ProcessID] = windows.UTF16ToString(entry.ExeFile[:])
		err = windows.Process32Next(snapshot, &entry)
	}
	if !errors.Is(err, windows.ERROR_NO_MORE_FILES) {
		return nil, fmt.Errorf("Process32Next: %w", err)
	}
	return names, nil
}

// processStart reads when a process started. PROCESS_QUERY_LIMITED_INFORMATION
// is the least right that allows it.
func processStart(pid uint32) (steps uint64, code uint32) {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return 0, codeOf(err)
	}
	defer windows.CloseHandle(handle)
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(handle, &created, &exited, &kernel, &user); err != nil {
		return 0, codeOf(err)
	}
	return uint64(created.HighDateTime)<<32 | uint64(created.LowDateTime), codeSuccess
}

func codeOf(err error) uint32 {
	if number, ok := errors.AsType[windows.Errno](err); ok {
		return uint32(number)
	}
	return codeNotSupported
}
