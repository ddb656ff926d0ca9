package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The library stops reading options at the first word that is none, knows no
// joined short options with values, and takes `-json` for `--json`. People type
// `-nlt state established`, `-Atcp` and `port 8080 --json`. So the words are put in
// order first: the command, its long options, then `--`, then the rest.

// usageError is a mistake in how the program was called: exit status 2.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// spellings are the options of all commands by name. A name or a letter means the
// same in every command, as far as reading words goes.
type spellings struct {
	commands []command
	long     map[string]*option
	short    map[rune]*option
	names    []string // with dashes, for suggestions
}

func spellingsOf(commands []command) spellings {
	s := spellings{commands: commands, long: map[string]*option{}, short: map[rune]*option{}}
	for _, cmd := range commands {
		for _, o := range cmd.options {
			if s.long[o.name] != nil {
				continue
			}
			s.long[o.name] = o
			s.names = append(s.names, o.spelling())
			for _, letter := range o.short {
				s.short[letter] = o
			}
		}
	}
	return s
}

// typed is one option as it was typed.
type typed struct {
	name     string // the long one, without dashes
	value    string
	hasValue bool
}

// line is a command line in order.
type line struct {
	options []typed
	rest    []string // the words that are no options
	literal bool     // all of the rest stood behind `--`
}

// has reports whether an option without a value was typed.
func (l *line) has(name string) bool {
	return slices.ContainsFunc(l.options, func(t typed) bool { return t.name == name })
}

// arrange splits the words of a command line into options and the rest, in which
// a command or a filter is.
func (s spellings) arrange(words []string) (line, error) {
	var l line
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch {
		case word == "--":
			l.literal = len(l.rest) == 0
			l.rest = append(l.rest, words...)
			return l, nil
		case strings.HasPrefix(word, "--"):
			t, used, err := s.longOption(word[2:], words, l.rest)
			if err != nil {
				return l, err
			}
			l.options = append(l.options, t)
			words = words[used:]
		case len(word) > 1 && word[0] == '-':
			cluster, used, err := s.cluster(word[1:], words, l.rest)
			if err != nil {
				return l, err
			}
			l.options = append(l.options, cluster...)
			words = words[used:]
		default:
			l.rest = append(l.rest, word)
		}
	}
	return l, nil
}

// longOption reads an option of a whole name; used is how many of the words behind
// it are its value. Before it stood words that are no options.
func (s spellings) longOption(word string, next, before []string) (t typed, used int, err error) {
	t.name, t.value, t.hasValue = strings.Cut(word, "=")
	o := s.meant(&t)
	switch {
	case o == nil:
		return t, 0, s.unknown("--"+t.name, before)
	case !o.needsValue() || t.hasValue:
		return t, 0, nil
	case len(next) == 0:
		return t, 0, usagef("the option --%s needs a value", t.name)
	}
	t.value, t.hasValue = next[0], true
	return t, 1, nil
}

// leadingNumber returns the number that a text begins with.
func leadingNumber(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(text)
	}
	return text[:end]
}

// cluster reads joined short options. The last may have a value, the rest of the
// word or the next one; used is how many of the words behind it are values.
func (s spellings) cluster(letters string, next, before []string) (options []typed, used int, err error) {
	// All letters of -json are options, but nobody means them.
	if o := s.long[letters]; o != nil && o.group == groupFormat {
		return nil, 0, usagef("unknown option -%s, did you mean --%s?", letters, letters)
	}
	skip := 0 // up to where the number of an option goes
	for i, letter := range letters {
		if i < skip {
			continue
		}
		if err := lsofOption(letter, letters[i+utf8.RuneLen(letter):]); err != nil {
			return nil, 0, err
		}
		o := s.short[letter]
		if o == nil {
			return nil, 0, s.unknownLetter(string(letter), letters, before)
		}
		t := typed{name: o.name}
		if !o.needsValue() {
			if o.value != "" { // one that may be left out
				t.value = leadingNumber(letters[i+len(string(letter)):])
				t.hasValue = t.value != ""
				skip = i + len(string(letter)) + len(t.value)
			}
			options = append(options, t)
			continue
		}
		t.value, t.hasValue = strings.TrimPrefix(letters[i+len(string(letter)):], "="), true
		if t.value == "" {
			if len(next) == 0 {
				return nil, 0, usagef("the option -%c, --%s needs a value", letter, o.name)
			}
			t.value, used = next[0], 1
		}
		return append(options, t), used, nil
	}
	return options, 0, nil
}

// words are the line as the library reads it.
func (l *line) words(cmd command) ([]string, error) {
	words := []string{"sockeye", cmd.name}
	for _, t := range l.options {
		o := cmd.option(t.name)
		switch {
		case o == nil:
			return nil, cmd.refuse(t.name)
		case o.value == "" && t.hasValue:
			return nil, usagef("the option --%s takes no value", t.name)
		}
		word := "--" + t.name
		if t.hasValue {
			word += "=" + t.value
		}
		words = append(words, word)
	}
	return append(append(words, "--"), l.rest...), nil
}
