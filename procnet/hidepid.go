package procnet

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// hidesProcesses reports whether the file system may hold back whole processes
// from this reader: the mount option hidepid (Documentation/filesystems/proc.rst)
// with a reader whom it binds.
func (fs FS) hidesProcesses() bool {
	h, gid, found := showAll, "", false
	err := fs.Mounts(func(m Mount) {
		if m.Point != fs.root {
			return
		}
		if found = m.Type == "proc"; found { // the last one covers the others
			h, gid = hideOptions(m.Options)
		}
	})
	switch {
	case err != nil || !found:
		return fs.withoutInit()
	case h == showAll:
		return false
	}
	status, err := os.ReadFile(filepath.Join(fs.root, "self", "status"))
	return err != nil || !fs.InitialUserNamespace() || !exempt(status, h, gid)
}

// withoutInit is what remains to look at where the mount cannot be seen: a PID
// namespace lives no longer than its process 1, so that one is there unless it
// is hidden.
func (fs FS) withoutInit() bool {
	_, err := os.Stat(fs.pidFile(1, ""))
	if err == nil {
		return false
	}
	_, err = os.Lstat(filepath.Join(fs.root, "self"))
	return err == nil
}

// hiding is how a proc file system treats the processes of others.
type hiding uint8

const (
	showAll        hiding = iota // hidepid=0, 1: every process has its directory
	hideInvisible                // hidepid=2: except to the group gid=
	hidePtraceable               // hidepid=4: except to who may trace the process
)

// hideOptions reads the options of a mount. gid is the group that sees everything; the
// kernel's default is 0.
func hideOptions(options string) (h hiding, gid string) {
	gid = "0"
	for option := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(option, "=")
		switch {
		case name == "gid":
			gid = value
		case name == "hidepid" && (value == "2" || value == "invisible"):
			h = hideInvisible
		case name == "hidepid" && (value == "4" || value == "ptraceable"):
			h = hidePtraceable
		}
	}
	return h, gid
}

// exempt reports whether the process with this /proc/PID/status, in the first user
// namespace, sees every process all the same (has_pid_permissions in fs/proc/base.c).
// In another one the same capabilities and groups are not those that the kernel asks for.
func exempt(status []byte, h hiding, gid string) bool {
	for line := range bytes.Lines(status) {
		name, value, _ := strings.Cut(string(line), ":")
		values := strings.Fields(value)
		switch name {
		case "CapEff":
			const sysPtrace = 19 // CAP_SYS_PTRACE of linux/capability.h
			if len(values) == 1 {
				caps, err := strconv.ParseUint(values[0], 16, 64)
				if err == nil && caps&(1<<sysPtrace) != 0 {
					return true
				}
			}
		case "Gid":
			// real, effective, saved, file system: the last one counts
			if h == hideInvisible && len(values) == 4 && values[3] == gid {
				return true
			}
		case "Groups":
			if h == hideInvisible && slices.Contains(values, gid) {
				return true
			}
		}
	}
	return false
}
