package portable

import (
	"fmt"

	"github.com/shirou/gopsutil/v3/net"

	"sockeye/sock"
)

// found is a socket that was read, with its holders.
type found struct {
	row
	owners []sock.Owner
}

// collected is an answer by table.
type collected struct {
	answer
	tables    map[sock.Table][]found
	processes map[int32]*sock.Process
}

// collect reads connections. Where each is one holder's, those of one socket
// become one row with all of them: of two listeners with the same address
// (SO_REUSEPORT) it cannot be told that they are two.
func (t traits) collect(told answer) *collected {
	c := &collected{answer: told, tables: map[sock.Table][]found{}, processes: map[int32]*sock.Process{}}
	connections := told.connections
	places := map[row]int{}
	for i := range connections {
		r, err := t.convert(&connections[i])
		if err != nil {
			c.skip(err)
			continue
		}
		at, again := places[r]
		if !again || !t.perHolder {
			at = len(c.tables[r.table])
			places[r] = at
			c.tables[r.table] = append(c.tables[r.table], found{row: r})
		}
		if t.owners && connections[i].Pid > 0 {
			f := &c.tables[r.table][at]
			f.owners = append(f.owners, c.owner(&connections[i], t.perHolder))
		}
	}
	return c
}

// owner returns the holder of a connection. The name of the process is not told.
func (c *collected) owner(s *net.ConnectionStat, descriptor bool) sock.Owner {
	p := c.processes[s.Pid]
	if p == nil {
		p = &sock.Process{PID: int(s.Pid)}
		c.processes[s.Pid] = p
	}
	o := sock.Owner{Process: p, FD: sock.NoFD}
	if descriptor {
		o.FD = int(s.Fd)
	}
	return o
}

// partial returns the warning about what could not be understood, or nil.
func (c *collected) partial() *sock.Partial {
	if c.odd == 0 {
		return nil
	}
	noun := "connections"
	if c.odd == 1 {
		noun = "connection"
	}
	return &sock.Partial{Code: sock.CodeMalformed, Err: c.first, Incomplete: true,
		Message: fmt.Sprintf("%d %s not understood, the first has", c.odd, noun)}
}
