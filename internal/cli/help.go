package cli

import (
	"fmt"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

const listHelp = `Lists listening and connected TCP and UDP sockets with their owners. Options
may stand anywhere and short ones may be joined; -- ends them.

Examples:
  sockeye -tulpn                      what listens, and who it is
  sockeye -tanp                       every TCP socket
  sockeye -t state established        TCP connections
  sockeye port 8080                   who uses port 8080
  sockeye process nginx               the sockets of nginx
  sockeye -l --json | jq -r '.sockets[] | select(.local_port == 8080).pid'
  sockeye --group-by state,remote_address --limit 10
  kill $(sockeye port 8080 --pids)    end what uses port 8080

A filter is made of ss's words, with and, or, not and parentheses, and of every
member of the JSON; words for = != < <= > >= need no quotes:
  state established                 names of RFC 9293, ss or netstat;
                                    they win over -l and -a
  dst 10.0.0.0/8 and dport eq :443  addresses, prefixes, ports, services
  port in 80,443,8000-8100          either end
  process eq nginx and recv_queue gt 0
  not owner_status eq known
`

const portHelp = `Says who uses a local port: listeners first, then what is connected to them,
TCP and UDP. A port is a number, a range, or the name of a service, and may end
in /tcp or /udp.

Examples:
  sockeye port 8080
  sockeye port 8000-8100 postgresql 53/udp
  sockeye port 8080 --pids            bare PIDs, for kill
  sockeye port 8080 -q && echo taken  nothing but the exit status
`

const processHelp = `Lists the sockets that processes hold, in every state. A process is a PID, or a
name: that of the process, or of its program's file.

Examples:
  sockeye process 812
  sockeye process nginx -l
  sockeye process sshd --json
`

const helpEnd = `
Exit status: 0 something matched, 1 nothing matched, 2 a mistake in the options
or the filter, 3 the answer could not be read or written or, with --strict, is
incomplete.
`

// helpText is the help of a command, or of the program for the first one.
func helpText(cmd command) string {
	var b strings.Builder
	if cmd.name == "list" {
		b.WriteString("sockeye - list the sockets of this machine and who owns them\n\nUsage:\n  sockeye [OPTIONS] [FILTER]\n")
		for _, c := range commands()[1:] {
			fmt.Fprintf(&b, "  sockeye %-8s %-11s [OPTIONS]   %s\n", c.name, c.args, c.usage)
		}
	} else {
		fmt.Fprintf(&b, "sockeye %s - %s\n\nUsage:\n  sockeye %s %s [OPTIONS]\n", cmd.name, cmd.usage, cmd.name, cmd.args)
	}
	b.WriteString("\n" + cmd.help)
	writeOptions(&b, commonFlags())
	b.WriteString(helpEnd)
	return b.String()
}

// writeOptions lists the options group by group, as the flags define them.
func writeOptions(b *strings.Builder, flags []ucli.Flag) {
	group := ""
	for _, f := range flags {
		doc, ok := f.(ucli.DocGenerationFlag)
		if !ok {
			continue
		}
		if category := f.(ucli.CategorizableFlag).GetCategory(); category != group {
			group = category
			fmt.Fprintf(b, "\n%s:\n", group)
		}
		b.WriteString(optionLine(f.Names(), doc))
	}
}

// optionLine lays one option out; its text is wrapped under itself.
func optionLine(names []string, doc ucli.DocGenerationFlag) string {
	const column, width = 26, 79
	value, usage := splitValue(doc.GetUsage())
	left := "      "
	if i := slices.IndexFunc(names, func(n string) bool { return len(n) == 1 }); i >= 0 {
		left = "  -" + names[i] + ", "
	}
	left += "--" + names[0]
	if doc.TakesValue() {
		left += " " + value
	}
	line, text := left, ""
	if len(left) > column-2 {
		line, text = "", left+"\n"
	}
	pad := func(s string) string { return s + strings.Repeat(" ", max(0, column-len(s))) }
	line = pad(line)
	for _, word := range strings.Fields(usage) {
		if len(line)+len(word) > width && len(line) > column {
			text += strings.TrimRight(line, " ") + "\n"
			line = pad("")
		}
		line += word + " "
	}
	return text + strings.TrimRight(line, " ") + "\n"
}

// splitValue takes the name of the value, between backquotes, from the text.
func splitValue(usage string) (value, text string) {
	before, rest, found := strings.Cut(usage, "`")
	if !found {
		return "VALUE", usage
	}
	value, after, _ := strings.Cut(rest, "`")
	return value, before + value + after
}
