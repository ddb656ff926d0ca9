package procnet

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Executable returns the path of the program that a process runs, as that process sees
// it; " (deleted)" follows it if there is no such file any more (proc(5)).
func (fs FS) Executable(pid int) (string, error) { return os.Readlink(fs.pidFile(pid, "exe")) }

// maxArguments bounds what is read of the arguments of a process: as much as Linux takes
// for one of them (MAX_ARG_STRLEN of linux/binfmts.h). All of them may have some MiB, in
// each of 1,000 processes that share a socket.
const maxArguments = 128 << 10

// Arguments returns the arguments of a process, the first of which is by custom the
// name of the program; the first 128 KiB. None are known of one that overwrote them.
func (fs FS) Arguments(pid int) ([]string, error) {
	data, err := fs.arguments(pid)
	if err != nil || data == "" {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(data, "\x00"), "\x00"), nil
}

// CommandLine returns the arguments of a process that are not empty, with blanks between
// them; the first 128 KiB.
func (fs FS) CommandLine(pid int) (string, error) {
	data, err := fs.arguments(pid)
	words := strings.FieldsFunc(data, func(r rune) bool { return r == 0 })
	return strings.Join(words, " "), err
}

// arguments returns what stands in memory where the arguments of a process were: each
// ends with a NUL, unless the process wrote something else there.
func (fs FS) arguments(pid int) (string, error) { return fs.readFile(pid, "cmdline", maxArguments) }

// maxCgroups bounds what is read of /proc/PID/cgroup: the kernel has about 14
// hierarchies with a path of at most 4096 bytes each.
const maxCgroups = 64 << 10

// ControlGroups returns the file /proc/PID/cgroup, which everybody may read: a line
// for each hierarchy (cgroups(7)).
func (fs FS) ControlGroups(pid int) (string, error) { return fs.readFile(pid, "cgroup", maxCgroups) }

// EffectiveUID returns the user whose rights a process has. The error wraps
// [os.ErrNotExist] if there is no such process.
func (fs FS) EffectiveUID(pid int) (uint32, error) {
	status, err := fs.head(pid, "status", make([]byte, maxStat))
	if err != nil {
		return 0, err
	}
	uid, ok := parseEffectiveUID(status)
	if !ok {
		return 0, fmt.Errorf("%s: not understood", fs.pidFile(pid, "status"))
	}
	return uid, nil
}

// parseEffectiveUID reads the second number of the line Uid of /proc/PID/status: the
// user is told as real, effective, saved and of the file system (proc(5)).
func parseEffectiveUID(status []byte) (uid uint32, ok bool) {
	for line := range bytes.Lines(status) {
		rest, found := bytes.CutPrefix(line, []byte("Uid:"))
		if !found {
			continue
		}
		words := bytes.Fields(rest)
		if len(words) != 4 {
			return 0, false
		}
		n, err := strconv.ParseUint(string(words[1]), 10, 32)
		if err != nil {
			return 0, false
		}
		return uint32(n), true
	}
	return 0, false
}
