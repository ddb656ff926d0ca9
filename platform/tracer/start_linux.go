package tracer

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// iterate runs an iterator until it has written most bytes, or to its end.
func iterate(program *ebpf.Program, most int64) error {
	attached, err := link.AttachIter(link.IterOptions{Program: program})
	if err != nil {
		return refused(err)
	}
	defer attached.Close()
	output, err := attached.Open()
	if err != nil {
		return refused(err)
	}
	defer output.Close()
	b := make([]byte, 1)
	for n := int64(0); n < most; n++ {
		_, err := output.Read(b)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, unix.EAGAIN): // many objects without output
			n--
		case err != nil:
			return fmt.Errorf("iterate: %w", err)
		}
	}
	return nil
}

// findReader tells the programs which PID namespace numbers are meant in, and returns
// what the kernel's clock is ahead of this process's, in nanoseconds: they differ in a
// time namespace.
func (p *programs) findReader() (shift int64, err error) {
	before := bootTime()
	if err := iterate(p.base.Programs[traceProgReader], 1); err != nil {
		return 0, err
	}
	after := bootTime()
	var at uint64
	if err := p.base.Variables[traceVarReaderTime].Get(&at); err != nil {
		return 0, fmt.Errorf("the programs' variables: %w", err)
	}
	if at == 0 {
		return 0, errors.New("the iterator over processes did not run")
	}
	if int64(at) < before || int64(at) > after {
		shift = int64(at) - before
	}
	return shift, nil
}

// seed gives the sockets that are there the owners that they have. It writes nothing.
func (p *programs) seed() error {
	return iterate(p.base.Programs[traceProgSeed], 1)
}

// reasons returns the kernel's names of why segments are dropped and resets sent.
func (p *programs) reasons() (drops, resets map[uint32]string) {
	return p.names("skb_drop_reason", "SKB_DROP_REASON_", "SKB_"), p.names("sk_rst_reason", "SK_RST_REASON_", "SK_")
}

// names returns the names of an enum by their value, without the first prefix that
// they have; nil if the kernel has none.
func (p *programs) names(enum string, prefixes ...string) map[uint32]string {
	kernel, err := p.cache.Kernel()
	if err != nil {
		return nil
	}
	var found *btf.Enum
	if kernel.TypeByName(enum, &found) != nil {
		return nil
	}
	names := make(map[uint32]string, len(found.Values))
	for _, value := range found.Values {
		name := value.Name
		for _, prefix := range prefixes {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				name = rest
				break
			}
		}
		names[uint32(value.Value)] = name
	}
	return names
}
