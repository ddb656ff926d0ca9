package explain

import (
	"cmp"
	"fmt"
	"strings"

	"sockeye/sock"
)

// diagram is [Changes] drawn.
const diagram = `
                              +--------------+
              +---------------|    CLOSED    |---------------+
       listen |               +--------------+               | connect,
              v                                              v send SYN
      +--------------+                               +--------------+
      |    LISTEN    |                               |   SYN_SENT   |
      +--------------+                               +--------------+
  receive SYN |         receive SYN, send SYN,ACK      |          |
 send SYN,ACK v     +----------------------------------+          |
      +--------------+                            receive SYN,ACK |
      | SYN_RECEIVED |                                   send ACK |
      +--------------+                                            |
        |     | receive ACK     +--------------+                  |
  close |     +---------------->|  ESTABLISHED |<-----------------+
send FIN|                       +--------------+
        |       close, send FIN   |          |  receive FIN, send ACK
        |     +-------------------+          +------------+
        v     v                                           v
      +--------------+                            +--------------+
      |  FIN_WAIT_1  |                            |  CLOSE_WAIT  |
      +--------------+                            +--------------+
  receive ACK |   | receive FIN, send ACK                 | close, send FIN
              v   +--------------+                        v
      +--------------+    +--------------+        +--------------+
      |  FIN_WAIT_2  |    |    CLOSING   |        |   LAST_ACK   |
      +--------------+    +--------------+        +--------------+
  receive FIN |       receive ACK |                       | receive ACK
     send ACK |                   v                       v
              |           +--------------+   60 s    +--------------+
              +---------->|  TIME_WAIT   |---------->|    CLOSED    |
                          +--------------+           +--------------+
`

// diagramWidth is how wide the drawing is.
const diagramWidth = 75

// Diagram draws the states of TCP with the number of sockets in each, and below it the
// state that is none of RFC 9293's. Where the drawing is wider than width (0: nothing is
// too wide) it is a list.
func Diagram(counts Counts, width int) string {
	text := ""
	if width > 0 && width < diagramWidth {
		text = changeList(counts)
	} else {
		lines := strings.Split(strings.Trim(diagram, "\n"), "\n")
		for state := range sock.AllStates.All {
			if n := counts[state]; n > 0 {
				number(lines, state.String(), n)
			}
		}
		text = strings.Join(lines, "\n") + "\n"
	}
	if n := counts[sock.Bound]; n > 0 {
		text += "\n" + wrapped(boundText(n), "  ", cmp.Or(width, diagramWidth))
	}
	return text
}

// boundText says of the sockets that are in no state of the drawing how many there are.
func boundText(n int) string {
	return fmt.Sprintf("BOUND %d: TCP that has a port, and neither listens nor connects", n)
}

// changeList lists the states with the number of sockets in each, and what follows.
func changeList(counts Counts) string {
	var b strings.Builder
	last := sock.StateUnknown
	for _, c := range Changes {
		if c.From != last {
			last = c.From
			b.WriteString(c.From.String())
			if n := counts[c.From]; n > 0 {
				fmt.Fprintf(&b, "  %d", n)
			}
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  -> %-12s  %s\n", c.To, c.By)
	}
	return b.String()
}

// number writes a number into the lower border of the box of a state.
func number(lines []string, state string, n int) {
	for i, line := range lines {
		at := strings.Index(line, state+" ")
		if at < 0 || !strings.HasPrefix(strings.TrimLeft(line[at+len(state):], " "), "|") {
			continue
		}
		left := strings.LastIndexByte(line[:at], '|') + 1
		right := at + strings.IndexByte(line[at:], '|')
		border := []byte(lines[i+1])
		label := fmt.Sprintf(" %d ", n)
		copy(border[left+(right-left-len(label))/2:], label)
		lines[i+1] = string(border)
		return
	}
}
