package procnet

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sockeye/sock"
)

// Counters are the numbers of one file, in the order of the kernel.
type Counters []sock.Counter

// Get returns a number, and whether the kernel tells it.
func (c Counters) Get(group, name string) (int64, bool) {
	for i := range c {
		if c[i].Name == name && c[i].Group == group {
			return c[i].Value, true
		}
	}
	return 0, false
}

// maxCounters bounds how many numbers one file may have; Linux 7.2 has 400.
const maxCounters = 4096

// counterReader reads the lines of a file with counters.
type counterReader struct {
	lines  *bufio.Scanner
	number int // of the line
	all    Counters
}

func newCounterReader(r io.Reader) *counterReader {
	c := &counterReader{lines: bufio.NewScanner(r)}
	c.lines.Buffer(nil, readBuffer)
	return c
}

// next returns the words of the next line that has some, nil at the end.
func (c *counterReader) next() [][]byte {
	for c.lines.Scan() {
		c.number++
		if words := bytes.Fields(c.lines.Bytes()); len(words) > 0 {
			return words
		}
	}
	return nil
}

func (c *counterReader) fail(what string, args ...any) error {
	return fmt.Errorf("line %d: "+what, append([]any{c.number}, args...)...)
}

func (c *counterReader) add(group, name string, value []byte) error {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		// Counters are unsigned and wrap at 64 bits, but for MaxConn, which is -1.
		u, uErr := strconv.ParseUint(string(value), 10, 64)
		if uErr != nil {
			return c.fail("%s%s is %q", group, name, value)
		}
		n = int64(u)
	}
	if len(c.all) == maxCounters {
		return c.fail("more than %d counters", maxCounters)
	}
	c.all = append(c.all, sock.Counter{Group: group, Name: name, Value: n})
	return nil
}

// group returns a line's first word without its colon.
func (c *counterReader) group(words [][]byte) (string, error) {
	name, found := bytes.CutSuffix(words[0], []byte(":"))
	if !found || len(name) == 0 {
		return "", c.fail("no group in %q", words[0])
	}
	return string(name), nil
}

// eachLine hands the words of each line that has some to read. What was read before
// an error is returned with it.
func eachLine(r io.Reader, read func(c *counterReader, words [][]byte) error) (Counters, error) {
	c := newCounterReader(r)
	for words := c.next(); words != nil; words = c.next() {
		if err := read(c, words); err != nil {
			return c.all, err
		}
	}
	return c.all, c.lines.Err()
}

// parseSNMP reads /proc/net/snmp and /proc/net/netstat: a line with the names of a
// group behind "Group:" and a line with their values (snmp_seq_show and
// netstat_seq_show of net/ipv4/proc.c). What was read before an error is returned
// with it.
func parseSNMP(r io.Reader) (Counters, error) {
	return eachLine(r, func(c *counterReader, words [][]byte) error {
		group, err := c.group(words)
		if err != nil {
			return err
		}
		names := make([]string, len(words)-1)
		for i, name := range words[1:] {
			names[i] = string(name)
		}
		values := c.next()
		if values == nil {
			return c.fail("no values of %s", group)
		}
		if again, err := c.group(values); err != nil || again != group || len(values)-1 != len(names) {
			return c.fail("%d values of %s for %d names", len(values)-1, group, len(names))
		}
		for i, name := range names {
			if err := c.add(group, name, values[i+1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// parseSNMP6 reads /proc/net/snmp6 and /proc/net/sctp/snmp: a name and a value in
// each line, without a group (snmp6_seq_show of net/ipv6/proc.c and
// sctp_snmp_seq_show of net/sctp/proc.c); the group is "Ip6", "Icmp6", "Udp6",
// "UdpLite6" or "Sctp", which the names begin with.
func parseSNMP6(r io.Reader) (Counters, error) {
	return eachLine(r, func(c *counterReader, words [][]byte) error {
		if len(words) != 2 {
			return c.fail("%d words", len(words))
		}
		group, name := splitName6(string(words[0]))
		return c.add(group, name, words[1])
	})
}

// splitName6 splits "Udp6InDatagrams" behind the 6, and "SctpCurrEstab".
func splitName6(name string) (group, rest string) {
	if rest, sctp := strings.CutPrefix(name, "Sctp"); sctp {
		return "Sctp", rest
	}
	for i := range len(name) - 1 {
		if name[i] == '6' {
			return name[:i+1], name[i+1:]
		}
	}
	return "Ip6", name
}

// parseSockstat reads /proc/net/sockstat and sockstat6: "TCP: inuse 5 orphan 0 tw 0
// alloc 8 mem 1" (sockstat_seq_show of net/ipv4/proc.c). mem and memory are pages,
// of the whole machine, as are orphan and alloc.
func parseSockstat(r io.Reader) (Counters, error) {
	return eachLine(r, func(c *counterReader, words [][]byte) error {
		group, err := c.group(words)
		if err != nil {
			return err
		}
		if len(words)%2 == 0 {
			return c.fail("%s has a name without a value", group)
		}
		for i := 1; i < len(words); i += 2 {
			if err := c.add(group, string(words[i]), words[i+1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// parseNumbers reads a file of sysctl's that holds numbers and nothing else, such as
// /proc/sys/net/ipv4/tcp_mem with three of them. A file with fewer than most
// numbers gives those that it has.
func parseNumbers(r io.Reader, most int) ([]int64, error) {
	c := newCounterReader(r)
	words := c.next()
	if len(words) > most {
		return nil, c.fail("%d words", len(words))
	}
	numbers := make([]int64, 0, most)
	for _, w := range words {
		n, err := strconv.ParseInt(string(w), 10, 64)
		if err != nil {
			return nil, c.fail("%q is no number", w)
		}
		numbers = append(numbers, n)
	}
	return numbers, c.lines.Err()
}
