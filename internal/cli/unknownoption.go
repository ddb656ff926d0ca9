package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sockeye/internal/suggest"
)

// What the options that nobody knows may have meant. The command is the one that the
// words before them name: its own options come before those of others.

// unknown is the error for a long option that none of the commands has.
func (s spellings) unknown(option string, before []string) error {
	if here := foreignOption(option[2:]); here != "" {
		return usagef("unknown option %s; %s", option, here)
	}
	if near := s.near(option, before); near != "" {
		return usagef("unknown option %s, did you mean %s?", option, near)
	}
	return usagef("unknown option %s; sockeye --help lists the options", option)
}

// near returns the option that a word may have meant; empty if it is near none.
func (s spellings) near(word string, before []string) string {
	own := choose(s.commands, &line{rest: before}).spellings()
	return cmp.Or(begunBy(word, own), begunBy(word, s.names), s.synonymBegunBy(word),
		nearest(word, own), nearlyBegunBy(word, own), nearest(word, s.names))
}

// leastBegun is how long the beginning of a name is at least, with its dashes; a shorter
// one tells too little.
const leastBegun = len("--num")

// begunBy returns the first option whose name a word begins, which is how getopt_long
// takes them in ss and netstat; empty if there is none.
func begunBy(word string, names []string) string {
	i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, word) })
	if i < 0 || len(word) < leastBegun {
		return ""
	}
	return names[i]
}

// synonymBegunBy is begunBy for the names that other tools have for options.
func (s spellings) synonymBegunBy(word string) string {
	for _, other := range slices.Sorted(maps.Keys(synonyms)) {
		if o := s.long[synonyms[other]]; o != nil && begunBy(word, []string{"--" + other}) != "" {
			return o.spelling()
		}
	}
	return ""
}

// nearlyBegunBy returns the first option whose name, but for one letter, a word begins;
// empty if there is none.
func nearlyBegunBy(word string, names []string) string {
	for _, name := range names {
		for i := leastBegun; i < min(len(word), len(name)); i++ {
			if strings.HasPrefix(name[:i]+name[i+1:], word) {
				return name
			}
		}
	}
	return ""
}

// nearest returns the option that a word is a slip of the pen for; empty for none.
func nearest(word string, names []string) string {
	near, _ := suggest.Nearest(word, names)
	return near
}

// unknownLetter helps those who wrote a long option with one dash.
func (s spellings) unknownLetter(letter, letters string, before []string) error {
	name, _, _ := strings.Cut(letters, "=")
	if s.long[name] != nil {
		return usagef("unknown option -%s, did you mean --%s?", letters, name)
	}
	if here := foreignOption(letter); here != "" {
		return usagef("unknown option -%s; %s", letter, here)
	}
	upper, lower := strings.ToUpper(letter), strings.ToLower(letter)
	for _, other := range []string{upper, lower} {
		if o := s.short[[]rune(other)[0]]; o != nil && other != letter {
			return usagef("unknown option -%s, did you mean -%s (--%s)?", letter, other, o.name)
		}
	}
	if len(letters) > 2 {
		if near := s.near("--"+name, before); near != "" {
			return usagef("unknown option -%s in -%s, did you mean %s?", letter, letters, near)
		}
	}
	return usagef("unknown option -%s; sockeye --help lists the options", letter)
}
