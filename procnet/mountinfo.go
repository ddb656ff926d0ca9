package procnet

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Mount is a mount that this process sees.
type Mount struct {
	Root    string // what of the file system is mounted: "/" for all, "net:[4026532388]"
	Point   string // where
	Type    string // of the file system, such as "cgroup2"
	Options string // of the file system, such as "rw,hidepid=2"
}

// longestMount bounds a line of mountinfo: the options of an overlay may be long.
const longestMount = 1 << 20

// Mounts calls each for the mounts of this process, in their order.
func (fs FS) Mounts(each func(Mount)) error {
	file, err := os.Open(filepath.Join(fs.root, "self", "mountinfo"))
	if err != nil {
		return err
	}
	defer file.Close()
	return eachMount(file, each)
}

// eachMount calls each for the lines of a mountinfo file (proc_pid_mountinfo(5)), up to
// an error:
//
//	41 31 0:4 net:[4026532388] /run/netns/blue rw shared:9 - nsfs nsfs rw
//
// The optional fields end with the hyphen. Other lines are left out.
func eachMount(mountinfo io.Reader, each func(Mount)) error {
	lines := bufio.NewScanner(mountinfo)
	lines.Buffer(nil, longestMount)
	for lines.Scan() {
		place, filesystem, _ := strings.Cut(lines.Text(), " - ")
		before, behind := strings.Fields(place), strings.SplitN(filesystem, " ", 3) // type, source, which may be empty, options
		if len(before) >= 5 && len(behind) == 3 {
			each(Mount{Root: unescapeMount(before[3]), Point: unescapeMount(before[4]), Type: behind[0], Options: behind[2]})
		}
	}
	return lines.Err()
}

// unescapeMount replaces \040 and its like: blanks, newlines and backslashes are told
// in three octal digits (mangle in fs/seq_file.c).
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
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
