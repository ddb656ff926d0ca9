package platform

import (
	"slices"

	"sockeye/sock"
)

// maxHintGroups bounds the control groups that hints are taken from.
const maxHintGroups = 4

// cgroupsOf returns the control groups that sockets were opened in, each once. It
// returns none if one of them is not known, since its holder then is not hinted
// at, or if they are too many.
//
// The group is that of the process which opened the socket, or its listener, at
// that time; whoever holds it may be in another one by now.
func cgroupsOf(sockets []*sock.Socket) []uint64 {
	var groups []uint64
	for _, s := range sockets {
		if !s.Knows(sock.FieldCgroup) || s.CgroupID == 0 {
			return nil
		}
		if slices.Contains(groups, s.CgroupID) {
			continue
		}
		if len(groups) == maxHintGroups {
			return nil
		}
		groups = append(groups, s.CgroupID)
	}
	return groups
}
