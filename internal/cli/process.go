package cli

import (
	"strconv"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"sockeye/platform"
	"sockeye/sock"
	"sockeye/sock/filter"
)

// process lists the sockets that processes hold, in every state.
func (r *run) process(c *ucli.Context) error {
	if c.Args().Len() == 0 {
		return usagef("process needs a PID or a name: sockeye process nginx")
	}
	if noOwners(c) {
		return usagef("process searches owners; it cannot do without them")
	}
	wanted, err := readProcesses(c.Args().Slice())
	if err != nil {
		return err
	}
	if wanted, err = r.andFile(c, wanted, r.filterEnv(c)); err != nil {
		return err
	}
	q, err := readQuery(c, wanted)
	if err != nil {
		return err
	}
	if !selectsTables(c) {
		q.Protocols = sock.Protocols(sock.TCP, sock.UDP, sock.Unix)
		q.UnixTypes = sock.AllTypes
	}
	if !selectsStates(c) {
		q.States = sock.AllStates
	}
	err = r.answer(c, platform.Request{Query: q, Filter: wanted})
	if err == nil && r.status == exitNothing && !c.Bool("quiet") && !c.Bool("count") {
		r.say("no socket is held by %s", strings.Join(c.Args().Slice(), ", "))
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

func anySet(c *ucli.Context, names ...string) bool {
	for _, name := range names {
		if c.IsSet(name) {
			return true
		}
	}
	return false
}

func selectsTables(c *ucli.Context) bool {
	return anySet(c, "tcp", "udp", "udplite", "raw", "icmp", "unix", "query", "family", "ipv4", "ipv6")
}

func selectsStates(c *ucli.Context) bool {
	return anySet(c, "listening", "all", "connected", "bound-inactive")
}
