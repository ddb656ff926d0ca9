package render

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// width returns how many cells of a terminal a text takes.
func width(text []byte) int {
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return i + clusterWidths(text[i:])
		}
	}
	return len(text)
}

// clusterWidths measures by grapheme clusters: an accent that follows its
// letter takes no cell, an ideograph takes two.
func clusterWidths(text []byte) int {
	sum, state := 0, -1
	for len(text) > 0 {
		var w int
		_, text, w, state = uniseg.FirstGraphemeCluster(text, state)
		sum += w
	}
	return sum
}

// shorten cuts a text to at most room cells, the last of which is an ellipsis,
// and returns it with its width. It does not change the text that it is given.
func shorten(text []byte, room int) ([]byte, int) {
	rest, state := text, -1
	used, size := 0, 0
	for len(rest) > 0 {
		var cluster []byte
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeCluster(rest, state)
		if used+w > room-1 {
			break
		}
		used += w
		size += len(cluster)
	}
	return append(text[:size:size], ellipsis...), used + 1
}
