// Package suggest finds the names that someone who mistyped a word may have
// meant.
package suggest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// most is how many names [Names] gives: more is a list to read, not a hint.
const most = 3

// Nearest returns the name among those given that is nearest to word, and
// whether one is near enough to be worth saying. Case, `-` and `_` make no
// difference. Of names equally near the first wins.
func Nearest(word string, among []string) (string, bool) {
	names := Names(word, among)
	if len(names) == 0 {
		return "", false
	}
	return names[0], true
}

// Names returns up to three names near word, the nearest first, and of those that
// are equally near the ones that begin with it. It is empty if
// nothing is near. A name that holds word as a part is near too, so that
// "queue" finds "recv_queue".
func Names(word string, among []string) []string {
	type candidate struct {
		name  string
		score int
	}
	folded := fold(word)
	if folded == "" {
		return nil
	}
	var near []candidate
	for _, name := range among {
		score, ok := score(folded, fold(name))
		if !ok && len(folded) >= 3 && strings.Contains(parted(name), parted(word)) {
			score, ok = partScore, true
		}
		if ok {
			near = append(near, candidate{name, score})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(begins(b.name, folded), begins(a.name, folded)))
	})
	var names []string
	for _, c := range near {
		// What is much farther than the best was not meant.
		if c.score <= near[0].score+1 && len(names) < most && !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}

// Hint returns the end of an error message about an unknown word: ", did you
// mean a or b?", or nothing if no name is near.
func Hint(word string, among []string) string {
	names := Names(word, among)
	switch len(names) {
	case 0:
		return ""
	case 1:
		return ", did you mean " + names[0] + "?"
	}
	last := len(names) - 1
	return ", did you mean " + strings.Join(names[:last], ", ") + " or " + names[last] + "?"
}

// score is the distance of two folded words, smaller is nearer. A short name of which
// only one letter would be left is not near: "inod" is not "pod".
func score(word, name string) (int, bool) {
	if swapped(word, name) {
		return 1, true
	}
	d := levenshtein.Distance(word, name, nil)
	if d <= limit(len(word)) && d < len(name)-1 {
		return d, true
	}
	return 0, false
}

// partScore is that of a word which is a part of a name: it ranks behind every name
// that is near as a whole. "node" is none of no_descriptor.
const partScore = 10

// begins is 1 for a name of which the word is the beginning.
func begins(name, word string) int {
	if strings.HasPrefix(fold(name), word) {
		return 1
	}
	return 0
}

// swapped reports whether the words differ in two neighbouring letters that
// stand the other way round, the commonest slip, which a plain Levenshtein
// distance counts as two.
func swapped(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// limit is how many letters may be wrong.
func limit(letters int) int {
	switch {
	case letters <= 2:
		return 0
	case letters == 3:
		return 1
	case letters <= 7:
		return 2
	}
	return 3
}

// parted writes a name with one kind of hyphen.
func parted(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
