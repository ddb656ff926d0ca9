package cli

import (
	"fmt"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"sockeye/sock/fact"
)

// command is one of the commands. The first is the one that is meant when none
// is named.
type command struct {
	name, args, usage string
	help              string // what follows the line of usage
	status            string // what the exit status says; empty: as that of a listing
	options           []*option
	word              func() []string // what its one word may be; nil: there may be more, a filter
	run               func(r *run, words []string) error
}

// commands returns the commands, whose options go to o, and sets in o what holds without
// them where that is not zero.
func commands(o *options) []command {
	return []command{
		listCommand(o), portCommand(o), processCommand(o), topCommand(o), traceCommand(o), doctorCommand(o), explainCommand(o),
		diffCommand(o), waitCommand(o), endCommand(o), completionCommand(o), helpCommand(o),
	}
}

// option returns the command's option of a name; nil if it has none.
func (c command) option(name string) *option {
	i := slices.IndexFunc(c.options, func(o *option) bool { return o.name == name })
	if i < 0 {
		return nil
	}
	return c.options[i]
}

// called is how the command is called in messages.
func (c command) called() string {
	if c.name == listName {
		return "sockeye"
	}
	return "sockeye " + c.name
}

// refuse is the error for an option of other commands.
func (c command) refuse(name string) error {
	var takers []string
	for _, other := range commands(&options{}) {
		if other.option(name) != nil {
			takers = append(takers, other.called())
		}
	}
	if len(takers) > 2 {
		takers = []string{takers[0], "others"}
	}
	hint := ""
	if c.name == "port" && (name == "watch" || name == "events" || name == "kill") {
		hint = fmt.Sprintf(", where a filter names the port: sockeye --%s port = 8080", name)
	}
	return usagef("--%s is not an option of %s, but of %s%s", name, c.called(), strings.Join(takers, " and "), hint)
}

// library returns the command as the library knows it.
func (c command) library(r *run, l *line) *ucli.Command {
	var flags []ucli.Flag
	for _, o := range c.options {
		if l.has(o.name) {
			flags = append(flags, o)
		}
	}
	return &ucli.Command{
		Name: c.name, Flags: flags, HideHelp: true,
		OnUsageError: func(_ *ucli.Context, err error, _ bool) error {
			for _, o := range c.options {
				if o.refused != nil {
					return o.refused
				}
			}
			return usageError{err.Error()}
		},
		Action: func(context *ucli.Context) error { return c.run(r, context.Args().Slice()) },
	}
}

// choose takes the name of a command from the front of the words that are no
// options.
func choose(all []command, l *line) command {
	if len(l.rest) > 0 && !l.literal {
		for _, cmd := range all {
			if l.rest[0] == cmd.name && !(fact.Lookup(cmd.name) != nil && isCondition(l.rest)) {
				l.rest = l.rest[1:]
				return cmd
			}
		}
	}
	return all[0]
}

// isCondition reports whether words begin a filter such as `port = 80`, whose
// field is called as a command is.
func isCondition(words []string) bool {
	if len(words) < 2 {
		return false
	}
	second := strings.ToLower(words[1])
	return strings.HasPrefix(words[0], "(") || strings.IndexAny(second, "=!<>~") == 0 ||
		slices.Contains([]string{"eq", "ne", "neq", "lt", "le", "leq", "gt", "ge", "geq", "in", "not"}, second)
}
