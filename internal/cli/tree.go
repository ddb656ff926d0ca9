package cli

import "cmp"

// treeOption shows sockets below what they belong to.
func (o *options) treeOption() []*option {
	return []*option{on(groupShape, &o.tree, "tree", "", "containers and units, their processes, and the sockets of these")}
}

// checkTree refuses what no tree is made of.
func (o *options) checkTree() error {
	switch {
	case !o.tree:
		return nil
	case o.format.chosen():
		return usagef("--tree is for people, it goes without --%s; --json says the same in container, unit and owners", o.format.name)
	case o.group != nil:
		return usagef("--tree and --group-by: choose one; --group-by container,process counts")
	case o.noOwners():
		return usagef("--tree names owners, it goes without --no-processes and --owners none")
	case o.watch > 0 || o.action() != "":
		return usagef("--tree is a listing, it goes without %s", cmp.Or(o.action(), "--watch"))
	}
	return nil
}
