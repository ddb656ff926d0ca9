package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"

	"sockeye/internal/suggest"
	"sockeye/platform"
	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/fact"
)

// listStatus is what the exit status of a listing says.
const listStatus = `0 something matched, 1 nothing matched, 2 a mistake in the options
or the filter, 3 the answer could not be read or written or, with --strict, is
incomplete.`

// topic is something else than a command that there is help about.
type topic struct {
	name, usage string
	text        func() string
}

var topics = []topic{
	{"filter", "how sockets are chosen", filterHelp},
	{"fields", "the facts: names, units, systems", fieldsHelp},
	{"owner_status", "why a socket has no owner", ownerStatusHelp},
}

// helpCommand prints the help of a command: `port --help` and `help port` are the
// same; or that of a topic.
func helpCommand(*options) command {
	return command{
		name: "help", args: "[COMMAND|TOPIC]", usage: "the help of a command or a topic",
		options: helpOptions(), word: helpNames,
		run: func(r *run, words []string) error {
			text, err := helpAbout(words)
			if err != nil {
				return err
			}
			return r.print(text)
		},
	}
}

// helpAbout returns the help about the word behind `help`.
func helpAbout(words []string) (string, error) {
	all := commands(&options{})
	if len(words) == 0 {
		return helpText(all[0], runtime.GOOS), nil
	}
	for _, cmd := range all {
		if words[0] == cmd.name {
			return helpText(cmd, runtime.GOOS), nil
		}
	}
	for _, t := range topics {
		if words[0] == t.name {
			return t.text(), nil
		}
	}
	names := helpNames()
	if near, ok := suggest.Nearest(words[0], names); ok {
		return "", usagef("there is no help about %s, did you mean help %s?", quote(words[0]), near)
	}
	return "", usagef("there is no help about %s, but about %s", quote(words[0]), strings.Join(names, ", "))
}

// helpNames are the commands and the topics.
func helpNames() []string {
	var names []string
	for _, cmd := range commands(&options{}) {
		names = append(names, cmd.name)
	}
	for _, t := range topics {
		names = append(names, t.name)
	}
	return names
}

// fieldsHelp lists every fact.
func fieldsHelp() string {
	text := `Every fact, by all of its names. They work in a filter, as a column (-C), as a
key of --sort and --group-by, and in a template ({{.rtt}}).

`
	for _, f := range fact.All() {
		names := strings.Join(append([]string{f.Name}, f.Aliases...), ", ")
		text += wrapped("  "+names, "    ") + wrapped(fmt.Sprintf("      %s (%s; %s)", f.Doc, f.Type(), systemsOf(f)), "      ")
	}
	return text
}

// systemsOf says on which systems a fact exists.
func systemsOf(f *fact.Fact) string {
	if f.OfEvent() {
		return "in trace"
	}
	names, all := platform.SystemsOf(f), platform.SystemsThatKnow(0)
	if len(names) == len(all) {
		return "everywhere"
	}
	return strings.Join(names, ", ")
}

// ownerStatusHelp explains the values of owner_status.
func ownerStatusHelp() string {
	text := "owner_status says whether the owner of a socket is known and, if not, why:\n\n"
	for status := range sock.OwnerStatuses {
		text += wrapped(fmt.Sprintf("  %-16s %s", status, status.Meaning()), strings.Repeat(" ", 19))
	}
	return text + "\nIt is a member of the JSON, a column and a filter: sockeye owner_status != known\n"
}

// helpText is the help of a command on a system, or of the program for the first
// one.
func helpText(cmd command, system string) string {
	var b strings.Builder
	if cmd.name == listName || cmd.name == "help" {
		all := commands(&options{})
		b.WriteString("sockeye - list the sockets of this machine and who owns them\n\nUsage:\n  sockeye [OPTIONS] [FILTER]\n")
		for _, c := range all[1:] {
			fmt.Fprintf(&b, "  sockeye %-10s %-23s  %s\n", c.name, c.args, c.usage)
		}
		for _, t := range topics {
			fmt.Fprintf(&b, "  sockeye help       %-23s  %s\n", t.name, t.usage)
		}
		cmd = all[0]
	} else {
		fmt.Fprintf(&b, "sockeye %s - %s\n\nUsage:\n  sockeye %s [OPTIONS] %s\n", cmd.name, cmd.usage, cmd.name, cmd.args)
	}
	b.WriteString("\n" + cmd.help)
	writeOptions(&b, cmd.options, system)
	b.WriteString("\n" + wrapped("Exit status: "+strings.ReplaceAll(cmp.Or(cmd.status, listStatus), "\n", " "), ""))
	return b.String()
}

// writeOptions lists options group by group, and those at the end that the system
// does not have.
func writeOptions(b *strings.Builder, options []*option, system string) {
	group, missing := "", ""
	for _, o := range options {
		if o.only != "" && o.only != system {
			missing += " " + o.spelling()
			continue
		}
		if o.group != group {
			group = o.group
			fmt.Fprintf(b, "\n%s:\n", group)
		}
		b.WriteString(optionLine(o))
	}
	if missing != "" {
		b.WriteString("\n" + wrapped("Not on this system:"+missing, "  "))
	}
}

// helpWidth is how wide the help is.
const helpWidth = 79

// optionLine lays one option out; its text is wrapped under itself.
func optionLine(o *option) string {
	const column = 26
	left := "      "
	if o.short != "" {
		left = "  -" + o.short + ", "
	}
	left += o.spelling()
	if o.needsValue() {
		left += " "
	}
	left += o.value
	above, indent := "", strings.Repeat(" ", column)
	if len(left) > column-2 {
		above, left = left+"\n", ""
	}
	return above + wrapped(fmt.Sprintf("%-*s%s", column, left, o.usage), indent)
}

// wrapped is a text in lines of at most helpWidth; those after the first are
// indented.
func wrapped(text, indent string) string { return render.Wrap(text, helpWidth, indent) + "\n" }
