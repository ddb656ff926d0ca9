package procnet

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"sockeye/sock"
)

// ReservedPorts returns the ranges of ports, first and last, that the kernel gives to no
// socket that does not ask for one of them: net.ipv4.ip_local_reserved_ports.
func ReservedPorts(env *sock.Environment) (ranges [][2]uint16, err error) {
	err = env.Do(func() error {
		file, err := os.Open(filepath.Join(env.Proc, "sys", "net", "ipv4", "ip_local_reserved_ports"))
		if err != nil {
			return err
		}
		defer file.Close()
		ranges, err = parsePorts(file)
		return err
	})
	return ranges, err
}

// maxPortsText is the longest list of ports: each second one by itself, of five digits
// with a comma.
const maxPortsText = 6 << 15

// parsePorts reads a list of ports and ranges such as "8080,9148-9200", as
// proc_do_large_bitmap of kernel/sysctl.c writes it. An empty list is none.
func parsePorts(r io.Reader) (ranges [][2]uint16, err error) {
	words := bufio.NewScanner(io.LimitReader(r, maxPortsText+1))
	words.Buffer(nil, maxPortsText+2)
	words.Scan()
	text := bytes.TrimSpace(words.Bytes())
	for word := range bytes.SplitSeq(text, []byte(",")) {
		if len(text) == 0 {
			break
		}
		first, last, found := bytes.Cut(word, []byte("-"))
		if !found {
			last = first
		}
		from, err := strconv.ParseUint(string(first), 10, 16)
		to, toErr := strconv.ParseUint(string(last), 10, 16)
		if err != nil || toErr != nil || from > to {
			return ranges, fmt.Errorf("%q is no range of ports", word)
		}
		ranges = append(ranges, [2]uint16{uint16(from), uint16(to)})
	}
	return ranges, words.Err()
}
