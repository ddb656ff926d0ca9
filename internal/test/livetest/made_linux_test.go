package livetest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// made holds the listing against what was made, without ss: every protocol, our
// own words for the states, and why a socket has no owner.
func made(t *testing.T, set *population.Set, proc bool, args ...string) {
	t.Helper()
	listed := set.Made
	if !proc {
		listed = told(t, set)
	}
	again(t, func() string {
		var want, got []string
		for _, m := range listed {
			if proc && m.Protocol == population.TCP && m.State == population.Bound {
				continue // in no file of /proc/net
			}
			want = append(want, madeLine(m, proc))
		}
		for _, r := range readAny(t, args...) {
			if familyOnly(r) {
				continue
			}
			got = append(got, recordLine(t, r, proc))
		}
		if diff := lineDiff(want, got); diff != "" {
			return fmt.Sprintf("sockeye %v differs from what was made (-made +sockeye):\n%s", args, diff)
		}
		return ""
	})
}

func madeLine(m population.Made, proc bool) string {
	inode, status, pid := strconv.FormatUint(m.Inode, 10), "known", strconv.Itoa(m.PID)
	if m.Ownerless != "" {
		inode, status, pid = "-", m.Ownerless, "-"
	}
	device := orNone(m.Interface)
	if proc {
		device = "-"
	}
	local := endText(m.Local)
	if m.Protocol == population.Unix {
		local = plainPath(strings.Replace(m.Path, "\x00", "@", 1))
	}
	return fmt.Sprintf("%s %s %s%%%s %s %s inode=%s %s pid=%s", m.Protocol, m.Family, local, device,
		endText(m.Remote), m.State, inode, status, pid)
}

func recordLine(t *testing.T, r record, proc bool) string {
	t.Helper()
	f := factsOf(t, r)
	device, local := f.device, f.local
	if r.Protocol == "raw" || proc {
		device = "-"
	}
	if r.Protocol == "unix" {
		local = f.path
	}
	pid := "-"
	if r.PID != nil {
		pid = strconv.Itoa(*r.PID)
	}
	return fmt.Sprintf("%s %s %s%%%s %s %s inode=%s %s pid=%s", r.Protocol, r.Family, local, device,
		f.remote, r.State, f.inode, deref(r.OwnerStatus), pid)
}
