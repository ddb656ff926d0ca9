package procnet

import (
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"sockeye/sock"
	"sockeye/sock/ownerindex"
)

// chunkSize is how many descriptors are read between two looks at whether
// somebody is idle: about half a millisecond of work.
const chunkSize = 256

// table is a descriptor table that is being read: /proc/PID/fd, or that of a
// thread. Its directory pins the process: a path through it leads to that
// process or fails, even if the PID belongs to another one by now.
type table struct {
	dir      int
	pid, tid int32
	holder   int32
	users    atomic.Int32 // workers that still read it
	matched  atomic.Bool  // it refers to a wanted socket
	refused  atomic.Bool  // its links may not be read
	// process is set once it is known that the process still has the PID.
	process *sock.Process
}

// worker reads descriptor tables into entries of its own.
type worker struct {
	*search
	entries []ownerindex.Entry
	rings   []ownerindex.Entry
	dirents []byte
	numbers []int32
	name    []byte
	link    [len("socket:[18446744073709551615]") + 1]byte
}

// run reads PIDs until none is left, then chunks of what others still read.
func (w *worker) run() {
	w.dirents = make([]byte, direntBuffer)
	for !w.stopped() {
		i := w.next.Add(1) - 1
		if i >= int64(len(w.pids)) {
			break
		}
		w.processTables(w.pids[i])
	}
	if w.producing.Add(-1) == 0 {
		close(w.chunks) // only a producer sends
	}
	w.idle.Add(1)
	for c := range w.chunks {
		w.links(c.table, c.fds)
		w.release(c.table)
	}
}

// processTables reads the table of a process and those of its threads, as far as
// they are asked for. A process whose first thread has ended has none of its own:
// then the threads have all.
func (w *worker) processTables(pid int32) {
	dir := strconv.Itoa(int(pid))
	task := dir + "/task"
	if w.scope == ofThreads {
		if w.hasThreads(task) {
			w.threadTables(pid, task)
		}
		return
	}
	descriptors, ok := w.readTable(pid, 0, dir+"/fd")
	if ok && (w.scope == ofBoth || descriptors == 0) && w.hasThreads(task) {
		w.threadTables(pid, task)
	}
}

// hasThreads reports whether a process may have more than one: the directory task
// has a link for each (proc_task_getattr in fs/proc/base.c).
func (w *worker) hasThreads(task string) bool {
	var st unix.Stat_t
	err := unix.Fstatat(w.root, task, &st, 0)
	return err != nil || st.Nlink != 3
}

// threadTables reads the tables of the threads that do not share the process's.
func (w *worker) threadTables(pid int32, path string) {
	dir, err := openDir(w.root, path)
	var tids []int32
	if err == nil {
		tids, err = readNumbers(dir, w.dirents)
		unix.Close(dir)
	}
	if err != nil && !isGone(err) {
		w.failedAt(pid, "task", err)
	}
	for _, tid := range tids {
		if tid == pid || w.stopped() || w.comparable && sameFiles(pid, tid) {
			continue
		}
		w.readTable(pid, tid, path+"/"+strconv.Itoa(int(tid))+"/fd")
	}
}

// readTable reads one table and returns how many descriptors are in it. It is not ok
// if the table may not be read or is gone.
func (w *worker) readTable(pid, tid int32, path string) (descriptors int, ok bool) {
	dir, err := openDir(w.root, path)
	switch {
	case isGone(err):
		return 0, false
	case isRefusal(err):
		if tid == 0 {
			w.denied(pid)
		}
		return 0, false
	case err != nil:
		w.failedAt(pid, "fd", err)
		return 0, false
	}
	t := &table{dir: dir, pid: pid, tid: tid}
	t.users.Store(1)
	w.mu.Lock()
	t.holder = int32(len(w.tables))
	w.tables = append(w.tables, t)
	w.mu.Unlock()

	defer w.release(t)
	for !w.stopped() {
		n, err := getdents(dir, w.dirents)
		if err != nil && !isGone(err) {
			w.failedAt(pid, "fd", err)
		}
		if err != nil || n == 0 {
			break
		}
		w.numbers = numberedEntries(w.numbers[:0], w.dirents[:n])
		descriptors += len(w.numbers)
		for fds := range slices.Chunk(w.numbers, chunkSize) {
			if w.stopped() || t.refused.Load() {
				break
			}
			if !w.handOver(t, fds) {
				w.links(t, fds)
			}
		}
	}
	return descriptors, !t.refused.Load()
}

// handOver gives a full chunk to an idle worker, if there is one.
func (w *worker) handOver(t *table, fds []int32) bool {
	if len(fds) < chunkSize || w.idle.Load() == 0 {
		return false
	}
	t.users.Add(1)
	select {
	case w.chunks <- chunk{t, slices.Clone(fds)}:
		return true
	default:
		t.users.Add(-1) // w holds the table too: this is not the last
		return false
	}
}

// links reads what the descriptors refer to.
func (w *worker) links(t *table, fds []int32) {
	for _, fd := range fds {
		w.name = append(strconv.AppendInt(w.name[:0], int64(fd), 10), 0)
		n, err := readlinkat(t.dir, w.name, w.link[:])
		if err != nil {
			if isRefusal(err) {
				t.refused.Store(true) // the kernel asks about the process, not the link
				return
			}
			if !isGone(err) {
				w.failedAt(t.pid, "fd/"+strconv.Itoa(int(fd)), err)
			}
			continue // closed meanwhile
		}
		if string(w.link[:n]) == ringLink {
			t.matched.Store(true)
			w.rings = append(w.rings, ownerindex.Entry{Holder: t.holder, FD: fd})
			continue
		}
		inode, ok := parseSocketLink(w.link[:n])
		if !ok || !w.want.has(inode) {
			continue
		}
		t.matched.Store(true)
		w.entries = append(w.entries, ownerindex.Entry{Inode: inode, Holder: t.holder, FD: fd})
	}
}

// release ends a worker's use of the table. The last one identifies the process.
func (w *worker) release(t *table) {
	if t.users.Add(-1) != 0 {
		return
	}
	defer unix.Close(t.dir)
	if t.refused.Load() {
		if t.tid == 0 {
			w.denied(t.pid)
		}
		return
	}
	if !t.matched.Load() {
		return
	}
	if w.fs.afterFDs != nil {
		w.fs.afterFDs(int(t.pid))
	}
	w.identify(t)
}
