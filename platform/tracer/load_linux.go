package tracer

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"sockeye/platform/bpfiter"
)

// The first kernel with the helpers that every program needs: bpf_get_socket_cookie of
// a tracepoint's socket.
const (
	firstMajor = 5
	firstMinor = 12
)

// programs are what was loaded, and attached.
type programs struct {
	spec    *ebpf.CollectionSpec
	cache   *btf.Cache
	base    *ebpf.Collection
	copies  []*ebpf.Program // of set_state, in the order in which they see a change
	telling []*ebpf.Program // of other kinds of events
	missing []Missing

	detaching sync.Mutex // the end of the context and Close detach
	links     []io.Closer
	others    []*ebpf.Collection
}

// basic are the programs without which there is nothing to tell.
var basic = []string{traceProgSetState, traceProgReader, traceProgSeed}

// optional are the programs for a kind of event.
var optional = []struct {
	kind    Kind
	program string
}{
	{Retransmit, traceProgRetransmit},
	{SynAckRetransmit, traceProgSynack},
	{ResetSent, traceProgResetSent},
	{ResetReceived, traceProgResetReceived},
	{Drop, traceProgDrop},
}

// learning are the programs that see who uses a connection.
var learning = []struct{ what, program string }{
	{"read", traceProgReads},
	{"write", traceProgWrites},
}

// load loads the programs that are always needed.
func load(o *Options) (*programs, error) {
	if err := bpfiter.MayTrace(o.Proc); err != nil {
		return nil, err
	}
	spec, err := loadTrace()
	if err != nil {
		return nil, err
	}
	p := &programs{spec: spec, cache: btf.NewCache()}
	if err := p.configure(o); err != nil {
		return nil, err
	}
	if p.base, err = p.collection(nil, basic...); err != nil {
		return nil, refused(err)
	}
	return p, nil
}

// refused makes the error of a load one that says why.
func refused(err error) error {
	var verifier *ebpf.VerifierError
	var errno syscall.Errno
	said := ""
	switch {
	case errors.As(err, &verifier) && len(verifier.Log) > 0:
		said = lastLine(verifier.Log)
		err = verifier.Cause
	case errors.As(err, &errno): // the library's own guesses aside
		err = errno
	}
	return bpfiter.Refused(err, said, firstMajor, firstMinor)
}

// lastLine returns what the verifier said last that is no statistics.
func lastLine(log []string) string {
	last := ""
	for _, line := range log {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "processed ") {
			last = line
		}
	}
	return last
}

// configure puts into the programs what is wanted, and what the kernel has.
func (p *programs) configure(o *Options) error {
	size := o.Buffer
	if size <= 0 {
		size = DefaultBuffer
	}
	size = max(size, os.Getpagesize())
	p.spec.Maps[traceMapEvents].MaxEntries = 1 << bits.Len32(uint32(min(size, 1<<30)-1))

	rules, ruleCount := kernelRules(o.Rules)
	spaces, spaceCount := kernelSpaces(o.Namespaces)
	oldStates, newStates := kernelStates(o.OldStates), kernelStates(o.NewStates)
	if !o.Kinds.Has(StateChange) {
		oldStates, newStates = 0, 0
	}
	values := map[string]any{
		traceVarRules: rules, traceVarRuleCount: ruleCount,
		traceVarSpaces: spaces, traceVarSpaceCount: spaceCount,
		traceVarWantedOld: oldStates, traceVarWantedNew: newStates,
	}
	if o.Kinds.Has(ResetSent) {
		values[traceVarResetHasReason] = flag(p.arguments("tcp_send_reset") > 2)
	}
	if o.Kinds.Has(Drop) {
		values[traceVarDropHasReason] = flag(p.arguments("kfree_skb") > 2)
		values[traceVarDropHasSocket] = flag(p.arguments("kfree_skb") > 3)
	}
	for name, value := range values {
		if err := p.spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("variable %s: %w", name, err)
		}
	}
	return nil
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// arguments returns how many arguments a tracepoint has in this kernel; 0 if it is not
// known. The kernel's type btf_trace_NAME is that of a function with one more.
func (p *programs) arguments(tracepoint string) int {
	kernel, err := p.cache.Kernel()
	if err != nil {
		return 0
	}
	var typedef *btf.Typedef
	if kernel.TypeByName("btf_trace_"+tracepoint, &typedef) != nil {
		return 0
	}
	pointer, ok := typedef.Type.(*btf.Pointer)
	if !ok {
		return 0
	}
	function, ok := pointer.Target.(*btf.FuncProto)
	if !ok {
		return 0
	}
	return len(function.Params) - 1
}

// collection loads some of the programs, with maps that are there already.
func (p *programs) collection(maps map[string]*ebpf.Map, names ...string) (*ebpf.Collection, error) {
	spec := p.spec.Copy()
	spec.Programs = map[string]*ebpf.ProgramSpec{}
	for _, name := range names {
		spec.Programs[name] = p.spec.Programs[name].Copy()
	}
	return ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: maps, Cache: p.cache})
}

// attach attaches what is wanted. A kernel without one of the tracepoints, or whose
// types are not those that are known, is told of in missing.
func (p *programs) attach(o *Options) error {
	for i := range copies() {
		set, err := p.copyOfSetState(uint32(i))
		if err == nil {
			p.copies = append(p.copies, set)
			err = p.attachTo(set)
		}
		if err != nil {
			return refused(err)
		}
	}
	for _, optional := range optional {
		if o.Kinds.Has(optional.kind) {
			if told := p.try(optional.kind.String(), optional.program); told != nil {
				p.telling = append(p.telling, told)
			}
		}
	}
	if !o.used() {
		return nil
	}
	for _, learning := range learning {
		for range learners() {
			if p.try(learning.what, learning.program) == nil {
				break
			}
		}
	}
	return nil
}

// try loads and attaches a program that the rest can do without, and returns it; nil if
// it cannot.
func (p *programs) try(what, name string) *ebpf.Program {
	loaded, err := p.collection(p.base.Maps, name)
	if err == nil {
		p.others = append(p.others, loaded)
		err = p.attachTo(loaded.Programs[name])
	}
	if err != nil {
		p.missing = append(p.missing, Missing{What: what, Err: err})
		return nil
	}
	return loaded.Programs[name]
}

func (p *programs) attachTo(program *ebpf.Program) error {
	attached, err := link.AttachTracing(link.TracingOptions{Program: program, AttachType: ebpf.AttachTraceRawTp})
	if err != nil {
		return err
	}
	p.links = append(p.links, attached)
	return nil
}

// detach ends the telling of events. The first set_state is the last to go: what
// another copy sees has been seen, or counted as a miss, by it.
func (p *programs) detach() {
	p.detaching.Lock()
	defer p.detaching.Unlock()
	for _, attached := range slices.Backward(p.links) {
		_ = attached.Close()
	}
	p.links = nil
}

// close frees what was loaded.
func (p *programs) close() {
	p.detach()
	for _, loaded := range append(p.others, p.base) {
		loaded.Close()
	}
}

func (p *programs) events() *ebpf.Map { return p.base.Maps[traceMapEvents] }
