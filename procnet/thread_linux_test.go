package procnet

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// onOtherThread starts f on a thread that is not the leader of the process, and
// that ends with f, so that f may leave it in any state. The leader must stay as
// it is: /proc/PID/fd and /proc/self/net are its own.
func onOtherThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != os.Getpid() {
			f()
			return
		}
		done := make(chan struct{})
		onOtherThread(func() {
			defer close(done)
			f()
		})
		<-done // the leader is kept busy, so that the other one is not it
		runtime.UnlockOSThread()
	}()
}
