package explain

import (
	"encoding/xml"
	"strings"
	"testing"

	"sockeye/sock"
)

// seenOnce are changes that were seen: two that are drawn, one by what it ends with, and
// one that is not.
var seenOnce = []Seen{
	{sock.Established, sock.CloseWait, 7}, {sock.TimeWait, sock.Closed, 8}, {sock.StateUnknown, sock.SynSent, 3},
	{sock.StateUnknown, sock.Established, 9},
}

// TestSVG: the picture is well-formed, has every state of RFC 9293 with its number, and
// an arrow for each change.
func TestSVG(t *testing.T) {
	text := SVG(counted(), seenOnce)
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
		want := 1
		switch state {
		case sock.Bound, sock.Unconnected:
			continue // which are not of TCP's figure
		case sock.Closed:
			want = 2 // where connections begin, and where they end
		}
		if strings.Count(all, "|"+state.String()+"|") != want {
			t.Errorf("%s is not drawn", state)
		}
	}
	for _, want := range []string{"|+7|", "|+8|", "|+3|", "|+9 (new) to ESTABLISHED|", "|BOUND 1012: "} {
		if strings.Count(all, want) != 1 {
			t.Errorf("%s is not there once: %s", want, all)
		}
	}
	if !strings.Contains(all, "|1234567|") || len(picture.Paths) != len(Changes) || len(picture.Rects) != len(boxes)+1 {
		t.Errorf("%d arrows, %d boxes: %s", len(picture.Paths), len(picture.Rects), all)
	}
	// What the drawing for terminals says of a change stands there too.
	flat := strings.Join(strings.Fields(diagram), " ")
	for _, c := range Changes {
		for part := range strings.SplitSeq(c.By, ", ") {
			if !strings.Contains(flat, part) {
				t.Errorf("%s to %s: %s is not in the text", c.From, c.To, part)
			}
		}
	}
}
