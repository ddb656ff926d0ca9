package platform

import (
	"bufio"
	"io"
	"strings"
)

// cgroupMount reads where the second version of control groups is mounted from
// /proc/self/mountinfo (proc_pid_mountinfo(5)): alone, or beside the first version
// (systemd's hybrid layout). Of several mounts it is the first that shows the
// whole hierarchy, else the first one. It is empty if there is none.
func cgroupMount(mountinfo io.Reader) (path string, err error) {
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		// "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw";
		// the optional fields end with a hyphen.
		mount, kind, ok := strings.Cut(lines.Text(), " - ")
		f := strings.Fields(mount)
		if !ok || len(f) < 5 || !strings.HasPrefix(kind, "cgroup2 ") {
			continue
		}
		if f[3] == "/" {
			return unescapeMount(f[4]), nil
		}
		if path == "" {
			path = unescapeMount(f[4])
		}
	}
	return path, lines.Err()
}

// unescapeMount replaces \040 and its like: blanks, newlines and backslashes are
// told in three octal digits (mangle in fs/seq_file.c).
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && len(s)-i >= 4 && octal(s[i+1:i+4]) {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func octal(digits string) bool {
	for _, d := range digits {
		if d < '0' || d > '7' {
			return false
		}
	}
	return true
}
