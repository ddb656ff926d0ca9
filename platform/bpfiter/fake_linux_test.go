package bpfiter

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

// fakeKernel answers as it is told to, and counts what is open.
type fakeKernel struct {
	caps   uint64
	system string // the release; empty: one that is not known
	files  map[string]string
	btf    []byte
	btfErr error

	// load, link and iterate are refused with these, one after another; nil and
	// the end of the list mean success.
	loadErrs, linkErrs, iterateErrs []error
	// said is what the verifier writes where there is room.
	said string
	// raised: RLIMIT_MEMLOCK can be raised, and was (counted); denied is the
	// answer to a program that no kernel takes.
	unlimited bool
	raised    int
	denied    error

	// reads is what the iterations give, one after another.
	reads [][]step

	open     map[int]string
	last     int
	programs [][]byte
	sizes    []int // of the buffers read into
}

// step is the answer to one read.
type step struct {
	records []record
	cut     int // bytes that are missing at the end
	err     error
}

// asRoot returns a kernel that has everything.
func asRoot() *fakeKernel {
	return &fakeKernel{
		caps: 1<<capBPF | 1<<capPerfmon,
		files: map[string]string{
			"/proc/self/uid_map":            "         0          0 4294967295\n",
			"/proc/self/timens_offsets":     "monotonic  5 5\nboottime  2  500000000\n",
			"/sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
		},
		btf:  kernelBTF(binary.NativeEndian),
		open: map[int]string{},
	}
}

func (k *fakeKernel) capabilities() (uint64, error) { return k.caps, nil }

func (k *fakeKernel) release() string { return k.system }

func (k *fakeKernel) raiseMemlock() bool {
	k.raised++
	return k.unlimited
}

func (k *fakeKernel) mayCall() error {
	if k.denied != nil {
		return k.denied
	}
	return syscall.EINVAL
}

func (k *fakeKernel) readFile(path string) ([]byte, error) {
	if s, ok := k.files[path]; ok {
		return []byte(s), nil
	}
	return nil, fs.ErrNotExist
}

func (k *fakeKernel) mapBTF() ([]byte, func(), error) {
	if k.btfErr != nil {
		return nil, nil, k.btfErr
	}
	fd := k.opened("btf")
	return k.btf, func() { k.close(fd) }, nil
}

func (k *fakeKernel) opened(what string) int {
	k.last++
	k.open[k.last] = what
	return k.last
}

// next takes the first error of a list.
func next(errs *[]error) (err error) {
	if len(*errs) > 0 {
		err, *errs = (*errs)[0], (*errs)[1:]
	}
	return err
}

func (k *fakeKernel) load(program []byte, hook uint32, log []byte) (int, error) {
	copy(log, k.said)
	if err := next(&k.loadErrs); err != nil {
		return -1, err
	}
	k.programs = append(k.programs, program)
	return k.opened("program"), nil
}

func (k *fakeKernel) link(program int) (int, error) {
	if k.open[program] != "program" {
		return -1, errors.New("the program is not loaded")
	}
	if err := next(&k.linkErrs); err != nil {
		return -1, err
	}
	return k.opened("link"), nil
}

func (k *fakeKernel) iterate(link int) (int, error) {
	if k.open[link] != "link" {
		return -1, errors.New("there is no link")
	}
	if err := next(&k.iterateErrs); err != nil {
		return -1, err
	}
	return k.opened("iteration"), nil
}

func (k *fakeKernel) read(fd int, b []byte) (int, error) {
	if k.open[fd] != "iteration" {
		return -1, errors.New("there is no iteration")
	}
	k.sizes = append(k.sizes, len(b))
	if len(k.reads) == 0 || len(k.reads[0]) == 0 {
		return 0, nil
	}
	s := k.reads[0][0]
	k.reads[0] = k.reads[0][1:]
	if s.err != nil {
		return -1, s.err
	}
	// What does not fit waits for the next read.
	now := min(len(s.records), len(b)/recordSize)
	if now < len(s.records) {
		k.reads[0] = append([]step{{records: s.records[now:], cut: s.cut}}, k.reads[0]...)
		s.cut = 0
	}
	n := 0
	for _, r := range s.records[:now] {
		n += copy(b[n:], encodeRecord(r))
	}
	return n - s.cut, nil
}

func (k *fakeKernel) close(fd int) {
	if k.open[fd] == "iteration" && len(k.reads) > 0 {
		k.reads = k.reads[1:]
	}
	delete(k.open, fd)
}

// held checks what has been left open.
func (k *fakeKernel) held(t *testing.T, want int) {
	t.Helper()
	if len(k.open) != want {
		t.Errorf("left open: %v, want %d", k.open, want)
	}
}

// reason returns the reason of a refusal.
func reason(err error) string {
	var refusal *UnavailableError
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}
