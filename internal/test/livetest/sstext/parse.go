package sstext

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Parse reads the rows of one table. A row that is not understood is an error
// that names it: a comparison must not lose rows in its own reader.
func Parse(r io.Reader, table Table) ([]Row, error) {
	var rows []Row
	lines, err := joinLines(r, table)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		row, err := parseRow(line, table)
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, line)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// rowStart begins every row: a state, or before it the kind of unix socket.
var rowStart = map[bool]*regexp.Regexp{
	true:  regexp.MustCompile(`^u_(str|dgr|seq)\s+[A-Z]`),
	false: regexp.MustCompile("^(?:`- )?" + `(\(null\)|ESTAB|SYN-SENT|SYN-RECV|FIN-WAIT-1|FIN-WAIT-2|TIME-WAIT|UNCONN|CLOSE-WAIT|LAST-ACK|LISTEN|CLOSING)\s`),
}

// joinLines returns one string a row. ss prints names as they are, with the
// newlines that they may hold: what does not begin a row goes on with the last.
func joinLines(r io.Reader, table Table) ([]string, error) {
	start := rowStart[table == Unix]
	var rows []string
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20) // a row of many owners
	for scanner.Scan() {
		line := scanner.Text()
		switch {
		case start.MatchString(line):
			rows = append(rows, line)
		case len(rows) > 0:
			rows[len(rows)-1] += "\n" + line
		case strings.TrimSpace(line) != "":
			return nil, fmt.Errorf("ss: the first line begins no row: %q", line)
		}
	}
	return rows, scanner.Err()
}

func parseRow(line string, table Table) (Row, error) {
	if table == Unix {
		return parseUnix(line)
	}
	row := Row{Table: table}
	main, owners := cutOwners(line)
	fields := strings.Fields(main)
	if len(fields) > 0 && fields[0] == "`-" {
		row.Association, fields = true, fields[1:]
	}
	if len(fields) < 5 {
		return row, fmt.Errorf("ss: %d columns", len(fields))
	}
	row.State = fields[0]
	if err := row.queues(fields[1], fields[2]); err != nil {
		return row, err
	}
	var err error
	var remote end
	var local end
	if local, err = parseEnd(fields[3]); err != nil {
		return row, err
	}
	if remote, err = parseEnd(fields[4]); err != nil {
		return row, err
	}
	row.Local, row.Remote, row.V6, row.Interface = local.addr, remote.addr, local.v6, local.device
	if row.Owners, err = parseOwners(owners); err != nil {
		return row, err
	}
	row.Extras = fields[5:]
	return row, row.extras(fields[5:])
}

func (row *Row) queues(recv, send string) error {
	var err error
	if row.RecvQ, err = strconv.ParseUint(recv, 10, 64); err != nil {
		return fmt.Errorf("ss: Recv-Q %q", recv)
	}
	if row.SendQ, err = strconv.ParseUint(send, 10, 64); err != nil {
		return fmt.Errorf("ss: Send-Q %q", send)
	}
	return nil
}

// extras reads the fields of -e; those it does not know pass.
func (row *Row) extras(fields []string) error {
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ":")
		var err error
		switch name {
		case "ino":
			row.Inode, err = strconv.ParseUint(value, 10, 64)
		case "uid":
			var uid uint64
			uid, err = strconv.ParseUint(value, 10, 32)
			row.UID = uint32(uid)
		case "fwmark":
			var mark uint64
			mark, err = strconv.ParseUint(value, 0, 32)
			row.Mark = uint32(mark)
		case "sk":
			row.Cookie = value
		case "v6only":
			row.V6Only = value
		}
		if err != nil {
			return fmt.Errorf("ss: %s: %w", field, err)
		}
	}
	return nil
}
