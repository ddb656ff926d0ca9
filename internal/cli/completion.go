package cli

import (
	"cmp"
	"slices"
	"strings"

	"sockeye/sock"
)

const completionHelp = `Prints a script that completes words in a shell: commands, the options that a
command takes, and values that are known.

Examples:
  source <(sockeye completion bash)              in ~/.bashrc
  source <(sockeye completion zsh)               in ~/.zshrc, behind compinit
  sockeye completion fish > ~/.config/fish/completions/sockeye.fish
`

const completionStatus = `0 the script is printed, 2 there is none for that shell, 3 it could
not be written.`

// completionScripts ask this program for the candidates of the last word.
var completionScripts = map[string]string{
	"bash": `_sockeye() {
	local IFS=$'\n'
	COMPREPLY=($(sockeye completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _sockeye sockeye
`,
	"zsh": `_sockeye() {
	local -a candidates
	candidates=(${(f)"$(sockeye completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
	if (( $#candidates )); then compadd -a candidates; else _files; fi
}
compdef _sockeye sockeye
`,
	"fish": `complete -c sockeye -a '(sockeye completion words -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
}

func completionCommand(*options) command {
	return command{
		name: "completion", args: "bash|zsh|fish", status: completionStatus, usage: "complete words in a shell", help: completionHelp,
		options: helpOptions(), word: these("bash", "fish", "zsh"),
		run: func(r *run, words []string) error {
			if len(words) > 1 && words[0] == "words" {
				return r.print(strings.Join(append(candidates(words[1:]), ""), "\n"))
			}
			if len(words) != 1 || completionScripts[words[0]] == "" {
				return usagef("completion needs the name of a shell: bash, zsh or fish")
			}
			return r.print(completionScripts[words[0]])
		},
	}
}

// candidates returns what the last of some words may be completed to.
func candidates(words []string) []string {
	words = joinValues(words)
	before, last := words[:len(words)-1], words[len(words)-1]
	all := commands(&options{})
	spelled := spellingsOf(all)
	var waiting *option
	if n := len(before) - 1; n >= 0 {
		if waiting = spelled.waiting(before[n]); waiting != nil {
			before = before[:n]
		}
	}
	l, err := spelled.arrange(before)
	if err != nil {
		return nil
	}
	chosen := choose(all, &l)
	if waiting != nil {
		return completeList(last, cmp.Or(chosen.option(waiting.name), waiting).knownValues())
	}
	if name, value, has := strings.Cut(last, "="); has && strings.HasPrefix(last, "--") {
		if o := chosen.option(name[2:]); o != nil {
			return prefixed(name+"=", completeList(value, o.knownValues()))
		}
		return nil
	}
	if strings.HasPrefix(last, "-") {
		return matching(last, chosen.spellings())
	}
	return matching(last, restWords(chosen, l.rest))
}

// joinValues puts `--name`, `=` and its value together again, which bash takes
// apart.
func joinValues(words []string) []string {
	var joined []string
	for i := 0; i < len(words); i++ {
		n := len(joined) - 1
		if words[i] == "=" && n >= 0 && strings.HasPrefix(joined[n], "--") {
			joined[n] += "="
			if i++; i < len(words) {
				joined[n] += words[i]
			}
			continue
		}
		joined = append(joined, words[i])
	}
	return joined
}

// waiting returns the option whose value comes behind a word; nil if it ends none.
func (s spellings) waiting(word string) *option {
	var o *option
	switch {
	case strings.HasPrefix(word, "--"):
		o = s.long[word[2:]]
	case len(word) > 1 && word[0] == '-':
		letters := []rune(word[1:])
		o = s.short[letters[len(letters)-1]]
	}
	if o == nil || !o.needsValue() {
		return nil
	}
	return o
}

// spellings are the options of a command with dashes.
func (c command) spellings() []string {
	var all []string
	for _, o := range c.options {
		all = append(all, o.spelling())
	}
	return all
}

// restWords are words that may come behind those that are no options.
func restWords(chosen command, rest []string) []string {
	var words []string
	switch {
	case chosen.word != nil && len(rest) > 0:
		return nil
	case chosen.word != nil:
		return chosen.word()
	case len(rest) > 0 && (rest[len(rest)-1] == "state" || rest[len(rest)-1] == "exclude"):
		for state := range sock.AllStates.All {
			if state != sock.StateUnknown {
				words = append(words, strings.ToLower(state.String()))
			}
		}
		return words
	case chosen.name == listName && len(rest) == 0:
		words = commandNames()
	}
	return append(words, "state", "exclude", "src", "dst", "sport", "dport", "port", "process", "pid", "and", "or", "not")
}

// completeList completes the last part of a list with commas.
func completeList(word string, known []string) []string {
	at := strings.LastIndexByte(word, ',') + 1
	return prefixed(word[:at], matching(word[at:], known))
}

func matching(word string, known []string) []string {
	var all []string
	for _, k := range known {
		if strings.HasPrefix(k, word) && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

func prefixed(prefix string, words []string) []string {
	for i := range words {
		words[i] = prefix + words[i]
	}
	return words
}
