package procnet

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"sockeye/sock"
)

// labelFiles are where the kernel tells the label of a process: the first of the
// security modules that it asks, and those that stand behind it where there are
// several (proc_pid_attr(5)).
var labelFiles = [...]string{"attr/current", "attr/apparmor/current", "attr/smack/current"}

// maxLabel is the longest label: a page, as much as the kernel prints of one.
const maxLabel = 4096

// Label returns the security label of a process: its context of SELinux, its profile
// of AppArmor or its label of Smack. It is empty if there is none, or it cannot be
// seen.
func (fs FS) Label(pid int) string { return fs.label(strconv.Itoa(pid)) }

// HasLabels reports whether the system labels processes: this one has a label then.
func (fs FS) HasLabels() bool { return fs.label("self") != "" }

func (fs FS) label(process string) string {
	for _, name := range labelFiles {
		text, err := os.ReadFile(filepath.Join(fs.root, process, name))
		// A kernel without a module answers EINVAL; what is refused is not known.
		if err == nil && len(text) <= maxLabel {
			if label := parseLabel(text); label != "" {
				return label
			}
		}
	}
	return ""
}

// parseLabel takes the end of a label away: a NUL of SELinux, a line break of AppArmor.
func parseLabel(text []byte) string {
	text, _, _ = bytes.Cut(text, []byte{0})
	return string(bytes.TrimRight(text, "\n"))
}

// SocketLabel returns the label of a socket, by a descriptor of it; empty if there is
// none, or it cannot be seen. AppArmor labels no sockets.
func (fs FS) SocketLabel(o sock.Owner) string {
	path := fs.descriptor(o, "fd")
	for _, name := range [...]string{"security.selinux", "security.SMACK64IPOUT"} {
		if label := parseLabel(attributeOf(path, name)); label != "" {
			return label
		}
	}
	return ""
}
