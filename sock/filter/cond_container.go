package filter

import (
	"slices"
	"strings"

	"sockeye/sock"
	"sockeye/sock/fact"
)

// ContainerCond compares a container: it is true if its name or its ID is one of
// Names, or its ID begins with one that has 12 digits at least, as people copy it
// from a listing of the runtime.
type ContainerCond struct {
	Field *fact.Fact
	Names []string

	name, id *fact.Fact
}

const shortestID = 12

func (c *ContainerCond) match(s *sock.Socket) bool {
	name, _ := c.name.Text(s)
	id, _ := c.id.Text(s)
	return slices.ContainsFunc(c.Names, func(n string) bool {
		return n == name || n == id || len(n) >= shortestID && strings.HasPrefix(id, n)
	})
}

func (c *ContainerCond) needs() sock.Field { return c.Field.Needs }

func (p *parser) containerCond(f *fact.Fact, operands []token) (Expr, error) {
	c := &ContainerCond{Field: f, name: named(f), id: mustField(f.Name + ".id")}
	for _, t := range operands {
		if t.text == "" {
			return nil, p.failAt(t, "the name of the container is empty")
		}
		c.Names = append(c.Names, t.text)
	}
	return c, nil
}
