package procnet

import (
	"errors"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"sockeye/sock"
	"sockeye/sock/ownerindex"
)

// identify finds out which process holds the table, after its descriptors have
// been read. If it has ended, or its PID belongs to another process now, the
// table has no process and its entries are dropped; in the second case the PID
// is read again.
func (s *search) identify(t *table) {
	up := ".."
	if t.tid != 0 {
		up = "../../.."
	}
	var held, named unix.Stat_t
	if err := unix.Fstatat(s.root, strconv.Itoa(int(t.pid)), &named, 0); err != nil {
		if !isGone(err) {
			s.failedAt(t.pid, "", err)
		}
		return // nobody has the PID
	}
	err := unix.Fstatat(t.dir, up, &held, 0)
	if err != nil || held.Dev != named.Dev || held.Ino != named.Ino {
		s.readAgain(t.pid)
		return
	}
	comm, ticks, err := readStat(t.dir, up+"/stat")
	if err != nil {
		if !isGone(err) {
			s.failedAt(t.pid, "stat", err)
		}
		return // it ended since
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, known := s.byPID[t.pid]
	if !known {
		s.byPID[t.pid] = len(s.ix.Processes)
		t.process = &sock.Process{PID: int(t.pid), Name: comm}
		s.ix.Processes = append(s.ix.Processes, ownerindex.Started{Process: t.process, Ticks: ticks})
		return
	}
	// The other table is a thread's, or that of the process that had the PID.
	if s.ix.Processes[i].Ticks == ticks {
		t.process = s.ix.Processes[i].Process
	}
}

// readAgain asks for another reading of a PID that belongs to another process
// than the one whose descriptors were read.
func (s *search) readAgain(pid int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.again, pid) {
		s.again = append(s.again, pid)
	}
}

// errStat is the error of a stat file that is not understood.
var errStat = errors.New("not understood")

// readStat returns the name and start time from a stat file.
func readStat(dir int, path string) (comm string, ticks uint64, err error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", 0, err
	}
	defer unix.Close(fd)
	var buf [maxStat]byte
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return "", 0, err
	}
	s, ok := parseStat(buf[:n])
	if !ok {
		return "", 0, errStat
	}
	return string(s.name), s.start, nil
}
