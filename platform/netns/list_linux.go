package netns

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"sockeye/procnet"
)

// directories are where files that are namespaces stand: those of `ip netns` and of
// the plugins of Kubernetes, of docker, and of podman without root.
var directories = []string{Names, "/run/docker/netns", "/run/user/*/netns"}

// List returns the network namespaces that can be found on the machine, each once:
// the host's and those with a name first, then by the lowest process. held tells
// which descriptors may hold namespaces; nil for none. proc is where the proc file
// system is mounted. A kernel that lists namespaces itself tells of others too, such as
// those that are bound to a file in another mount namespace alone.
//
// What another process keeps to itself is left out without a word: a process that
// may not be inspected is still known by its tables, if they are not those of a
// namespace that was found otherwise. The error is another one, by which some may be
// missing; what was found is returned with it.
func List(proc string, held func() []Descriptor) ([]Found, error) {
	c := collector{proc: proc, byID: map[identity]*Found{}, byTables: map[uint64]*Found{}}
	c.own()
	for _, pattern := range directories {
		files, _ := filepath.Glob(pattern + "/*") // the patterns are right
		for _, file := range files {
			c.file(file, filepath.Dir(file) == Names)
		}
	}
	c.mounts()
	c.processes()
	if held != nil {
		for _, d := range held() {
			c.descriptor(d)
		}
		c.sockets.close()
	}
	c.listed()
	return c.sorted(), c.err
}

// collector gathers namespaces from several places.
type collector struct {
	proc     string
	all      []*Found
	byID     map[identity]*Found
	byTables map[uint64]*Found
	device   uint64 // of nsfs, which is one on a machine
	sockets  taker
	err      error
}

// note keeps the first error by which a namespace may be missing: no file that is gone,
// or is none of a namespace, and no right that is missing.
func (c *collector) note(err error) {
	switch {
	case err == nil, c.err != nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, os.ErrInvalid),
		errors.Is(err, unix.ESRCH), errors.Is(err, unix.ENOSYS):
	default:
		c.err = err
	}
}

// at returns the namespace with an identity, which a path leads to.
func (c *collector) at(id identity, path string) *Found {
	f := c.byID[id]
	if f == nil {
		f = &Found{Inode: id.inode, Path: path, device: id.device}
		c.byID[id] = f
		c.all = append(c.all, f)
	}
	return f
}

// own is the namespace of this process.
func (c *collector) own() {
	path := filepath.Join(c.proc, "self", "ns", "net")
	id, err := identify(path)
	c.note(err)
	if err == nil {
		c.device = id.device
		c.known(c.at(id, path), filepath.Join(c.proc, "self", "net"))
	}
}

// known remembers the tables of a namespace.
func (c *collector) known(f *Found, dir string) {
	var st unix.Stat_t
	if f.Tables == 0 && unix.Stat(filepath.Join(dir, "dev"), &st) == nil {
		f.Tables = st.Ino
		if hidden := c.byTables[st.Ino]; hidden != nil { // it is this one
			f.PID, f.Host = hidden.PID, f.Host || hidden.Host
		}
		c.byTables[st.Ino] = f
	}
}

// fileName begins what a file of a network namespace is called: "net:[4026532388]".
const fileName = "net:["

// identify returns which namespace a file is; the error is of one that is none.
func identify(path string) (identity, error) {
	var in unix.Statfs_t
	if err := unix.Statfs(path, &in); err != nil {
		return identity{}, err
	}
	if int64(in.Type) != unix.NSFS_MAGIC {
		return identity{}, os.ErrInvalid
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return identity{}, err
	}
	return identityOf(&st), nil
}

// file adds a file that may be a namespace, and is named so by `ip netns`.
func (c *collector) file(path string, named bool) {
	id, err := identify(path)
	if err != nil { // else what is left of one that is gone
		c.note(err)
		return
	}
	if f := c.at(id, path); named && f.Name == "" {
		f.Name = filepath.Base(path)
	}
}

// mounts adds what is bound to files elsewhere.
func (c *collector) mounts() {
	c.note(procnet.At(c.proc).Mounts(func(m procnet.Mount) { // what was read before an error is as good
		if m.Type == "nsfs" && strings.HasPrefix(m.Root, fileName) {
			c.file(m.Point, false)
		}
	}))
}

// processes adds the namespaces that processes are in. This one is among them: without
// any there is no proc file system, and nothing of them is known.
func (c *collector) processes() {
	names, err := c.entries()
	c.note(err)
	seen := false
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			c.process(pid)
			seen = true
		}
	}
	if !seen {
		c.err = cmp.Or(c.err, err, error(&os.PathError{Op: "read", Path: c.proc, Err: errNoProcesses}))
	}
}

var errNoProcesses = errors.New("no processes are shown")

// entries are the names in the proc file system.
func (c *collector) entries() ([]string, error) {
	dir, err := os.Open(c.proc)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

func (c *collector) process(pid int) {
	dir := filepath.Join(c.proc, strconv.Itoa(pid))
	path := filepath.Join(dir, "ns", "net")
	var st unix.Stat_t
	var f *Found
	err := unix.Stat(path, &st)
	c.note(err)
	if err == nil {
		f = c.at(identityOf(&st), path)
		c.known(f, filepath.Join(dir, "net"))
	} else if f = c.hidden(dir); f == nil {
		return
	}
	if f.PID == 0 || pid < f.PID {
		f.PID = pid
	}
	// Process 2 is the kernel's own, which is in the first namespace of the machine;
	// process 1 may refuse to be looked at.
	f.Host = f.Host || pid == 1 || pid == 2 && kernelThread(dir)
}

// hidden returns the namespace of a process whose links may not be read, by the
// tables that it is shown: those everybody may read.
func (c *collector) hidden(dir string) *Found {
	var st unix.Stat_t
	if unix.Stat(filepath.Join(dir, "net", "dev"), &st) != nil {
		return nil // it ended
	}
	f := c.byTables[st.Ino]
	if f == nil {
		f = &Found{Tables: st.Ino}
		c.byTables[st.Ino] = f
		c.all = append(c.all, f)
	}
	return f
}

// kernelThread reports whether a process is the parent of the kernel's own.
func kernelThread(dir string) bool {
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	return err == nil && string(name) == "kthreadd\n"
}

// listed adds what the kernel lists: what a process is in, or a file or a mount refers to.
func (c *collector) listed() {
	ids, err := listns()
	c.note(err)
	for _, id := range ids {
		fd, err := openID(id)
		if err != nil {
			c.note(err)
			continue
		}
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil && c.byID[identityOf(&st)] == nil {
			c.at(identityOf(&st), "").id = id
		}
		unix.Close(fd)
	}
}

// descriptor adds a namespace that nothing but a descriptor holds.
func (c *collector) descriptor(d Descriptor) {
	if d.Inode == 0 {
		var err error
		d.Inode, err = c.sockets.newSpace(d)
		if c.note(err); d.Inode == 0 {
			return
		}
	}
	id := identity{c.device, d.Inode}
	if c.byID[id] != nil {
		return
	}
	task := filepath.Join(c.proc, strconv.Itoa(d.PID))
	if d.TID != 0 {
		task = filepath.Join(task, "task", strconv.Itoa(d.TID))
	}
	path := filepath.Join(task, "fd", strconv.Itoa(d.FD))
	link, err := os.Readlink(path)
	if err != nil { // it is closed
		c.note(err)
		return
	}
	if !strings.HasPrefix(link, fileName) {
		path = ""
		if !strings.HasPrefix(link, "socket:[") {
			return // a namespace of another kind
		}
	}
	f := c.at(id, path)
	f.Holder, f.socket = d.PID, d
}

// sorted returns what was found. A namespace that was first known by its tables, and
// then by a link, is there once.
func (c *collector) sorted() []Found {
	var all []Found
	for _, f := range c.all {
		if f.Inode == 0 && c.byTables[f.Tables] != f {
			continue
		}
		all = append(all, *f)
	}
	slices.SortStableFunc(all, func(a, b Found) int {
		return cmp.Or(before(a.Host, b.Host), before(a.Name != "", b.Name != ""), cmp.Compare(a.Name, b.Name), cmp.Compare(a.PID, b.PID), cmp.Compare(a.Inode, b.Inode))
	})
	return all
}

// before orders what is so before what is not.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
