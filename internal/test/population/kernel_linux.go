package population

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// LinuxSince reports whether the kernel is that release of Linux or a newer one, where
// nothing else tells.
func LinuxSince(t T, major, minor int) bool {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	var is, point int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &is, &point); err != nil {
		t.Fatal(err)
	}
	return is > major || is == major && point >= minor
}
