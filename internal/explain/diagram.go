package explain

import (
	"fmt"
	"strings"

	"sockeye/sock"
)

// Counts are how many sockets are in each state.
type Counts map[sock.State]int

// diagram is Figure 5 of RFC 9293, without the deletion of TCBs and the changes by RST,
// which every state but LISTEN leaves for CLOSED with.
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

// Diagram draws the states of TCP with the number of sockets in each, below it, and
// beside it the two states that are none of RFC 9293's.
func Diagram(counts Counts) string {
	lines := strings.Split(strings.Trim(diagram, "\n"), "\n")
	for state := range sock.AllStates.All {
		if n := counts[state]; n > 0 {
			number(lines, state.String(), n)
		}
	}
	text := strings.Join(lines, "\n") + "\n"
	if n := counts[sock.Bound]; n > 0 {
		text += fmt.Sprintf("\nBOUND %d: TCP that has a port, and neither listens nor connects\n", n)
	}
	return text
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
