package render

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"sockeye/sock"
)

// sum is that of a number of the sockets of a group which know it.
type sum struct {
	value uint64
	known bool // of one socket at least
}

// add adds the number of a socket. The queues of a listener hold connections, which
// are not added to bytes.
func (x *sum) add(c *Column, s *sock.Socket) {
	if s.State == sock.Listen && c.Needs&(sock.FieldRecvQueue|sock.FieldSendQueue) != 0 {
		return
	}
	v, known := c.Number(s)
	if !known {
		return
	}
	value, carry := bits.Add64(x.value, v, 0)
	if carry != 0 {
		value = ^uint64(0)
	}
	x.value, x.known = value, true
}

// sumsOf returns the columns that groups have sums of: those that are asked for, else
// the queues. Keys of the groups are not summed.
func (o *Options) sumsOf() (sums []*Column, err error) {
	columns := o.Columns
	if columns == nil && o.Queues {
		columns = []*Column{column("recv_queue"), column("send_queue")}
	}
	for _, c := range columns {
		switch {
		case slices.Contains(o.Group, c):
		case c.Additive():
			sums = append(sums, c)
		default:
			return nil, fmt.Errorf("cannot sum %s of the sockets of a group, as recv_queue, memory.drops, bytes_acked and the like can be", c.Name)
		}
	}
	return sums, nil
}

// compareSorted orders groups by the sort keys: values of the keys that the sockets
// share, their number, or sums. What is not known comes last in either direction.
func (g *grouper) compareSorted(a, b *group) int {
	for _, k := range g.o.Sort {
		n, i := 0, slices.Index(g.o.sums, k.Column)
		switch {
		case k.Column == countColumn:
			n = compareSums(sum{uint64(a.count), true}, sum{uint64(b.count), true}, k.Desc)
		case i >= 0:
			n = compareSums(a.sums[i], b.sums[i], k.Desc)
		default:
			n = CompareBy([]SortKey{k}, a.sample, b.sample)
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

func compareSums(a, b sum, descends bool) int {
	switch {
	case a.known != b.known && a.known:
		return -1
	case a.known != b.known:
		return 1
	case descends:
		a, b = b, a
	}
	return cmp.Compare(a.value, b.value)
}
