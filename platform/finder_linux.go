package platform

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"sockeye/platform/bpfiter"
	"sockeye/platform/netns"
	"sockeye/procnet"
	"sockeye/sock"
)

// openFinder returns the finder that --owners names: by default the kernel's
// iterator where it can be had, else the search through /proc. It is nil for
// none.
func openFinder(name string, proc procFinder) (ownerFinder, error) {
	iterator := bpfFinder{fs: proc.fs}
	switch name {
	case "", "auto":
		prepare := func() (ownerFinder, error) { return iterator.with(bpfiter.Prepare) }
		return &bestFinder{better: iterator.name(), open: prepare, other: proc}, nil
	case iterator.name():
		finder, err := iterator.with(bpfiter.Open)
		if err != nil {
			return nil, fmt.Errorf("--owners bpf: %w", err)
		}
		return finder, nil
	}
	return pickFinder(name, []ownerFinder{iterator, proc})
}

// procFinder finds owners by reading the descriptors of every process.
type procFinder struct {
	fs      procnet.FS
	threads bool
}

func (procFinder) name() string   { return "proc" }
func (procFinder) reason() string { return "" }
func (procFinder) prepare()       {}
func (procFinder) close()         {}

// confirm has nothing to find out: the search itself counts the refusals.
func (procFinder) confirm(context.Context) (int, error) { return 0, nil }

func (p procFinder) find(ctx context.Context, want []uint64) (ownerIndex, error) {
	index, err := p.fs.Owners(ctx, procnet.OwnerQuery{Want: want, Threads: p.threads})
	if err != nil {
		return nil, err
	}
	return procIndex{OwnerIndex: index, fs: p.fs}, nil
}

// procIndex is an index with the start times that guard against a PID that was
// given to another process.
type procIndex struct {
	*procnet.OwnerIndex
	fs procnet.FS
}

func (x procIndex) hidden() int {
	if x.Hidden {
		return -1
	}
	return x.Denied
}

func (x procIndex) failure() error { return x.Err }

func (x procIndex) rings(context.Context) []sock.Owner { return x.Rings }

func (x procIndex) sameProcess(pid int) bool { return stillStarted(x.fs, x, pid) }

// bpfFinder finds owners with the kernel's iterator over descriptors.
type bpfFinder struct {
	*bpfiter.Finder
	fs procnet.FS // what the facts about the processes are read from
}

// with opens the finder in one of two ways.
func (b bpfFinder) with(open func(proc string) (*bpfiter.Finder, error)) (ownerFinder, error) {
	finder, err := open(b.fs.Root())
	if err != nil {
		return nil, err
	}
	b.Finder = finder
	return b, nil
}

func (bpfFinder) name() string   { return "bpf" }
func (bpfFinder) reason() string { return "" }
func (bpfFinder) prepare()       {}
func (b bpfFinder) close()       { b.Close() }

func (b bpfFinder) find(ctx context.Context, want []uint64) (ownerIndex, error) {
	index, err := b.Find(ctx, bpfiter.Query{Want: want})
	if err != nil {
		return nil, err
	}
	return bpfIndex{Index: index, finder: b}, nil
}

// confirm asks /proc whether a process refuses to be looked into. A security
// policy can keep a process from the iterator, which then is silent about it,
// while /proc refuses aloud. Without the rights to look into the processes of
// others, its refusals mean nothing.
func (b bpfFinder) confirm(ctx context.Context) (int, error) {
	if !mayTraceAll(b.fs) || b.fs.Foreign() != nil {
		return 0, nil
	}
	return b.fs.Refusals(ctx)
}

// mayTraceAll reports whether this process has the capabilities with which /proc
// shows the descriptors of every process (proc_fd_permission in fs/proc/fd.c,
// ptrace_may_access in kernel/ptrace.c).
func mayTraceAll(fs procnet.FS) bool {
	caps, err := bpfiter.Capabilities()
	const read = 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH
	return err == nil && caps&(1<<unix.CAP_SYS_PTRACE) != 0 && caps&read != 0 && fs.InitialUserNamespace()
}

// bpfIndex hides nothing: the kernel shows the descriptors of every process of
// the PID namespace, whatever /proc may show.
type bpfIndex struct {
	*bpfiter.Index
	finder bpfFinder
}

func (bpfIndex) hidden() int { return 0 }

func (bpfIndex) failure() error { return nil }

// rings looks for files without a name, of which few are io_uring's: the links in
// /proc tell.
func (x bpfIndex) rings(ctx context.Context) (rings []sock.Owner) {
	index, err := x.finder.Find(ctx, bpfiter.Query{Anonymous: true})
	if err != nil || x.finder.fs.Foreign() != nil {
		return nil
	}
	for o := range index.All {
		if x.finder.fs.IsRing(o) && stillStarted(x.finder.fs, index, o.PID) {
			rings = append(rings, o)
		}
	}
	return rings
}

func (x bpfIndex) sameProcess(pid int) bool { return stillStarted(x.finder.fs, x, pid) }

// descriptors returns the descriptors that may hold namespaces. The kernel's iterator
// shows all; without it the links in /proc are read, as far as they may be.
func (b *bestFinder) descriptors(ctx context.Context) []netns.Descriptor {
	finder, _ := b.opened()
	return namespaceDescriptors(ctx, finder)
}

func (b bpfFinder) descriptors(ctx context.Context) (held []netns.Descriptor) {
	index, err := b.Find(ctx, bpfiter.Query{Namespaces: true})
	if err != nil {
		return procFinder{fs: b.fs}.descriptors(ctx)
	}
	for _, e := range index.Entries {
		h := index.Holders[e.Holder]
		held = append(held, netns.Descriptor{PID: h.Process.PID, FD: int(e.FD), TID: int(h.TID), Inode: e.Inode})
	}
	return held
}

func (p procFinder) descriptors(ctx context.Context) (held []netns.Descriptor) {
	for h := range p.fs.MayHoldNamespaces(ctx) {
		held = append(held, netns.Descriptor{PID: h.PID, FD: h.FD, Inode: h.Namespace})
	}
	return held
}

// namespaceDescriptors asks a finder for descriptors that hold namespaces.
func namespaceDescriptors(ctx context.Context, finder ownerFinder) []netns.Descriptor {
	if f, ok := finder.(interface {
		descriptors(context.Context) []netns.Descriptor
	}); ok {
		return f.descriptors(ctx)
	}
	return nil
}

// stillStarted reports whether the process with this PID is the one that an
// index holds: it started at the same time. What cannot be read is another one.
func stillStarted(fs procnet.FS, index interface {
	StartTicks(pid int) (uint64, bool)
}, pid int) bool {
	then, known := index.StartTicks(pid)
	now, err := fs.StartTime(pid)
	return known && err == nil && then == now
}
