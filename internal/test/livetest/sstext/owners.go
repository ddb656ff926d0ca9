package sstext

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

const usersPrefix = `users:((`

// cutOwners takes users:((...)) out of a row, because the names in it hold any
// byte. It ends at the last `))`, which nothing after it contains.
func cutOwners(line string) (rest, owners string) {
	start := strings.Index(line, usersPrefix)
	if start < 0 {
		return line, ""
	}
	stop := strings.LastIndex(line, "))")
	if stop < start {
		return line, ""
	}
	return line[:start] + line[stop+len("))"):], line[start+len("users:(") : stop+1]
}

// owner ends in what the kernel wrote, whatever the name before it is. The
// shortest name is taken, so that entries are not swallowed.
var owner = regexp.MustCompile(`(?s)^\("(.*?)",pid=(\d+),fd=(\d+)\)(?:,|$)`)

func parseOwners(text string) ([]Owner, error) {
	var owners []Owner
	for text != "" {
		m := owner.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("ss: users %q", text)
		}
		pid, err := strconv.Atoi(m[2])
		if err != nil {
			return nil, fmt.Errorf("ss: users: %w", err)
		}
		fd, err := strconv.Atoi(m[3])
		if err != nil {
			return nil, fmt.Errorf("ss: users: %w", err)
		}
		owners = append(owners, Owner{Comm: m[1], PID: pid, FD: fd})
		text = text[len(m[0]):]
	}
	return owners, nil
}
