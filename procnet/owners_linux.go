package procnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"sockeye/sock"
	"sockeye/sock/ownerindex"
)

// Owners looks through the descriptors of every process for sockets. Processes
// that end meanwhile are no error, and those that may not be read are counted.
// The error wraps [sock.ErrUnavailable] if the file system cannot be read, or is
// the context's.
//
// A holder is shown only if the process was still the one that has the PID when
// its descriptors had been read; else the PID is read again. Processes that
// began meanwhile are looked into too: one that is forked off may be all that
// is left of a holder.
func (fs FS) Owners(ctx context.Context, q OwnerQuery) (*OwnerIndex, error) {
	if q.Want != nil && len(q.Want) == 0 {
		return &OwnerIndex{}, ctx.Err()
	}
	root, err := unix.Open(fs.root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", fs.root, sock.ErrUnavailable, err)
	}
	defer unix.Close(root)
	if err := fs.Foreign(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", fs.root, sock.ErrUnavailable, err)
	}
	s := search{
		ctx: ctx, fs: fs, root: root, comparable: fs.live(),
		want: newWanted(q.Want), byPID: make(map[int32]int), refused: make(map[int32]struct{}),
	}
	if s.pids, err = readNumbers(root, make([]byte, direntBuffer)); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", fs.root, sock.ErrUnavailable, err)
	}
	if len(s.pids) == 0 {
		return nil, fmt.Errorf("%s: %w: it shows no process", fs.root, sock.ErrUnavailable)
	}
	slices.Sort(s.pids) // the kernel's order already; a copy's is any
	if q.Threads {
		s.scope = ofBoth
	}
	s.all()
	if left := s.left(q.Want); len(left) > 0 && !q.Threads && !s.stopped() {
		s.want, s.scope = newWanted(left), ofThreads
		s.pids, s.known = slices.DeleteFunc(s.known, s.isRefused), nil
		s.all()
	}
	ix := s.index()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ix.Hidden = fs.hidesProcesses()
	return ix, nil
}

// errForeign is the error of a proc file system whose PIDs are not those that this
// process knows.
var errForeign = errors.New("it shows another PID namespace")

// Foreign returns an error if this is the proc file system of another PID
// namespace: its PIDs are those of other processes here. A copy is none.
func (fs FS) Foreign() error {
	var st unix.Statfs_t
	if err := unix.Statfs(fs.root, &st); err != nil {
		return err
	}
	if int64(st.Type) != unix.PROC_SUPER_MAGIC {
		return nil
	}
	self, err := os.Readlink(filepath.Join(fs.root, "self"))
	switch {
	case errors.Is(err, unix.ENOENT): // this process has no PID there
		return errForeign
	case err == nil && self != strconv.Itoa(os.Getpid()):
		return errForeign
	}
	return err
}

// live reports whether the file system shows this very machine, with the PIDs
// that system calls of this process understand.
func (fs FS) live() bool {
	var st unix.Statfs_t
	return unix.Statfs(fs.root, &st) == nil && int64(st.Type) == unix.PROC_SUPER_MAGIC && fs.Foreign() == nil
}

// search is one search for owners, shared by its workers.
type search struct {
	ctx        context.Context
	fs         FS
	root       int  // descriptor of the proc file system
	comparable bool // kcmp(2) may be asked about these PIDs
	alone      bool // there is one worker
	want       wanted
	scope      scope

	pids  []int32
	known []int32      // those that were read, and are not newcomers
	next  atomic.Int64 // index of the next PID that nobody has taken

	// chunks hands parts of a large table to workers that found no PID left.
	chunks    chan chunk
	idle      atomic.Int32
	producing atomic.Int32

	rings []ownerindex.Entry // io_uring instances, without an inode

	mu     sync.Mutex // guards what follows
	ix     OwnerIndex
	tables []*table      // by holder index
	byPID  map[int32]int // index of ix.Processes
	again  []int32       // PIDs that changed hands, or for which no file was left
	// starved: no file was left for what the workers read side by side.
	starved bool
	// refused are the processes whose descriptors may not be read.
	refused map[int32]struct{}
}

// scope is which descriptor tables are read.
type scope uint8

const (
	ofProcesses scope = iota
	ofThreads         // that have one of their own
	ofBoth
)

// chunk is a part of the descriptors of a table.
type chunk struct {
	table *table
	fds   []int32
}

// maxTries bounds how often a PID that changes hands is read again.
const maxTries = 3

// all reads every PID.
func (s *search) all() {
	for range maxTries {
		s.known = append(s.known, s.pids...)
		s.run()
		if s.stopped() {
			break
		}
		s.pids, s.again = append(s.again, s.newcomers()...), nil
		if len(s.pids) == 0 {
			break
		}
	}
}

// left returns the inodes that no process has, of those that are wanted.
func (s *search) left(want []uint64) []uint64 {
	found := make(wanted, len(s.ix.Entries))
	for _, e := range s.ix.Entries {
		if s.tables[e.Holder].process != nil {
			found[e.Inode] = struct{}{}
		}
	}
	return slices.DeleteFunc(slices.Clone(want), found.has)
}

// index returns what was found.
func (s *search) index() *OwnerIndex {
	s.ix.Holders = make([]ownerindex.Holder, len(s.tables))
	for i, t := range s.tables {
		s.ix.Holders[i] = ownerindex.Holder{Process: t.process, TID: t.tid}
	}
	for _, r := range s.rings {
		if t := s.tables[r.Holder]; t.process != nil {
			s.ix.Rings = append(s.ix.Rings, sock.Owner{Process: t.process, FD: int(r.FD), TID: int(t.tid)})
		}
	}
	s.ix.Order()
	return &s.ix
}

// newcomers returns the PIDs that were not there when the last were listed.
func (s *search) newcomers() []int32 {
	_, err := unix.Seek(s.root, 0, io.SeekStart)
	var now []int32
	if err == nil {
		now, err = readNumbers(s.root, make([]byte, direntBuffer))
	}
	if err != nil {
		s.failed(s.fs.root, err)
		return nil
	}
	slices.Sort(s.known)
	return slices.DeleteFunc(now, func(pid int32) bool {
		_, had := slices.BinarySearch(s.known, pid)
		return had
	})
}

// run reads s.pids with all workers and adds what they find to the index.
func (s *search) run() {
	count := runtime.GOMAXPROCS(0)
	if s.starved {
		count = 1
	}
	s.alone = count == 1
	s.chunks = make(chan chunk)
	s.producing.Store(int32(count))
	s.idle.Store(0)
	s.next.Store(0)
	workers := make([]worker, count)
	var running sync.WaitGroup
	for i := range workers {
		running.Go(func() {
			workers[i].search = s
			workers[i].run()
		})
	}
	running.Wait()
	parts := [][]ownerindex.Entry{s.ix.Entries}
	for i := range workers {
		parts = append(parts, workers[i].entries)
		s.rings = append(s.rings, workers[i].rings...)
	}
	s.ix.Entries = slices.Concat(parts...)
}

// stopped reports whether nothing more need be read.
func (s *search) stopped() bool { return s.ctx.Err() != nil }

// failed notes that a file could not be read for an unexpected reason.
func (s *search) failed(path string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ix.Err == nil {
		s.ix.Err = fmt.Errorf("%s: %w", path, err)
	}
}

// failedAt is failed for a file of a process. If no further file may be opened, the
// process is read again by one worker alone, which holds three.
func (s *search) failedAt(pid int32, name string, err error) {
	if (errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)) && !s.alone {
		s.readAgain(pid)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.starved = true
		return
	}
	s.failed(s.fs.pidFile(int(pid), name), err)
}

// denied notes a process whose descriptors may not be read.
func (s *search) denied(pid int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ix.Denied++
	s.refused[pid] = struct{}{}
}

func (s *search) isRefused(pid int32) bool {
	_, refused := s.refused[pid]
	return refused
}
