package netns

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mountinfo = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
41 31 0:4 net:[4026532388] /run/netns/blue rw shared:9 - nsfs nsfs rw
42 31 0:4 mnt:[4026532390] /run/snapd/ns/x.mnt rw - nsfs nsfs rw
43 31 0:4 net:[4026532391] /srv/a\040name\134 rw shared:9 master:3 - nsfs nsfs rw
44 31 0:4 net:[x] /run/netns/odd rw - nsfs nsfs rw
45 31 0:5 net:[4026532392] /tmp/net:[4026532392] rw - tmpfs tmpfs rw
`

func TestMounted(t *testing.T) {
	got, err := mounted(strings.NewReader(mountinfo))
	want := []mount{{4026532388, "/run/netns/blue"}, {4026532391, `/srv/a name\`}}
	if err != nil || !cmp.Equal(got, want, cmp.AllowUnexported(mount{})) {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzMounted(f *testing.F) {
	f.Add(mountinfo)
	f.Add(`1 1 0:4 net:[1] /\0\04\999 rw - nsfs nsfs rw`)
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := mounted(strings.NewReader(text)) // a line may be too long
		for _, m := range all {
			if len(m.path) > len(text) {
				t.Errorf("path %q of %q", m.path, text)
			}
		}
	})
}
