package bpfiter

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/sock"
)

// needs64 skips what a 32-bit program refuses at once.
func needs64(t *testing.T) {
	t.Helper()
	if strconv.IntSize < 64 {
		t.Skip(reason32Bit)
	}
}

func TestReasonOfEachRefusal(t *testing.T) {
	needs64(t)
	for name, c := range map[string]struct {
		change func(*fakeKernel)
		reason string
		cause  error
	}{
		"no capabilities": {func(k *fakeKernel) { k.caps = 1 << capBPF }, reasonCapabilities, nil},
		"capabilities come first": {func(k *fakeKernel) {
			k.caps, k.btfErr = 0, fs.ErrNotExist
			k.files["/proc/self/uid_map"] = "0 1000 1\n"
		}, reasonCapabilities, nil},
		"user namespace": {func(k *fakeKernel) {
			k.files["/proc/self/uid_map"] = "0 1000 1\n"
			k.btfErr = fs.ErrNotExist
		}, reasonUserNS, nil},
		"two ranges": {func(k *fakeKernel) { k.files["/proc/self/uid_map"] = "0 0 1\n1 100000 65535\n" }, reasonUserNS, nil},
		"no BTF": {func(k *fakeKernel) {
			k.btfErr = fs.ErrNotExist
			k.loadErrs = []error{syscall.EPERM}
		}, reasonNoBTF, fs.ErrNotExist},
		"BTF refused":         {func(k *fakeKernel) { k.btfErr = fs.ErrPermission }, reasonBTFRefused, fs.ErrPermission},
		"BTF of another kind": {func(k *fakeKernel) { k.btf = []byte("no BTF") }, reasonBTFBad, errBTF},
		"BTF without the iterator": {func(k *fakeKernel) {
			k.btf = bytesReplace(k.btf, "bpf_iter_task_file", "bpf_iter_task_fork")
			k.system = "6.1.0-50-amd64"
		}, reasonNoIterator, errNoHook},
		"before the iterator": {func(k *fakeKernel) {
			k.btf = bytesReplace(k.btf, "bpf_iter_task_file", "bpf_iter_task_fork")
			k.system = "5.7.19"
		}, reasonTooOld, errNoHook},
		"before BTF":   {func(k *fakeKernel) { k.btfErr, k.system = fs.ErrNotExist, "4.19.0-27-amd64" }, reasonTooOld, fs.ErrNotExist},
		"other types":  {func(k *fakeKernel) { k.btf = bytesReplace(k.btf, "f_inode", "f_inodX") }, reasonNoMember, errMissing},
		"EPERM":        {loadError(syscall.EPERM), reasonPolicy, syscall.EPERM},
		"EACCES":       {loadError(syscall.EACCES), reasonPolicy, syscall.EACCES},
		"ENOSYS":       {loadError(syscall.ENOSYS), reasonNoBPF, syscall.ENOSYS},
		"EINVAL":       {loadError(syscall.EINVAL), reasonOther, syscall.EINVAL},
		"E2BIG":        {loadError(syscall.E2BIG), reasonOther, syscall.E2BIG},
		"ENOMEM":       {loadError(syscall.ENOMEM), reasonOther, syscall.ENOMEM},
		"the verifier": {verifier(syscall.EACCES), reasonVerifier, syscall.EACCES},
		"too complex":  {verifier(syscall.E2BIG), reasonVerifier, syscall.E2BIG},
		"not verified, on an old kernel": {func(k *fakeKernel) {
			verifier(syscall.EINVAL)(k)
			k.system = "5.10.0-32-amd64"
		}, reasonVerifier, syscall.EINVAL},
		"memory may not be locked": {func(k *fakeKernel) {
			k.system, k.loadErrs = "5.10.0-32-amd64", []error{syscall.EPERM, syscall.EPERM, syscall.EPERM, syscall.EPERM}
		}, reasonMemlock, syscall.EPERM},
		"memory may be locked, and a policy denies": {func(k *fakeKernel) {
			k.system, k.loadErrs, k.unlimited = "5.10.0-32-amd64", []error{syscall.EPERM, syscall.EPERM, syscall.EPERM, syscall.EPERM}, true
		}, reasonPolicy, syscall.EPERM},
		"a policy denies every program": {func(k *fakeKernel) {
			k.system, k.loadErrs, k.denied = "5.10.0-32-amd64", []error{syscall.EPERM, syscall.EPERM, syscall.EPERM, syscall.EPERM}, syscall.EPERM
		}, reasonPolicy, syscall.EPERM},
		"EPERM at link":  {func(k *fakeKernel) { k.linkErrs = []error{syscall.EPERM} }, reasonPolicy, syscall.EPERM},
		"EINVAL at link": {func(k *fakeKernel) { k.linkErrs = []error{syscall.EINVAL} }, reasonOther, syscall.EINVAL},
		"confidentiality": {func(k *fakeKernel) {
			k.files["/sys/kernel/security/lockdown"] = "none integrity [confidentiality]\n"
			verifier(syscall.EINVAL)(k)
		}, reasonPolicy, syscall.EINVAL},
		"always interrupted": {func(k *fakeKernel) {
			for range loadTries {
				k.loadErrs = append(k.loadErrs, syscall.EAGAIN)
			}
		}, reasonOther, syscall.EAGAIN},
	} {
		k := asRoot()
		c.change(k)
		f, err := open(k, "/proc")
		if f != nil || reason(err) != c.reason || !errors.Is(err, sock.ErrUnavailable) || c.cause != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: %v, want %q with %v", name, err, c.reason, c.cause)
		}
		k.held(t, 0)
	}
}

// verifier refuses the program with a log.
func verifier(err error) func(*fakeKernel) {
	return func(k *fakeKernel) {
		k.loadErrs = []error{err, err}
		k.said = "0: R1=ctx()\nmath is not allowed\nprocessed 90 insns (limit 1000000)\n\x00"
	}
}

func loadError(err error) func(*fakeKernel) {
	return func(k *fakeKernel) { k.loadErrs = []error{err} }
}

// The last line of the verifier's log says what was wrong.
func TestVerifierIsQuoted(t *testing.T) {
	needs64(t)
	k := asRoot()
	verifier(syscall.EACCES)(k)
	_, err := open(k, "/proc")
	want := reasonVerifier + ": load the program: permission denied: math is not allowed"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for log, want := range map[string]string{
		"": "", "\x00": "", "processed 3 insns\n": "", "a\n\n  b \n\x00c\n": "b", "cut off": "cut off",
	} {
		if got := lastWords([]byte(log)); got != want {
			t.Errorf("%q: %q, want %q", log, got, want)
		}
	}
}

// A kernel that charges RLIMIT_MEMLOCK refuses at first, and the limit is raised;
// that of other kernels is left alone.
func TestMemlockIsRaised(t *testing.T) {
	needs64(t)
	for system, raised := range map[string]int{"5.10.0-32-amd64": 1, "4.18.0-553.el8": 1, "5.11.0": 0, "7.2.1": 0, "": 0} {
		k := asRoot()
		k.system, k.loadErrs = system, []error{syscall.EPERM}
		f, err := open(k, "/proc")
		if (err == nil) != (raised > 0) || k.raised != raised {
			t.Errorf("Linux %q: %v, raised %d times, want %d", system, err, k.raised, raised)
		}
		if err == nil {
			f.Close()
		}
		k.held(t, 0)
	}
}

// What may be missing from /proc and /sys does not stand in the way.
func TestOpenWithoutFiles(t *testing.T) {
	needs64(t)
	k := asRoot()
	k.files = nil
	k.loadErrs = []error{syscall.EAGAIN, syscall.EINTR, syscall.EAGAIN}
	f, err := open(k, "/proc")
	if err != nil {
		t.Fatal(err)
	}
	k.held(t, 1)
	f.Close()
	k.held(t, 0)
}

// fakeFinder opens a Finder on a kernel whose iterations give these reads.
func fakeFinder(t *testing.T, iterations ...[]step) (*Finder, *fakeKernel) {
	t.Helper()
	needs64(t)
	k := asRoot()
	k.reads = iterations
	f, err := open(k, "/proc")
	if err != nil {
		t.Fatal(err)
	}
	return f, k
}

// tick is a clock tick in nanoseconds.
const tick = 10_000_000

func rec(inode uint64, pid, tid, fd uint32, start uint64) record {
	return record{inode: inode, pid: pid, tid: tid, fd: fd, start: start * tick, name: [16]byte{'p', '0' + byte(pid%10)}}
}

func TestFindRetriesAndSorts(t *testing.T) {
	f, k := fakeFinder(t, []step{
		{records: []record{rec(70, 9, 0, 4, 50), rec(60, 9, 0, 3, 50)}},
		{err: syscall.EAGAIN},
		{err: syscall.EINTR},
		{records: []record{rec(60, 8, 0, 5, 40), rec(0, 8, 0, 6, 40), rec(61, 0, 0, 6, 40), rec(62, 8, 81, 7, 40)}},
		{err: syscall.EAGAIN},
	})
	ix, err := f.Find(t.Context(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	// The time namespace adds 2.5 s.
	want := []owner{{60, 8, 5, 0, "p8", 290}, {60, 9, 3, 0, "p9", 300}, {62, 8, 7, 81, "p8", 290}, {70, 9, 4, 0, "p9", 300}}
	if d := cmp.Diff(want, ownersOf(ix, inodes(ix))); d != "" {
		t.Error(d)
	}
	for _, size := range k.sizes {
		if size != bufferSize {
			t.Errorf("read into %d bytes", size)
		}
	}
	k.held(t, 1)
}

func TestFindFails(t *testing.T) {
	f, k := fakeFinder(t,
		[]step{{records: []record{rec(60, 8, 0, 5, 40)}}, {err: syscall.EIO}},
		[]step{{records: []record{rec(60, 8, 0, 5, 40)}, cut: 1}},
	)
	if ix, err := f.Find(t.Context(), Query{}); ix != nil || !errors.Is(err, syscall.EIO) || !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("%v, %v", ix, err)
	}
	if ix, err := f.Find(t.Context(), Query{}); ix != nil || !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("half a record: %v, %v", ix, err)
	}
	k.iterateErrs = []error{syscall.EPERM}
	if ix, err := f.Find(t.Context(), Query{}); ix != nil || !errors.Is(err, syscall.EPERM) || !errors.Is(err, sock.ErrUnavailable) {
		t.Errorf("%v, %v", ix, err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, want := range [][]uint64{nil, {}, {60}} {
		if ix, err := f.Find(canceled, Query{Want: want}); err != context.Canceled && (ix == nil || want == nil) {
			t.Errorf("canceled, want %v: %v, %v", want, ix, err)
		}
	}
	k.held(t, 1)
	if ix, err := f.Find(t.Context(), Query{Want: []uint64{}}); err != nil || ix.Len() != 0 {
		t.Errorf("nothing wanted: %v, %v", ix, err)
	}
}

// The program itself is told which inodes are looked for.
func TestFindFew(t *testing.T) {
	f, k := fakeFinder(t, []step{{records: []record{rec(60, 8, 0, 5, 40)}}, {records: []record{rec(60, 9, 0, 5, 40)}}})
	ix, err := f.Find(t.Context(), Query{Want: []uint64{60, 60}})
	if err != nil || ix.Len() != 2 {
		t.Errorf("%d descriptors, %v", ix.Len(), err)
	}
	want, err := fill(nativeProgram(), binary.NativeEndian, &f.layout, sockets, []span{{60, 0}})
	if err != nil || len(k.programs) != 2 || !cmp.Equal(k.programs[1], want) {
		t.Errorf("%d programs, %v", len(k.programs), err)
	}
	k.held(t, 1)
}

// What is prepared loads a program when it searches, and no other than is needed.
func TestPreparedSearch(t *testing.T) {
	needs64(t)
	for name, c := range map[string]struct {
		want  []uint64
		spans []span
		held  int
	}{
		"all":     {nil, everything, 1},
		"one":     {[]uint64{60}, []span{{60, 0}}, 0},
		"nothing": {[]uint64{}, nil, 0},
	} {
		k := asRoot()
		f, err := prepare(k, "/proc")
		if err != nil || len(k.programs) != 0 {
			t.Fatalf("%s: %d programs, %v", name, len(k.programs), err)
		}
		for range 2 {
			if _, err := f.Find(t.Context(), Query{Want: c.want}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		loads := 2 - c.held
		if c.spans == nil {
			loads = 0
		}
		if len(k.programs) != loads {
			t.Errorf("%s: %d programs for two searches", name, len(k.programs))
		}
		for _, program := range k.programs {
			if want, err := fill(nativeProgram(), binary.NativeEndian, &f.layout, sockets, c.spans); err != nil || !cmp.Equal(program, want) {
				t.Errorf("%s: another program, %v", name, err)
			}
		}
		k.held(t, c.held)
		f.Close()
		k.held(t, 0)
	}
}

// A refusal that is met when it searches has its reason, and the limit is raised then.
func TestPreparedIsRefused(t *testing.T) {
	needs64(t)
	for _, want := range [][]uint64{nil, {60}} {
		k := asRoot()
		k.loadErrs = []error{syscall.EPERM, syscall.EPERM, syscall.EPERM, syscall.EPERM}
		f, err := prepare(k, "/proc")
		if err != nil {
			t.Fatal(err)
		}
		if ix, err := f.Find(t.Context(), Query{Want: want}); ix != nil || reason(err) != reasonPolicy || !errors.Is(err, sock.ErrUnavailable) {
			t.Errorf("%v: %v, %v", want, ix, err)
		}
		f.Close()
		k.held(t, 0)

		k = asRoot()
		k.system, k.loadErrs = "5.10.0-32-amd64", []error{syscall.EPERM}
		if f, err = prepare(k, "/proc"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Find(t.Context(), Query{Want: want}); err != nil {
			t.Errorf("%v: %v", want, err)
		}
		f.Close()
		k.held(t, 0)
	}
}

// A refused program or link costs time only.
func TestFindWithoutHelpOfTheKernel(t *testing.T) {
	all := []step{{records: []record{rec(60, 8, 0, 5, 40), rec(60, 9, 0, 5, 40), rec(59, 8, 0, 4, 40)}}}
	f, k := fakeFinder(t, all, all)
	want := []owner{{60, 8, 5, 0, "p8", 290}, {60, 9, 5, 0, "p9", 290}}
	for name, refuse := range map[string]func(){
		"the program": func() { k.loadErrs = []error{syscall.ENOMEM} },
		"the link":    func() { k.linkErrs = []error{syscall.ENOSPC} },
	} {
		refuse()
		ix, err := f.Find(t.Context(), Query{Want: []uint64{60}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, ownersOf(ix, []uint64{59, 60})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		k.held(t, 1)
	}
}
