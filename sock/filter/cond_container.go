package filter

import (
	"slices"
	"strings"

	"sockeye/sock"
)

// ContainerCond compares the container: it is true if its name or its ID is one of
// Names, or its ID begins with one that has 12 digits at least, as people copy it
// from a listing of the runtime.
type ContainerCond struct{ Names []string }

const shortestID = 12

func (c *ContainerCond) match(s *sock.Socket) bool {
	if s.Known&sock.FieldPlace == 0 || s.Container == nil {
		return false
	}
	name, id := s.Container.Name, s.Container.ID
	return slices.ContainsFunc(c.Names, func(n string) bool {
		return n == name || n == id || len(n) >= shortestID && strings.HasPrefix(id, n)
	})
}

func (c *ContainerCond) needs() sock.Field { return sock.FieldPlace }

func (p *parser) containerCond(operands []token) (Expr, error) {
	c := &ContainerCond{}
	for _, t := range operands {
		if t.text == "" {
			return nil, p.failAt(t, "the name of the container is empty")
		}
		c.Names = append(c.Names, t.text)
	}
	return c, nil
}
