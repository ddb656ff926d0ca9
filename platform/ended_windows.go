package platform

import (
	"os"

	"golang.org/x/sys/windows"
)

// Ended reports whether a process has ended: its handle is signalled then
// (WaitForSingleObject).
func Ended(p *os.Process) bool {
	ended := true // a process without a handle has ended
	_ = p.WithHandle(func(handle uintptr) {
		event, err := windows.WaitForSingleObject(windows.Handle(handle), 0)
		ended = err == nil && event == windows.WAIT_OBJECT_0
	})
	return ended
}
