package procnet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// OpenFiles returns how many descriptors a process has open, and how many it may have:
// the soft limit of RLIMIT_NOFILE; most is -1 if there is no limit.
func (fs FS) OpenFiles(pid int) (open, most int64, err error) {
	limits, err := fs.readFile(pid, "limits", maxLimits)
	if err == nil {
		most, err = parseOpenFilesLimit(limits)
	}
	if err != nil {
		return 0, 0, err
	}
	dir, err := os.Open(fs.pidFile(pid, "fd"))
	if err != nil {
		return 0, 0, err
	}
	defer dir.Close()
	// Since Linux 6.2 the size is their number (proc_fd_getattr of fs/proc/fd.c).
	if info, err := dir.Stat(); err == nil && info.Size() > 0 {
		return info.Size(), most, nil
	}
	for {
		names, err := dir.Readdirnames(4096)
		open += int64(len(names))
		if errors.Is(err, io.EOF) {
			return open, most, nil
		} else if err != nil {
			return 0, 0, err
		}
	}
}

// maxLimits bounds /proc/PID/limits, which has less than 2 kB.
const maxLimits = 64 << 10

// parseOpenFilesLimit reads the soft limit of descriptors out of /proc/PID/limits
// (proc_pid_limits of fs/proc/base.c); -1 is unlimited.
func parseOpenFilesLimit(text string) (int64, error) {
	const name = "Max open files"
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(line, name)
		words := strings.Fields(rest)
		switch {
		case !found:
			continue
		case len(words) > 0 && words[0] == "unlimited":
			return -1, nil
		case len(words) > 0:
			return strconv.ParseInt(words[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("there is no line %q", name)
}
