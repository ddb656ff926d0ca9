package explain

import (
	"encoding/xml"
	"strings"
	"testing"

	"sockeye/sock"
)

// TestSVG: the picture is well-formed, has every state of RFC 9293 with its number, and
// an arrow for each change.
func TestSVG(t *testing.T) {
	text := SVG(counted())
	golden(t, "svg", text)
	var picture struct {
		Rects []struct {
			Width string `xml:"width,attr"`
		} `xml:"rect"`
		Paths []struct{} `xml:"path"`
		Texts []string   `xml:"text"`
	}
	if err := xml.Unmarshal([]byte(text), &picture); err != nil {
		t.Fatal(err)
	}
	all := "|" + strings.Join(picture.Texts, "|") + "|"
	for state := range sock.AllStates.All {
		if state == sock.Bound || state == sock.Unconnected {
			continue // which are not of TCP
		}
		if strings.Count(all, "|"+state.String()+"|") != 1 {
			t.Errorf("%s is not drawn", state)
		}
	}
	if !strings.Contains(all, "|1234567|") || len(picture.Paths) != len(changes) || len(picture.Rects) != len(boxes)+1 {
		t.Errorf("%d arrows, %d boxes: %s", len(picture.Paths), len(picture.Rects), all)
	}
	// What the drawing for terminals says of a change stands there too.
	flat := strings.Join(strings.Fields(diagram), " ")
	for _, c := range changes {
		for part := range strings.SplitSeq(c.by, ", ") {
			if !strings.Contains(flat, part) {
				t.Errorf("%s to %s: %s is not in the text", c.from, c.to, part)
			}
		}
	}
}
