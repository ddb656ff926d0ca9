package render

import (
	"maps"
	"slices"
	"strconv"

	"sockeye/sock"
)

// pids writes the PID of every process that holds one of the sockets, each
// once, in numeric order, one on a line: for kill $(sockeye --pids ...).
type pids struct {
	*output
	seen map[int]struct{}
}

func (p *pids) Socket(s *sock.Socket) error {
	for process := range s.PIDs {
		if process != nil {
			p.seen[process.PID] = struct{}{}
		}
	}
	return nil
}

func (p *pids) Close(sock.Snapshot) error {
	for _, pid := range slices.Sorted(maps.Keys(p.seen)) {
		p.buf = append(strconv.AppendInt(p.buf[:0], int64(pid), 10), '\n')
		if _, err := p.w.Write(p.buf); err != nil {
			return err
		}
	}
	return p.Flush()
}

// counter writes the number of sockets.
type counter struct {
	*output
	sockets int
}

func (c *counter) Socket(*sock.Socket) error {
	c.sockets++
	return nil
}

func (c *counter) Close(sock.Snapshot) error {
	c.buf = append(strconv.AppendInt(c.buf[:0], int64(c.sockets), 10), '\n')
	if _, err := c.w.Write(c.buf); err != nil {
		return err
	}
	return c.Flush()
}

// quiet writes nothing.
type quiet struct{}

func (quiet) Socket(*sock.Socket) error { return nil }
func (quiet) Flush() error              { return nil }
func (quiet) Close(sock.Snapshot) error { return nil }
