package sstext

import (
	"fmt"
	"regexp"
	"strconv"
)

// unixRow takes the longest path: a name may hold blanks and numbers, but what
// follows it is made of numbers and `*` alone.
var unixRow = regexp.MustCompile(`(?s)^(u_\w+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(.*) (\d+)\s+\* (\d+)\s*$`)

// unixExtras is what -e adds: the open directions as an arrow, the file behind
// the path, the connections that wait.
var unixExtras = regexp.MustCompile(`\s[-<]-[->](?:\s+(?:ino|dev|peers):[\d/ ]*)*\s*$`)

func parseUnix(line string) (Row, error) {
	row := Row{Table: Unix}
	main, owners := cutOwners(line)
	main = unixExtras.ReplaceAllString(main, "")
	m := unixRow.FindStringSubmatch(main)
	if m == nil {
		return row, fmt.Errorf("ss: not the columns of a unix socket")
	}
	row.Netid, row.State, row.Path = m[1], m[2], trimLeft(m[5])
	if err := row.queues(m[3], m[4]); err != nil {
		return row, err
	}
	var err error
	if row.Inode, err = strconv.ParseUint(m[6], 10, 64); err != nil {
		return row, fmt.Errorf("ss: inode: %w", err)
	}
	if row.PeerInode, err = strconv.ParseUint(m[7], 10, 64); err != nil {
		return row, fmt.Errorf("ss: inode of the peer: %w", err)
	}
	row.Owners, err = parseOwners(owners)
	return row, err
}

// trimLeft takes off the blanks that align the column; a path never begins
// with one here, because a relative path with a leading blank is nobody's name.
func trimLeft(s string) string {
	for len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	return s
}
