package cli

import (
	"fmt"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"sockeye/internal/suggest"
)

// The library stops reading options at the first word that is none, and knows
// no joined short options with values. People type `-nlt state established`,
// `-Atcp` and `port 8080 --json`. So the words are put in order first: long
// options, then `--`, then the rest.

// usageError is a mistake in how the program was called: exit status 2.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// optionSet knows the options of a command by name.
type optionSet struct {
	long  map[string]bool // name: whether it takes a value
	short map[string]string
	names []string // all spellings, for suggestions
}

func optionsOf(flags []ucli.Flag) optionSet {
	set := optionSet{long: map[string]bool{}, short: map[string]string{}}
	for _, f := range flags {
		names := f.Names()
		takes := false
		if d, ok := f.(ucli.DocGenerationFlag); ok {
			takes = d.TakesValue()
		}
		for _, name := range names {
			if len(name) == 1 {
				set.short[name] = names[0]
				continue
			}
			set.long[name] = takes
			set.names = append(set.names, "--"+name)
		}
	}
	return set
}

// arrange splits the words of a command line into options, each in its long
// form, and the rest, in which a command or a filter is.
func (set optionSet) arrange(words []string) (options, rest []string, err error) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--":
			return options, append(rest, words[i+1:]...), nil
		case strings.HasPrefix(word, "--"):
			name, value, joined := strings.Cut(word[2:], "=")
			takes, known := set.long[name]
			if !known {
				return nil, nil, set.unknown("--" + name)
			}
			if !takes && joined {
				return nil, nil, usagef("the option --%s takes no value", name)
			}
			if takes && !joined {
				if i++; i == len(words) {
					return nil, nil, usagef("the option --%s needs a value", name)
				}
				value = words[i]
			}
			options = appendOption(options, name, value, takes)
		case len(word) > 1 && word[0] == '-':
			used, more, err := set.cluster(word[1:], words[i+1:])
			if err != nil {
				return nil, nil, err
			}
			options = append(options, more...)
			i += used
		default:
			rest = append(rest, word)
		}
	}
	return options, rest, nil
}

// cluster reads joined short options. The last may take a value, from the rest
// of the word or from the next word; used is how many words it took.
func (set optionSet) cluster(letters string, next []string) (used int, options []string, err error) {
	for i, r := range letters {
		name, known := set.short[string(r)]
		if !known {
			return 0, nil, set.unknownLetter(string(r), letters)
		}
		if !set.long[name] {
			options = appendOption(options, name, "", false)
			continue
		}
		value := strings.TrimPrefix(letters[i+len(string(r)):], "=")
		if value == "" {
			if len(next) == 0 {
				return 0, nil, usagef("the option -%c, --%s needs a value", r, name)
			}
			return 1, appendOption(options, name, next[0], true), nil
		}
		return 0, appendOption(options, name, value, true), nil
	}
	return 0, options, nil
}

func appendOption(options []string, name, value string, takes bool) []string {
	if takes {
		return append(options, "--"+name+"="+value)
	}
	return append(options, "--"+name)
}

func (set optionSet) unknown(option string) error {
	if near, ok := suggest.Nearest(option, set.names); ok {
		return usagef("unknown option %s, did you mean %s?", option, near)
	}
	return usagef("unknown option %s; sockeye --help lists the options", option)
}

// unknownLetter helps those who wrote a long option with one dash.
func (set optionSet) unknownLetter(letter, letters string) error {
	name, _, _ := strings.Cut(letters, "=")
	if _, known := set.long[name]; known {
		return usagef("unknown option -%s, did you mean --%s?", letters, name)
	}
	upper, lower := strings.ToUpper(letter), strings.ToLower(letter)
	for _, other := range []string{upper, lower} {
		if long, known := set.short[other]; known && other != letter {
			return usagef("unknown option -%s, did you mean -%s (--%s)?", letter, other, long)
		}
	}
	if len(letters) > 2 {
		if near, ok := suggest.Nearest("--"+name, set.names); ok {
			return usagef("unknown option -%s in -%s, did you mean %s?", letter, letters, near)
		}
	}
	return usagef("unknown option -%s; sockeye --help lists the options", letter)
}
