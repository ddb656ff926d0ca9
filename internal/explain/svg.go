package explain

import (
	"fmt"
	"slices"
	"strings"

	"sockeye/sock"
)

// The size of the boxes of the drawing, and how far their middles stand apart, in
// pixels.
const (
	boxWidth, boxHeight = 130, 44
	stepX, stepY        = 105, 100
)

// over is CLOSED as it stands a second time, where connections end.
const over = sock.StateUnknown

// boxes are where states stand, in steps from the upper left corner.
var boxes = map[sock.State][2]int{
	sock.Listen: {1, 1}, sock.SynSent: {5, 1}, sock.SynReceived: {1, 2}, sock.Established: {3, 3},
	sock.FinWait1: {1, 4}, sock.CloseWait: {5, 4}, sock.FinWait2: {1, 5}, sock.Closing: {3, 5}, sock.LastAck: {5, 5},
	sock.TimeWait: {3, 6}, sock.Closed: {3, 0}, over: {5, 6},
}

// SVG draws the same as a picture, with the number of the changes that were seen beside
// their arrows. Those that have none stand below.
func SVG(counts Counts, seen []Seen) string {
	notes := notesOf(counts, seen)
	height := 690 + len(notes)*lineHeight
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 630 %d" font-family="sans-serif" font-size="13" text-anchor="middle">
<title>The states of TCP (RFC 9293) and how many sockets are in each</title>
<defs><marker id="end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>
<rect width="630" height="%d" fill="white"/>
`, height, height)
	for _, c := range Changes {
		arrow(&b, c, countOf(c, seen))
	}
	for state := range sock.AllStates.All {
		if _, drawn := boxes[state]; drawn {
			box(&b, state, state.String(), counts[state])
		}
	}
	box(&b, over, sock.Closed.String(), 0)
	for i, note := range notes {
		fmt.Fprintf(&b, `<text x="315" y="%d">%s</text>`+"\n", 690+i*lineHeight, note)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

const lineHeight = 18

// arrow draws a change, with what makes it happen and how often it was seen.
func arrow(b *strings.Builder, c Change, seen int) {
	to := c.To
	if to == sock.Closed {
		to = over
	}
	x1, y1, x2, y2 := between(middle(c.From), middle(to))
	fmt.Fprintf(b, `<path d="M%d %dL%d %d" stroke="black" marker-end="url(#end)"/>`+"\n", x1, y1, x2, y2)
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="9" fill="#333" stroke="white" stroke-width="4" paint-order="stroke">%s</text>`, (x1+x2)/2, (y1+y2)/2+3, c.By)
	if seen > 0 {
		fmt.Fprintf(b, `<text x="%d" y="%d" font-size="11" font-weight="bold" fill="#075" stroke="white" stroke-width="4" paint-order="stroke">+%d</text>`, (x1+x2)/2, (y1+y2)/2+15, seen)
	}
	b.WriteByte('\n')
}

// box draws a state, in another colour if sockets are in it.
func box(b *strings.Builder, at sock.State, name string, n int) {
	x, y := boxes[at][0]*stepX, boxes[at][1]*stepY+boxHeight
	fill, line := "#fff", y+5
	if n > 0 {
		fill, line = "#dff0d8", y-3
	}
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="5" fill="%s" stroke="black"/>`+"\n", x-boxWidth/2, y-boxHeight/2, boxWidth, boxHeight, fill)
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`, x, line, name)
	if n > 0 {
		fmt.Fprintf(b, `<text x="%d" y="%d">%d</text>`, x, y+14, n)
	}
	b.WriteByte('\n')
}

// notesOf are what no box and no arrow says.
func notesOf(counts Counts, seen []Seen) (notes []string) {
	if n := counts[sock.Bound]; n > 0 {
		notes = append(notes, boundText(n))
	}
	for i := range seen {
		drawn := slices.ContainsFunc(Changes, func(c Change) bool { return countOf(c, seen[i:i+1]) > 0 })
		if from, to := seen[i].Names(); !drawn {
			notes = append(notes, fmt.Sprintf("+%d %s to %s", seen[i].Count, from, to))
		}
	}
	return notes
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
