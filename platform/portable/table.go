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

// collected is what gopsutil gave, by table.
type collected struct {
	tables    map[sock.Table][]found
	processes map[int32]*sock.Process
	malformed int
	first     error // why the first malformed one is
}

// collect reads connections. Where each is one holder's, those of one socket
// become one row with all of them: of two listeners with the same address
// (SO_REUSEPORT) it cannot be told that they are two.
func (t traits) collect(connections []net.ConnectionStat) *collected {
	c := &collected{tables: map[sock.Table][]found{}, processes: map[int32]*sock.Process{}}
	places := map[row]int{}
	for i := range connections {
		r, err := t.convert(&connections[i])
		if err != nil {
			c.malformed++
			if c.first == nil {
				c.first = err
			}
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
	if c.malformed == 0 {
		return nil
	}
	noun := "connections"
	if c.malformed == 1 {
		noun = "connection"
	}
	return &sock.Partial{Code: sock.CodeMalformed, Err: c.first, Incomplete: true,
		Message: fmt.Sprintf("%d %s of gopsutil not understood, the first has", c.malformed, noun)}
}
