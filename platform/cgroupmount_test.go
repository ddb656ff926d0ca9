package platform

import (
	"strings"
	"testing"
)

func TestCgroupMount(t *testing.T) {
	const (
		v1      = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n41 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
		hybrid  = "20 41 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		alone   = "36 35 0:26 / /sys/fs/cgroup rw,nosuid shared:9 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
		part    = "50 35 0:26 /a.slice /run/part rw - cgroup2 none rw\n"
		escaped = "51 35 0:26 / /mnt/a\\040b\\134c\\0404\\9 rw - cgroup2 none rw\n"
	)
	for name, c := range map[string]struct{ mountinfo, want string }{
		"version 1 only":        {v1, ""},
		"hybrid":                {v1 + hybrid, "/sys/fs/cgroup/unified"},
		"alone":                 {alone + v1, "/sys/fs/cgroup"},
		"a part comes first":    {part + alone, "/sys/fs/cgroup"},
		"a part, in a chroot":   {part, "/run/part"},
		"a name with a blank":   {escaped, `/mnt/a b\c 4\9`},
		"nothing":               {"", ""},
		"a source of that name": {"1 2 0:3 / /tmp rw - tmpfs cgroup2 rw\n", ""},
		"cut":                   {"50 35 0:26 - cgroup2 \n", ""},
	} {
		if got, err := cgroupMount(strings.NewReader(c.mountinfo)); got != c.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	if _, err := cgroupMount(strings.NewReader(strings.Repeat("x", 1<<17))); err == nil {
		t.Error("a line without end is no error")
	}
}

func FuzzCgroupMount(f *testing.F) {
	f.Add("41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
	f.Add("1 2 3 /x /a\\040 - cgroup2 ")
	f.Fuzz(func(t *testing.T, mountinfo string) {
		path, err := cgroupMount(strings.NewReader(mountinfo))
		if err == nil && path != "" && !strings.Contains(mountinfo, "cgroup2") {
			t.Errorf("%q of %q", path, mountinfo)
		}
	})
}
