package population

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unixSockets makes unix sockets of every type; those with a path stand in dir.
func (b *builder) unixSockets(dir string) {
	b.unixListeners(dir)
	b.unixDatagrams(dir)
	b.unixPairs()
	b.unixNames()
}

func (b *builder) unixBound(typ int, name string) int {
	fd := b.socket(unix.AF_UNIX, typ, 0)
	b.bind(fd, &unix.SockaddrUnix{Name: name})
	if b.err == nil && filepath.IsAbs(name) {
		b.paths = append(b.paths, name)
	}
	return fd
}

func (b *builder) unixListeners(dir string) {
	stream := b.unixBound(unix.SOCK_STREAM, filepath.Join(dir, "stream"))
	b.listen(stream, 12)
	b.note("stream listener", stream, Unix, Listen)
	client, server := b.connection(unix.AF_UNIX, stream, nil)
	b.write(client, 99)
	b.note("stream client", client, Unix, Established)
	b.note("stream server, bytes waiting", server, Unix, Established)
	if b.err == nil {
		b.Made = append(b.Made, Made{Label: "unix connection in an accept queue", Protocol: Unix, Family: FamilyUnix,
			State: Established, Path: filepath.Join(dir, "stream"), Ownerless: AcceptQueue, ProcOnly: true})
	}
	waiting := b.socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	b.connectTo(waiting, stream)
	b.note("stream client in an accept queue", waiting, Unix, Established)

	blanks := b.unixBound(unix.SOCK_STREAM, filepath.Join(dir, "a path  with blanks"))
	b.listen(blanks, 1)
	b.note("listener with blanks", blanks, Unix, Listen)

	seq := b.unixBound(unix.SOCK_SEQPACKET, filepath.Join(dir, "seqpacket"))
	b.listen(seq, 4)
	b.note("seqpacket listener", seq, Unix, Listen)
	sc := b.socket(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	b.connectTo(sc, seq)
	b.note("seqpacket client", sc, Unix, Established)
	b.note("seqpacket server", b.accept(seq), Unix, Established)

	idle := b.unixBound(unix.SOCK_STREAM, filepath.Join(dir, "bound"))
	b.note("bound, not listening", idle, Unix, Closed)
}

func (b *builder) unixDatagrams(dir string) {
	bound := b.unixBound(unix.SOCK_DGRAM, filepath.Join(dir, "datagram"))
	client := b.socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	b.connectTo(client, bound)
	b.write(client, 10)
	connected, err := ConnectedDatagram()
	b.check(err, "state of connected datagram sockets")
	b.note("datagram that is a peer, bytes waiting", bound, Unix, connected)
	alone := b.unixBound(unix.SOCK_DGRAM, filepath.Join(dir, "alone"))
	b.note("datagram", alone, Unix, Unconnected)
	b.note("datagram with a peer", client, Unix, connected)
	unnamed := b.socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	b.note("unnamed datagram", unnamed, Unix, Unconnected)
}

func (b *builder) unixPairs() {
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
		if b.err != nil {
			return
		}
		pair, err := unix.Socketpair(unix.AF_UNIX, typ|unix.SOCK_CLOEXEC, 0)
		b.check(err, "socketpair")
		if err != nil {
			return
		}
		b.fds = append(b.fds, pair[0], pair[1])
		b.write(pair[0], 7)
		state := Established
		if typ == unix.SOCK_DGRAM {
			state, err = ConnectedDatagram()
			b.check(err, "state of connected datagram sockets")
		}
		b.note("socketpair", pair[0], Unix, state)
		b.note("socketpair", pair[1], Unix, state)
	}
}

// ConnectedDatagram returns the state of a unix datagram socket that has a peer:
// Established since Linux 5.15, where connect(2) and socketpair(2) set it. It is
// seen in /proc/net/unix.
func ConnectedDatagram() (State, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	var st unix.Stat_t
	if err := unix.Fstat(pair[0], &st); err != nil {
		return "", err
	}
	table, err := os.ReadFile("/proc/thread-self/net/unix")
	if err != nil {
		return "", err
	}
	// Num: RefCount Protocol Flags Type St Inode Path
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) < 7 || f[6] != strconv.FormatUint(st.Ino, 10) {
			continue
		}
		// SS_UNCONNECTED and SS_CONNECTED of linux/net.h.
		if state, ok := map[string]State{"01": Unconnected, "03": Established}[f[5]]; ok {
			return state, nil
		}
	}
	return "", errors.New("not in /proc/net/unix")
}

// unixNames makes listeners in the abstract namespace: plain, with blanks, and
// with bytes that a terminal would act on or that are no UTF-8. None has a
// newline, so that the rows of ss stay whole; [HostileNames] has.
func (b *builder) unixNames() {
	for _, name := range []string{
		"sockeye abstract",
		"esc \x1b[31mred",
		"bidi \u202etxt.exe",
		"bytes \xff\xfe",
	} {
		fd := b.unixBound(unix.SOCK_STREAM, "\x00"+name)
		b.listen(fd, 2)
		b.note("abstract listener", fd, Unix, Listen)
	}
}
