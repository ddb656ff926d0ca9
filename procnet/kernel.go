package procnet

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sockeye/sock"
)

// counterFiles are the files below /proc/net with counters.
var counterFiles = []struct {
	name  string
	parse func(io.Reader) (Counters, error)
}{
	{"sockstat", parseSockstat},
	{"sockstat6", parseSockstat},
	{"snmp", parseSNMP},
	{"snmp6", parseSNMP6},
	{"netstat", parseSNMP},
	{"sctp/snmp", parseSNMP6},
}

// ReadKernel reads the kernel's counters and limits of the sockets of some protocols
// in an environment. A file that this kernel does not have is none; one that cannot
// be read or understood is a failure, and what it holds is not known.
func ReadKernel(env *sock.Environment, of sock.ProtocolSet) (sock.KernelSummary, []*sock.Partial) {
	r := kernelReader{session: session{env}}
	for _, f := range counterFiles {
		r.readCounters(f.name, f.parse)
	}
	about := r.counters.aboutSockets(of)
	k := sock.KernelSummary{Troubles: Counters(about).troubles(), Counters: about}
	for _, l := range limits {
		if l.protocol == sock.ProtocolUnknown || of.Has(l.protocol) {
			k.Usage = append(k.Usage, r.usage(l))
		}
	}
	return k, r.partials()
}

// partials are the failures with the answer.
func (r *kernelReader) partials() (failures []*sock.Partial) {
	for _, f := range r.failures {
		failures = append(failures, &sock.Partial{
			Code: sock.CodeUnavailable, Message: strings.Join(f.paths, ", ") + " could not be read", Err: f.err, Incomplete: true,
		})
	}
	return failures
}

// kernelReader reads files beside the tables.
type kernelReader struct {
	session
	counters Counters
	failures []unreadable
}

// unreadable are files that could not be read for one reason.
type unreadable struct {
	paths []string
	err   error
}

func (r *kernelReader) readCounters(name string, parse func(io.Reader) (Counters, error)) {
	file, path, err := r.openTable(name)
	if err == nil {
		var read Counters
		read, err = parse(file)
		r.counters = append(r.counters, read...)
		file.Close()
	}
	r.fail(path, err)
}

func (r *kernelReader) fail(path string, err error) {
	if err == nil || errors.Is(err, sock.ErrAbsent) {
		return
	}
	for i := range r.failures {
		if f := &r.failures[i]; f.err.Error() == err.Error() {
			if !slices.Contains(f.paths, path) {
				f.paths = append(f.paths, path)
			}
			return
		}
	}
	r.failures = append(r.failures, unreadable{[]string{path}, err})
}

// limit is where the kernel tells how much of something there may be.
type limit struct {
	protocol sock.Protocol
	name     string
	// group and counter tell how much is taken; empty: a limit of each socket.
	group, counter string
	pages          bool // both are told in pages
	machine        bool
	setting        string // the sysctl
	at             int    // which of its numbers is the limit
	usedAt         int    // which of them is what is taken, if no counter tells it; -1: none
	told           string // another file that tells the limit and what is taken; empty: that of the sysctl
}

// limits are those of ip-sysctl, net and fs in the kernel's documentation.
var limits = []limit{
	// The third number is the one above which nothing more is given.
	{sock.TCP, "memory_bytes", "TCP", "mem", true, true, "net.ipv4.tcp_mem", 2, -1, ""},
	{sock.TCP, "orphaned", "TCP", "orphan", false, true, "net.ipv4.tcp_max_orphans", 0, -1, ""},
	{sock.TCP, "time_wait", "TCP", "tw", false, false, "net.ipv4.tcp_max_tw_buckets", 0, -1, ""},
	{sock.TCP, "backlog", "", "", false, false, "net.core.somaxconn", 0, -1, ""},
	{sock.TCP, "syn_backlog", "", "", false, false, "net.ipv4.tcp_max_syn_backlog", 0, -1, ""},
	{sock.UDP, "memory_bytes", "UDP", "mem", true, true, "net.ipv4.udp_mem", 2, -1, ""},
	{sock.Unix, "datagram_backlog", "", "", false, false, "net.unix.max_dgram_qlen", 0, -1, ""},
	// file-nr: given out, free among them, limit (fs/file_table.c).
	{sock.ProtocolUnknown, "open_files", "", "", false, true, "fs.file-max", 2, 0, "fs.file-nr"},
}

// usage reads one limit and what is taken of it.
func (r *kernelReader) usage(l limit) sock.Usage {
	u := sock.Usage{Protocol: l.protocol, Name: l.name, Machine: l.machine, Setting: l.setting}
	unit := int64(1)
	if l.pages {
		unit = int64(os.Getpagesize())
	}
	if l.counter != "" {
		u.Used.Value, u.Used.Known = r.counters.Get(l.group, l.counter)
	}
	in := r.session
	if l.machine {
		// The first network namespace alone shows it, which may be that of this process
		// when another one is looked at.
		in.env = &sock.Environment{Proc: r.env.Proc}
	}
	numbers, path, err := in.readSetting(cmp.Or(l.told, l.setting))
	r.fail(path, err)
	if l.at < len(numbers) {
		u.Limit = sock.Amount{Value: numbers[l.at] * unit, Known: true}
	}
	if l.usedAt >= 0 && l.usedAt < len(numbers) {
		u.Used = sock.Amount{Value: numbers[l.usedAt], Known: true}
	}
	u.Used.Value *= unit
	return u
}

// maxNumbers is the most that a sysctl of the limits holds.
const maxNumbers = 3

// readSetting reads the numbers of a sysctl. Those of the network are the
// namespace's of whoever opens them.
func (s session) readSetting(name string) (numbers []int64, path string, err error) {
	path = filepath.Join(s.env.Proc, "sys", strings.ReplaceAll(name, ".", "/"))
	var file *os.File
	err = s.env.Do(func() error {
		var err error
		if file, err = os.Open(path); errors.Is(err, os.ErrNotExist) {
			// Many settings are those of the first namespace alone.
			return fmt.Errorf("%w: %w", sock.ErrAbsent, causeOf(err))
		}
		return causeOf(err)
	})
	if err != nil {
		return nil, path, err
	}
	defer file.Close()
	numbers, err = parseNumbers(file, maxNumbers)
	return numbers, path, err
}
