package render

import (
	"sockeye/sock"
	"sockeye/sock/fact"
)

// markColumn is the column in front of the others, if there is one.
func (o *Options) markColumn() []*Column {
	if o.Mark == nil {
		return nil
	}
	return []*Column{{
		Fact:  &fact.Fact{Name: "mark of the row"},
		shape: shape{least: 1, style: func(s *sock.Socket) style { return markStyles[o.Mark(s)] }},
		cell:  func(dst []byte, s *sock.Socket) []byte { return append(dst, o.Mark(s)) },
	}}
}

var markStyles = map[byte]style{'+': green, '-': dim, '~': yellow}
