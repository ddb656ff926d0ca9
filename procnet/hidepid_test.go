//go:build unix

package procnet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHidesProcesses(t *testing.T) {
	const (
		plain    = "22 27 0:21 / ROOT rw,relatime shared:5 master:1 - proc proc rw\n"
		one      = "22 27 0:21 / ROOT rw - proc proc rw,hidepid=1\n"
		two      = "22 27 0:21 / ROOT rw - proc proc rw,gid=27,hidepid=invisible\n"
		twoOld   = "22 27 0:21 / ROOT rw - proc proc rw,hidepid=2\n"
		four     = "22 27 0:21 / ROOT rw - proc proc rw,gid=27,hidepid=ptraceable\n"
		other    = "23 27 0:22 / /elsewhere rw - proc proc rw,hidepid=2\n"
		covering = "24 27 0:22 / ROOT rw - tmpfs tmpfs rw\n"

		root   = "Name:\tx\nGid:\t0\t0\t0\t0\nGroups:\t \nCapEff:\t000001ffffffffff\n"
		nobody = "Name:\tx\nGid:\t65534\t65534\t65534\t65534\nGroups:\t100 \nCapEff:\t0000000000000000\n"
		member = "Name:\tx\nGid:\t65534\t65534\t65534\t65534\nGroups:\t100 27 \nCapEff:\t0000000000000000\n"
		group  = "Name:\tx\nGid:\t65534\t27\t65534\t27\nGroups:\t\nCapEff:\t0000000000000000\n"
		group0 = "Name:\tx\nGid:\t0\t0\t0\t0\nGroups:\t\nCapEff:\t0000000000000000\n"
	)
	tests := []struct {
		name, mounts, status string
		files                []string
		want                 bool
	}{
		{"a long line before it", "9 1 0:9 / /merged rw - overlay overlay rw,lowerdir=" + strings.Repeat("x", 200_000) + "\n" + plain, nobody, nil, false},
		{"mounts that are not understood, 1 is not there", plain + strings.Repeat("x", longestMount+1), nobody, []string{"self/stat"}, true},
		{"no option", plain, nobody, nil, false},
		{"hidepid=1 shows the directories", one, nobody, nil, false},
		{"hidden", two, nobody, nil, true},
		{"hidden, the status is not there", two, "", nil, true},
		{"hidden from root without rights", twoOld, strings.Replace(root, "1ff", "000", 1), nil, false},
		{"root may trace", two, root, nil, false},
		{"a member of the group", two, member, nil, false},
		{"the group itself", two, group, nil, false},
		{"group 0 is the default", twoOld, group0, nil, false},
		{"the group does not help", four, member, nil, true},
		{"another mount", plain + other, nobody, nil, false},
		{"the last mount counts", two + plain, nobody, nil, false},
		{"the last mount is no proc, 1 is there", two + covering, nobody, []string{"1/stat", "self/stat"}, false},
		{"no mountinfo, 1 is there", "", nobody, []string{"1/stat", "self/stat"}, false},
		{"no mountinfo, 1 is not there", "", nobody, []string{"self/stat"}, true},
		{"nothing is there", "", "", nil, false},
	}
	for _, tt := range tests {
		fs := At(filepath.Join(t.TempDir(), "a b"))
		files := map[string]string{}
		if tt.mounts != "" {
			files["self/mountinfo"] = strings.ReplaceAll(tt.mounts, "ROOT", strings.ReplaceAll(fs.root, " ", `\040`))
		}
		if tt.status != "" && (tt.mounts != "" || tt.files != nil) {
			files["self/status"] = tt.status
		}
		for _, name := range tt.files {
			files[name] = ""
		}
		writeFiles(t, fs.root, files)
		if len(files) > 0 {
			inUserNamespace(t, fs, initialUserNamespace)
		}
		if got := fs.hidesProcesses(); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

// TestHidesFromUserNamespace: in a user namespace of its own a process has every
// capability, and group 0, but not for the processes outside.
func TestHidesFromUserNamespace(t *testing.T) {
	fs := At(t.TempDir())
	writeFiles(t, fs.root, map[string]string{
		"self/mountinfo": "22 27 0:21 / " + fs.root + " rw - proc proc rw,hidepid=2\n",
		"self/status":    "Name:\tx\nGid:\t0\t0\t0\t0\nGroups:\t0 \nCapEff:\t000001ffffffffff\n",
	})
	for user, want := range map[uint32]bool{initialUserNamespace: false, 4026532388: true} {
		inUserNamespace(t, fs, user)
		if got := fs.hidesProcesses(); got != want {
			t.Errorf("in %d: got %v", user, got)
		}
	}
}

// inUserNamespace says in a proc file system which user namespace this process is in.
func inUserNamespace(t *testing.T, fs FS, inode uint32) {
	t.Helper()
	link := filepath.Join(fs.root, "self", "ns", "user")
	_ = os.Remove(link)
	if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(fmt.Sprintf("user:[%d]", inode), link)); err != nil {
		t.Fatal(err)
	}
}

// writeFiles writes files, named relative to root, and the folders above them.
func writeFiles(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
