package tracer

import (
	"fmt"
	"maps"

	"github.com/cilium/ebpf"

	"sockeye/platform/bpfiter"
)

// The kernel does not run a program while the same one runs on the processor already,
// so it is loaded and attached several times, and what is missed all the same is counted.

// copies returns how often set_state is attached: see the function seen in
// bpf/trace.bpf.c. A program that a softirq alone interrupts needs one more. Where other
// processes interrupt it they may do so for long, one within the other.
func copies() int {
	if preempted() {
		return 4
	}
	return 2
}

// learners returns how often what sees a process read or write is attached. It does no
// harm that each of them learns the same.
func learners() int {
	if preempted() {
		return copies()
	}
	return 1
}

// preempted reports whether another process may run while a program does: since Linux
// 7.0 a tracepoint is guarded by srcu_fast (include/linux/tracepoint.h), and no longer
// by keeping the processor.
func preempted() bool { return !bpfiter.Before(7, 0) }

// copyOfSetState returns a copy of set_state that knows its number.
func (p *programs) copyOfSetState(number uint32) (*ebpf.Program, error) {
	if number == 0 {
		return p.base.Programs[traceProgSetState], nil
	}
	variable := p.spec.Variables[traceVarCopy]
	if err := variable.Set(number); err != nil {
		return nil, fmt.Errorf("variable %s: %w", traceVarCopy, err)
	}
	shared := maps.Clone(p.base.Maps)
	delete(shared, variable.SectionName) // its constants are its own
	loaded, err := p.collection(shared, traceProgSetState)
	if err != nil {
		return nil, err
	}
	p.others = append(p.others, loaded)
	return loaded.Programs[traceProgSetState], nil
}

// lost returns how many events the programs could not write, and which they were kept
// from. Those are at most as many, since what a program is kept from may be nothing
// that is wanted.
func (p *programs) lost() uint64 {
	n, err := p.count(traceVarLost)
	if err != nil {
		return 0 // the map has been closed
	}
	for _, program := range p.telling {
		n += misses(program)
	}
	return n + p.unseen()
}

// unseen returns how many changes of state no copy of set_state saw: what the first one
// was kept from, but for those that another caught, and no more than any of the others
// was kept from.
func (p *programs) unseen() uint64 {
	if len(p.copies) == 0 {
		return 0
	}
	n := misses(p.copies[0])
	caught, err := p.count(traceVarCaught)
	if err != nil || caught >= n {
		return 0 // the second is read later, and may have more
	}
	n -= caught
	for _, other := range p.copies[1:] {
		n = min(n, misses(other))
	}
	return n
}

// count reads a variable of the programs.
func (p *programs) count(name string) (n uint64, err error) {
	err = p.base.Variables[name].Get(&n)
	return n, err
}

// misses returns how often a program was not run since it ran already on the processor.
func misses(program *ebpf.Program) uint64 {
	stats, err := program.Stats()
	if err != nil {
		return 0 // closed, or a kernel that does not count them
	}
	return stats.RecursionMisses
}
