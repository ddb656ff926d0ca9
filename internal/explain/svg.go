package explain

import (
	"fmt"
	"strings"

	"sockeye/sock"
)

// The size of the boxes of the drawing, and how far their middles stand apart, in
// pixels.
const (
	boxWidth, boxHeight = 130, 44
	stepX, stepY        = 105, 100
)

// boxes are where states stand, in steps from the upper left corner.
var boxes = map[sock.State][2]int{
	sock.Listen: {1, 1}, sock.SynSent: {5, 1}, sock.SynReceived: {1, 2}, sock.Established: {3, 3},
	sock.FinWait1: {1, 4}, sock.CloseWait: {5, 4}, sock.FinWait2: {1, 5}, sock.Closing: {3, 5}, sock.LastAck: {5, 5},
	sock.TimeWait: {3, 6}, sock.Closed: {3, 0},
}

// changes are the arrows of the diagram, with what makes each happen.
var changes = []struct {
	from, to sock.State
	by       string
}{
	{sock.Closed, sock.Listen, "listen"},
	{sock.Closed, sock.SynSent, "connect, send SYN"},
	{sock.Listen, sock.SynReceived, "receive SYN, send SYN,ACK"},
	{sock.SynSent, sock.SynReceived, "receive SYN, send SYN,ACK"},
	{sock.SynReceived, sock.Established, "receive ACK"},
	{sock.SynSent, sock.Established, "receive SYN,ACK, send ACK"},
	{sock.SynReceived, sock.FinWait1, "close, send FIN"},
	{sock.Established, sock.FinWait1, "close, send FIN"},
	{sock.Established, sock.CloseWait, "receive FIN, send ACK"},
	{sock.FinWait1, sock.FinWait2, "receive ACK"},
	{sock.FinWait1, sock.Closing, "receive FIN, send ACK"},
	{sock.CloseWait, sock.LastAck, "close, send FIN"},
	{sock.FinWait2, sock.TimeWait, "receive FIN, send ACK"},
	{sock.Closing, sock.TimeWait, "receive ACK"},
}

// SVG draws the same as a picture. LAST_ACK and TIME_WAIT end in CLOSED, which stands
// once, at the top.
func SVG(counts Counts) string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 630 690" font-family="sans-serif" font-size="13" text-anchor="middle">
<title>The states of TCP (RFC 9293) and how many sockets are in each</title>
<defs><marker id="end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>
<rect width="630" height="690" fill="white"/>
`)
	for _, c := range changes {
		x1, y1, x2, y2 := between(middle(c.from), middle(c.to))
		fmt.Fprintf(&b, `<path d="M%d %dL%d %d" stroke="black" marker-end="url(#end)"/>`+"\n", x1, y1, x2, y2)
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="9" fill="#333" stroke="white" stroke-width="3" paint-order="stroke">%s</text>`+"\n", (x1+x2)/2, (y1+y2)/2+3, c.by)
	}
	for state := range sock.AllStates.All {
		at, drawn := boxes[state]
		if !drawn {
			continue
		}
		x, y := at[0]*stepX, at[1]*stepY+boxHeight
		fill := "#fff"
		if counts[state] > 0 {
			fill = "#dff0d8"
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="5" fill="%s" stroke="black"/>`+"\n", x-boxWidth/2, y-boxHeight/2, boxWidth, boxHeight, fill)
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-weight="bold">%s</text>`, x, y-3, state)
		if n := counts[state]; n > 0 {
			fmt.Fprintf(&b, `<text x="%d" y="%d">%d</text>`, x, y+14, n)
		}
		b.WriteByte('\n')
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// middle is that of the box of a state.
func middle(s sock.State) [2]int { return [2]int{boxes[s][0] * stepX, boxes[s][1]*stepY + boxHeight} }

// between returns the line between two boxes, from edge to edge.
func between(from, to [2]int) (x1, y1, x2, y2 int) {
	x1, y1 = edge(from, to)
	x2, y2 = edge(to, from)
	return x1, y1, x2, y2
}

// edge is where the line from the middle of a box to another point leaves the box.
func edge(box, to [2]int) (x, y int) {
	dx, dy := to[0]-box[0], to[1]-box[1]
	if abs(dx)*boxHeight <= abs(dy)*boxWidth { // by the upper or lower edge
		return box[0] + dx*boxHeight/2/abs(dy), box[1] + sign(dy)*boxHeight/2
	}
	return box[0] + sign(dx)*boxWidth/2, box[1] + dy*boxWidth/2/abs(dx)
}

func abs(n int) int { return max(n, -n) }

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}
