package procnet

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"sockeye/sock"
)

// roomLimits are limits and settings that bear on sockets and are not the sockets' own:
// those of ip-sysctl and nf_conntrack-sysctl in the kernel's documentation.
var roomLimits = []limit{
	{sock.TCP, "fin_timeout", "", "", false, false, "net.ipv4.tcp_fin_timeout", 0, -1, ""},
	{sock.ProtocolUnknown, "conntrack", conntrackGroup, "count", false, false, "net.netfilter.nf_conntrack_max", 0, -1, ""},
}

// The groups of the counters of [ReadRoom], which are called as their files are.
const (
	conntrackGroup = "nf_conntrack"
	softnetGroup   = "softnet_stat"
	rawGroup       = "raw_drops"
)

// ReadRoom reads how much room there is beside the sockets of a network namespace: the
// table of connection tracking with what it dropped, what the processors dropped before
// it came to a socket, which is told of the whole machine, and what each raw socket
// dropped, which sock_diag does not tell on every kernel. A file that this kernel does not
// have is none.
func ReadRoom(env *sock.Environment) (sock.KernelSummary, []*sock.Partial) {
	r := kernelReader{session: session{env}}
	numbers, path, err := r.readSetting("net.netfilter.nf_conntrack_count")
	if r.fail(path, err); len(numbers) == 1 {
		r.counters = append(r.counters, sock.Counter{Group: conntrackGroup, Name: "count", Value: numbers[0]})
	}
	var k sock.KernelSummary
	for _, l := range roomLimits {
		k.Usage = append(k.Usage, r.usage(l))
	}
	r.counters = nil
	r.readCounters("stat/nf_conntrack", parseConntrackStat)
	r.readCounters("softnet_stat", parseSoftnet)
	r.readCounters("raw", parseRawDrops)
	r.readCounters("raw6", parseRawDrops)
	k.Counters = r.counters
	return k, r.partials()
}

// parseConntrackStat reads /proc/net/stat/nf_conntrack: a line with names, and one with
// hexadecimal numbers for each processor (ct_cpu_seq_show of
// net/netfilter/nf_conntrack_standalone.c). It returns the sums of the processors; of the
// first column, which is the same in all, that means nothing.
func parseConntrackStat(r io.Reader) (Counters, error) {
	return eachLine(r, func(c *counterReader, words [][]byte) error {
		if c.number > 1 {
			return c.addHex(words)
		}
		for _, name := range words {
			if err := c.add(conntrackGroup, string(name), []byte("0")); err != nil {
				return err
			}
		}
		return nil
	})
}

// parseSoftnet reads /proc/net/softnet_stat: a line of hexadecimal numbers for each
// processor, of which the second counts packets that found its queue full, and the third
// how often there was more to do than time (softnet_seq_show of net/core/net-procfs.c).
// It returns the sums of the processors.
func parseSoftnet(r io.Reader) (Counters, error) {
	names := []string{"processed", "dropped", "time_squeeze"}
	return eachLine(r, func(c *counterReader, words [][]byte) error {
		if len(c.all) == 0 {
			for _, name := range names {
				c.all = append(c.all, sock.Counter{Group: softnetGroup, Name: name})
			}
		}
		return c.addHex(words[:min(len(words), len(names))])
	})
}

// parseRawDrops reads the packets that each socket of /proc/net/raw or raw6 dropped
// because its buffer was full (raw_sock_seq_show of net/ipv4/raw.c). The name of a counter
// is the protocol of IP, which stands for the port, with the inode: "17/208545086".
func parseRawDrops(r io.Reader) (Counters, error) {
	const local, inode, drops = 1, 9, 12
	return eachLine(r, func(c *counterReader, words [][]byte) error {
		if c.number == 1 {
			return nil // the head
		}
		if len(words) <= drops {
			return c.fail("%d words", len(words))
		}
		_, port, _ := bytes.Cut(words[local], []byte(":"))
		protocol, err := strconv.ParseUint(string(port), 16, 16)
		if err != nil {
			return c.fail("%q is no address", words[local])
		}
		return c.add(rawGroup, fmt.Sprintf("%d/%s", protocol, words[inode]), words[drops])
	})
}

// addHex adds hexadecimal numbers of 32 bits to the counters, one each.
func (c *counterReader) addHex(words [][]byte) error {
	if len(words) != len(c.all) {
		return c.fail("%d numbers, not %d", len(words), len(c.all))
	}
	for i, word := range words {
		n, err := strconv.ParseUint(string(word), 16, 32)
		if err != nil {
			return c.fail("%s is %q", c.all[i].Name, word)
		}
		c.all[i].Value += int64(n)
	}
	return nil
}
