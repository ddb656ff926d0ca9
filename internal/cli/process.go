package cli

import (
	"slices"
	"strconv"
	"strings"

	"sockeye/sock"
	"sockeye/sock/filter"
)

const processHelp = `Lists the sockets that processes hold, in every state. A process is a PID, or a
name: that of the process, or of its program's file.

Examples:
  sockeye process 812
  sockeye process nginx -l
  sockeye process sshd --json
`

func processCommand(o *options) command {
	return command{
		name: "process", args: "PID|NAME..", usage: "which sockets a process holds", help: processHelp,
		options: slices.Concat(o.portOptions(), o.otherTableOptions(), o.familyOptions(), o.stateOptions(),
			o.ownerOptions(), o.factOptions(), o.shapeOptions(), o.formatOptions(), o.sourceOptions(), o.otherOptions()),
		run: func(r *run, words []string) error { return r.process(o, words) },
	}
}

// process lists the sockets that processes hold, in every state.
func (r *run) process(o *options, words []string) error {
	if err := r.openInput(o); err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("process needs a PID or a name: sockeye process nginx")
	}
	if o.noOwners() {
		return usagef("process searches owners; it cannot do without them")
	}
	wanted, err := readProcesses(words)
	if err != nil {
		return err
	}
	if wanted, err = r.andFile(o, wanted, r.filterEnv(o)); err != nil {
		return err
	}
	everything := tables{sock.Protocols(sock.TCP, sock.UDP, sock.Unix), sock.AllTypes}
	req, err := o.request(wanted, scope{everything, sock.AllStates})
	if err != nil {
		return err
	}
	err = r.answer(o, req)
	if err == nil && r.status == exitNothing && !o.terse() {
		r.say("no socket is held by %s", strings.Join(words, ", "))
	}
	return err
}

// readProcesses makes a filter of PIDs and names.
func readProcesses(words []string) (*filter.Filter, error) {
	var pids []int
	var names []string
	for _, word := range words {
		if !isNumber(word) {
			names = append(names, word)
			continue
		}
		pid, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, usagef("there is no PID %s", word)
		}
		pids = append(pids, int(pid))
	}
	switch {
	case names == nil:
		return filter.PIDs(pids...), nil
	case pids == nil:
		return filter.ProcessNames(names...), nil
	}
	return filter.Or(filter.PIDs(pids...), filter.ProcessNames(names...)), nil
}
