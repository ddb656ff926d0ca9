package render

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sockeye/internal/suggest"
	"sockeye/sock"
)

// SortKey is a column to sort by.
type SortKey struct {
	Column *Column
	Desc   bool
}

// ParseSort reads a list such as "recv_queue:desc,pid". Without a direction, or
// with "asc", the smallest come first; "-pid" is "pid:desc".
func ParseSort(list string) ([]SortKey, error) { return parseSort(list, LookupColumn) }

// ParseGroupSort reads the same for groups, which have a count.
func ParseGroupSort(list string) ([]SortKey, error) {
	return parseSort(list, func(name string) (*Column, error) {
		if strings.EqualFold(name, countColumn.Name) {
			return countColumn, nil
		}
		return LookupColumn(name)
	})
}

func parseSort(list string, lookup func(string) (*Column, error)) ([]SortKey, error) {
	var keys []SortKey
	for item := range strings.SplitSeq(list, ",") {
		name, direction, has := strings.Cut(item, ":")
		name, descends := strings.CutPrefix(strings.TrimSpace(name), "-")
		c, err := lookup(name)
		if err != nil {
			return nil, err
		}
		direction = strings.ToLower(strings.TrimSpace(direction))
		if has && descends {
			return nil, fmt.Errorf("the sort key %q says its direction twice", item)
		}
		if has && direction != "asc" && direction != "desc" {
			return nil, fmt.Errorf("unknown direction %q of the sort key %s%s",
				direction, c.Name, suggest.Hint(direction, []string{"asc", "desc"}))
		}
		keys = append(keys, SortKey{c, descends || direction == "desc"})
	}
	return keys, nil
}

// CompareBy orders sockets by keys. What has no value comes last in either
// direction.
func CompareBy(keys []SortKey, a, b *sock.Socket) int {
	for _, k := range keys {
		n := k.Column.Compare(a, b)
		if n == 0 {
			continue
		}
		if k.Desc && k.Column.Known(a) && k.Column.Known(b) {
			return -n
		}
		return n
	}
	return 0
}

// sorter keeps the sockets, or as many as the limit asks for, and passes them on
// in order when the listing ends. Sockets that the keys do not tell apart stay
// as they came.
type sorter struct {
	next  Renderer
	keys  []SortKey
	limit int // 0: none
	keep  func(*sock.Socket) *sock.Socket
	kept  []*sock.Socket
}

// spare is how many sockets beyond the limit are kept before they are sorted
// out.
const spare = 1000

func (s *sorter) Socket(x *sock.Socket) error {
	s.kept = append(s.kept, s.keep(x))
	if s.limit > 0 && len(s.kept) >= 2*s.limit+spare {
		s.sort()
		clear(s.kept[s.limit:])
		s.kept = s.kept[:s.limit]
	}
	return nil
}

func (s *sorter) sort() {
	slices.SortStableFunc(s.kept, func(a, b *sock.Socket) int { return CompareBy(s.keys, a, b) })
}

// Flush does nothing: the order is known at the end only.
func (s *sorter) Flush() error { return nil }

func (s *sorter) Close(snap sock.Snapshot) error {
	s.sort()
	for _, x := range s.kept {
		if err := s.next.Socket(x); err != nil {
			if errors.Is(err, ErrLimit) {
				break
			}
			return err
		}
	}
	return s.next.Close(snap)
}

// limiter passes on the first sockets.
type limiter struct {
	next Renderer
	left int
}

func (l *limiter) Socket(s *sock.Socket) error {
	if l.left <= 0 {
		return ErrLimit
	}
	l.left--
	if err := l.next.Socket(s); err != nil {
		return err
	}
	if l.left == 0 {
		return ErrLimit
	}
	return nil
}

func (l *limiter) Flush() error                   { return l.next.Flush() }
func (l *limiter) Close(snap sock.Snapshot) error { return l.next.Close(snap) }
