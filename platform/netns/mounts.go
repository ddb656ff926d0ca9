package netns

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// mount is a network namespace that a file is bound to.
type mount struct {
	inode uint64
	path  string
}

// mounted reads the network namespaces that are bound to files from
// /proc/self/mountinfo (proc_pid_mountinfo(5)):
// "41 31 0:4 net:[4026532388] /run/netns/blue rw shared:9 - nsfs nsfs rw".
func mounted(mountinfo io.Reader) (all []mount, err error) {
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		before, kind, ok := strings.Cut(lines.Text(), " - ")
		f := strings.Fields(before)
		if !ok || len(f) < 5 || !strings.HasPrefix(kind, "nsfs ") {
			continue
		}
		if inode, ok := parseLink(f[3]); ok {
			all = append(all, mount{inode, unescape(f[4])})
		}
	}
	return all, lines.Err()
}

// parseLink reads what a file of a network namespace is called: "net:[4026532388]".
func parseLink(text string) (inode uint64, ok bool) {
	number, ok := strings.CutPrefix(text, "net:[")
	if ok {
		number, ok = strings.CutSuffix(number, "]")
	}
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	return inode, err == nil
}

// unescape replaces the octal digits that the kernel writes for blanks, newlines and
// backslashes (mangle in fs/seq_file.c).
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
