package procnet

import (
	"bufio"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mountinfo = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
41 31 0:4 net:[4026532388] /run/netns/blue rw shared:9 - nsfs nsfs rw
43 31 0:4 net:[4026532391] /srv/a\040name\134\0404\9 rw shared:9 master:3 - nsfs nsfs rw
50 35 0:26 /a.slice /run/part rw - cgroup2  rw,nsdelegate
50 35 0:26 - cgroup2 none rw
50 35 0:26 / /cut rw - cgroup2
`

func TestEachMount(t *testing.T) {
	want := []Mount{
		{"/", "/", "ext4", "rw"},
		{"net:[4026532388]", "/run/netns/blue", "nsfs", "rw"},
		{"net:[4026532391]", `/srv/a name\ 4\9`, "nsfs", "rw"},
		{"/a.slice", "/run/part", "cgroup2", "rw,nsdelegate"}, // of an empty source
	}
	var got []Mount
	err := eachMount(strings.NewReader(mountinfo), func(m Mount) { got = append(got, m) })
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestLongMount: the options of an overlay may be long, and a line without end is an
// error.
func TestLongMount(t *testing.T) {
	const head, tail = "9 1 0:9 / /merged rw - overlay overlay rw,lowerdir=", "\n22 1 254:1 / /proc rw - proc proc rw\n"
	points := ""
	read := func(length int) error {
		points = ""
		return eachMount(strings.NewReader(head+strings.Repeat("x", length)+tail), func(m Mount) { points += m.Point })
	}
	if err := read(200_000); err != nil || points != "/merged/proc" {
		t.Errorf("mounts %q, %v", points, err)
	}
	if err := read(longestMount); !errors.Is(err, bufio.ErrTooLong) {
		t.Errorf("a line without end: mounts %q, %v", points, err)
	}
}

func FuzzEachMount(f *testing.F) {
	f.Add(mountinfo)
	f.Add(`1 1 0:4 net:[1] /\0\04\999 rw - nsfs nsfs rw`)
	f.Fuzz(func(t *testing.T, text string) {
		_ = eachMount(strings.NewReader(text), func(m Mount) { // a line may be too long
			if len(m.Root)+len(m.Point)+len(m.Type)+len(m.Options) > len(text) || m.Point == "" || m.Root == "" {
				t.Errorf("%+v of %q", m, text)
			}
		})
	})
}
