package procnet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"sockeye/sock"
)

// Tracks reports whether the kernel tracks connections in the network namespace of an
// environment: without that none is translated, and nothing is to be asked. It is
// true if that cannot be told: whoever asks then learns why.
func Tracks(env *sock.Environment) bool {
	var count []byte
	err := env.Do(func() (err error) {
		count, err = os.ReadFile(filepath.Join(env.Proc, "sys", "net", "netfilter", "nf_conntrack_count"))
		return err
	})
	if err != nil {
		return !errors.Is(err, iofs.ErrNotExist)
	}
	return string(bytes.TrimSpace(count)) != "0"
}

// Translations calls visit for every tracked connection of an environment's network
// namespace whose addresses are changed on the way, as /proc/net/nf_conntrack shows
// them to root. The error is sock.ErrUnavailable if it may not be read or is not there.
func Translations(env *sock.Environment, visit func(*sock.Translation)) error {
	file, path, err := session{env}.openTable("nf_conntrack")
	if err != nil {
		return sock.Unavailable(fmt.Errorf("%s: %w", path, err))
	}
	defer file.Close()
	return readTranslations(file, path, visit)
}

// readTranslations reads lines; those that are not understood are left out, and the
// error says so.
func readTranslations(r io.Reader, path string, visit func(*sock.Translation)) error {
	unread, err := eachUnderstood(r, path, func(_ int, line []byte) bool {
		var t sock.Translation
		ported, ok := parseTracked(line, &t)
		if ok && ported && t.Changes() {
			visit(&t)
		}
		return ok
	})
	if err != nil {
		return err
	}
	return unread.err()
}

// parseTracked reads a line (ct_seq_show of net/netfilter/nf_conntrack_standalone.c):
//
//	ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.9 sport=40112 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=8080 dport=40112 [ASSURED] mark=0 use=2
//
// The second half is the answer. ported is false for a protocol without ports.
func parseTracked(line []byte, t *sock.Translation) (ported, ok bool) {
	var addrs [4]netip.Addr // from and to, and those of the answer
	var ports [4]uint16
	words, addresses, numbers := 0, 0, 0
	for word := range bytes.FieldsSeq(line) {
		if words++; words == 4 {
			number, err := strconv.ParseUint(string(word), 10, 8)
			if err != nil {
				return false, false
			}
			t.Original.Protocol = sock.TrackedProtocol(uint8(number))
			t.Reply.Protocol = t.Original.Protocol
		}
		name, value, _ := bytes.Cut(word, []byte("="))
		switch string(name) {
		case "src", "dst":
			addr, err := netip.ParseAddr(string(value))
			if err != nil || addr.Zone() != "" || addresses == len(addrs) {
				return false, false
			}
			addrs[addresses] = addr
			addresses++
		case "sport", "dport":
			port, err := strconv.ParseUint(string(value), 10, 16)
			if err != nil || numbers == len(ports) {
				return false, false
			}
			ports[numbers] = uint16(port)
			numbers++
		}
	}
	if addresses != len(addrs) {
		return false, false
	}
	for i, f := range [...]*sock.Flow{&t.Original, &t.Reply} {
		f.From = netip.AddrPortFrom(addrs[2*i], ports[2*i])
		f.To = netip.AddrPortFrom(addrs[2*i+1], ports[2*i+1])
	}
	return t.Original.Protocol != sock.ProtocolUnknown, true
}
