package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"sockeye/platform"
	"sockeye/sock"
)

// namespaceOptions say in which network namespaces the sockets are.
func (o *options) namespaceOptions() []*option {
	return onlyOn("linux",
		text(groupSource, &o.netns, "netns", "N", "NAME", "in another network namespace: a path, a name of ip netns, a PID, a container; name:, pid: and container: force one"),
		on(groupSource, &o.allNetns, "all-netns", "", "in every network namespace of the machine"),
	)
}

// checkNamespaces refuses what namespaces make no sense with.
func (o *options) checkNamespaces() error {
	option := "--netns"
	if o.allNetns {
		option = "--all-netns"
	}
	switch {
	case o.netns == "" && !o.allNetns:
		return nil
	case o.netns != "" && o.allNetns:
		return usagef("--netns and --all-netns contradict each other")
	case o.from != "":
		return usagef("%s is about this machine, it goes without --from", option)
	case o.allNetns && (o.dump != "" || o.events):
		return usagef("--all-netns goes without --dump and --events, which are of one network namespace: --netns chooses it")
	case o.allNetns && o.source == "portable":
		return usagef("--all-netns: the source portable knows one network namespace")
	}
	return nil
}

// environment is where the options say; nil is where this process is.
func (o *options) environment() (*sock.Environment, error) {
	if o.netns == "" {
		return nil, nil
	}
	env, err := platform.OpenNamespace(o.netns)
	switch {
	case errors.Is(err, fs.ErrPermission): // the question is right, and cannot be answered
		return nil, fmt.Errorf("the network namespace %s cannot be entered without CAP_SYS_ADMIN", quote(o.netns))
	case err != nil:
		return nil, usagef("--netns %s: %v", quote(o.netns), err)
	}
	return env, nil
}
