package bpfiter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// btfWriter makes BTF data.
type btfWriter struct {
	order   binary.ByteOrder
	types   []byte
	strings []byte
	count   uint32
}

// name returns the offset of a string; all of them are distinct, as in a kernel.
func (w *btfWriter) name(s string) uint32 {
	if s == "" {
		return 0
	}
	if len(w.strings) == 0 {
		w.strings = []byte{0}
	}
	if at := bytes.Index(w.strings, []byte("\x00"+s+"\x00")); at >= 0 {
		return uint32(at) + 1
	}
	at := len(w.strings)
	w.strings = append(append(w.strings, s...), 0)
	return uint32(at)
}

func (w *btfWriter) words(all ...uint32) {
	for _, v := range all {
		b := make([]byte, 4)
		w.order.PutUint32(b, v)
		w.types = append(w.types, b...)
	}
}

// typ adds a type and returns its number.
func (w *btfWriter) typ(kind int, name string, flag bool, vlen int, size uint32, follows ...uint32) uint32 {
	info := uint32(kind)<<24 | uint32(vlen)
	if flag {
		info |= 1 << 31
	}
	w.words(w.name(name), info, size)
	w.words(follows...)
	w.count++
	return w.count
}

// testMember is a member of a struct; its offset is in bytes.
type testMember struct {
	name   string
	offset uint32
	typ    uint32
}

func (w *btfWriter) composite(kind int, name string, size uint32, members ...testMember) uint32 {
	var follows []uint32
	for _, m := range members {
		follows = append(follows, w.name(m.name), m.typ, m.offset*8)
	}
	return w.typ(kind, name, false, len(members), size, follows...)
}

func (w *btfWriter) data() []byte {
	b := make([]byte, btfHeaderSize)
	w.order.PutUint16(b, btfMagic)
	b[2] = 1 // version
	for i, v := range []uint32{btfHeaderSize, 0, uint32(len(w.types)), uint32(len(w.types)), uint32(len(w.strings))} {
		w.order.PutUint32(b[4+4*i:], v)
	}
	return append(append(b, w.types...), w.strings...)
}

// everyKind adds a type of each kind that is no struct, so that their sizes
// count.
func (w *btfWriter) everyKind() {
	w.typ(1, "int", false, 0, 4, 32)
	w.typ(2, "", false, 0, 1)
	w.typ(3, "", false, 0, 0, 1, 1, 16)
	w.typ(5, "file", false, 1, 8, w.name("f_inode"), 1, 0) // a union of a wanted name
	w.typ(6, "pid_type", false, 2, 4, w.name("PIDTYPE_PID"), 0, w.name("PIDTYPE_TGID"), 1)
	w.typ(7, "nowhere", false, 0, 0)
	w.typ(8, "pid", false, 0, 1) // a typedef of a wanted name
	for kind := 9; kind <= 11; kind++ {
		w.typ(kind, "", false, 0, 1)
	}
	w.typ(13, "", false, 2, 1, w.name("a"), 1, w.name("b"), 1)
	w.typ(12, "bpf_iter_task", false, 0, 13)
	w.typ(12, "bpf_iter_task_file_more", false, 0, 13)
	w.typ(14, "variable", false, 0, 1, 0)
	w.typ(15, ".data", false, 2, 8, 1, 0, 4, 1, 4, 4)
	w.typ(16, "float", false, 0, 4)
	w.typ(17, "tag", false, 0, 1, 0)
	w.typ(18, "rcu", false, 0, 1)
	w.typ(19, "wide", true, 2, 8, w.name("x"), 1, 2, w.name("y"), 3, 4)
}

// kernelBTF returns what a kernel could have, with traps: structs of wanted
// names that are not meant, and members in anonymous structs and unions.
func kernelBTF(order binary.ByteOrder) []byte { return kernelTypes(order, hookName).data() }

// kernelTypes are its types; function is the name of one among them.
func kernelTypes(order binary.ByteOrder, function string) *btfWriter {
	w := &btfWriter{order: order}
	w.everyKind()
	w.composite(kindStruct, "file", 4, testMember{"f_inode_not", 0, 1})
	w.composite(kindStruct, "pid", 4, testMember{"level", 100, 1})
	w.composite(kindStruct, "file", 232, testMember{"f_lock", 0, 1}, testMember{"f_inode", 32, 1})
	w.composite(kindStruct, "inode", 616, testMember{"i_sb", 40, 1}, testMember{"i_ino", 64, 1})
	w.composite(kindStruct, "super_block", 1408, testMember{"s_magic", 96, 1})
	// A randomised layout: an anonymous struct, which is told later, in one.
	number := w.count
	w.composite(kindStruct, "task_struct", 9000,
		testMember{"thread_info", 0, 1}, testMember{"", 64, number + 3}, testMember{"", 3000, number + 2})
	w.composite(kindUnion, "", 16, testMember{"thread_pid", 0, 1}, testMember{"other", 0, 1})
	w.composite(kindStruct, "", 2900,
		testMember{"signal", 1784, 1}, testMember{"group_leader", 1264, 1}, testMember{"", 2000, number + 4})
	w.composite(kindStruct, "", 64, testMember{"comm", 8, 1}, testMember{"start_boottime", 32, 1})
	w.composite(kindStruct, "signal_struct", 1000, testMember{"pids", 360, 3})
	// kind_flag: the upper byte is the width of a bit field.
	w.typ(kindStruct, "pid", true, 3, 160,
		w.name("level"), 1, 3<<24|80, w.name("level"), 1, 4*8, w.name("numbers"), 1, 144*8)
	w.typ(12, function, false, 0, 13)
	spaceBTF(w)
	w.composite(kindStruct, "upid", 16, testMember{"ns", 8, 1}, testMember{"nr", 4, 1})
	w.typ(12, "last", false, 0, 13)
	return w
}

// spaceBTF adds what leads to network namespaces. The first struct file of the
// right kind is the other one.
func spaceBTF(w *btfWriter) {
	w.composite(kindStruct, "file", 232, testMember{"f_inode", 32, 1}, testMember{"private_data", 200, 1})
	w.composite(kindStruct, "task_struct", 9000, testMember{"nsproxy", 3100, 1})
	w.composite(kindStruct, "socket", 128, testMember{"state", 0, 1}, testMember{"sk", 24, 1})
	w.composite(kindStruct, "sock_common", 136, testMember{"skc_net", 48, 1})
	w.composite(kindStruct, "nsproxy", 80, testMember{"net_ns", 40, 1})
	w.composite(kindStruct, "net", 4000, testMember{"ns", 136, 1})
	w.composite(kindStruct, "ns_common", 24, testMember{"ops", 8, 1}, testMember{"inum", 16, 1})
}

var kernelLayout = layout{
	offsets: [offsetCount]uint32{
		fileInode: 32, inodeNumber: 64, inodeSuper: 40, superMagic: 96,
		taskSignal: 64 + 1784, taskPID: 3000, taskLeader: 64 + 1264, taskName: 64 + 2000 + 8, taskStart: 64 + 2000 + 32,
		signalTGID: 368, pidLevel: 4, pidNumbers: 148, upidSize: 16,
	},
	hook: 31,
}

// spaceLayout is the same with what leads to network namespaces.
var spaceLayout = func() layout {
	l := kernelLayout
	for slot, offset := range map[int]uint32{
		filePrivate: 200, socketSock: 24, sockNet: 48, taskSpaces: 3100, spacesNet: 40, netNumber: 136 + 16,
	} {
		l.offsets[slot] = offset
	}
	return l
}()

var orders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

func TestLayoutInBothByteOrders(t *testing.T) {
	for _, order := range orders {
		got, err := findLayout(kernelBTF(order))
		if err != nil {
			t.Errorf("%v: %v", order, err)
		}
		if d := cmp.Diff(kernelLayout, got, cmp.AllowUnexported(layout{})); d != "" {
			t.Errorf("%v: %s", order, d)
		}
		if err := got.findSpaces(kernelBTF(order)); err != nil {
			t.Errorf("%v: %v", order, err)
		}
		if d := cmp.Diff(spaceLayout, got, cmp.AllowUnexported(layout{})); d != "" {
			t.Errorf("%v: with namespaces: %s", order, d)
		}
	}
}

// In a kernel the function stands behind the structs, and much else between them.
func TestLayoutWithALateFunction(t *testing.T) {
	for _, order := range orders {
		w := kernelTypes(order, "bpf_iter_task_fork")
		w.everyKind()
		want := kernelLayout
		want.hook = w.typ(12, hookName, false, 0, 13)
		got, err := findLayout(w.data())
		if err != nil {
			t.Errorf("%v: %v", order, err)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(layout{})); d != "" {
			t.Errorf("%v: %s", order, d)
		}
	}
	for name, end := range map[string]func(*btfWriter){
		"without it":      func(*btfWriter) {},
		"an unknown kind": func(w *btfWriter) { w.typ(20, "of the future", false, 0, 0) },
		"cut off":         func(w *btfWriter) { w.words(0, kindStruct<<24) },
	} {
		w := kernelTypes(binary.NativeEndian, "bpf_iter_task_fork")
		end(w)
		want := errBTF
		if name == "without it" {
			want = errNoHook
		}
		if _, err := findLayout(w.data()); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func bytesReplace(b []byte, from, to string) []byte {
	return bytes.ReplaceAll(b, []byte(from+"\x00"), []byte(to+"\x00"))
}

// Whatever is missing is named.
func TestLayoutWithSomethingMissing(t *testing.T) {
	for _, name := range []string{
		"f_inode", "i_ino", "i_sb", "s_magic", "signal", "thread_pid", "group_leader", "comm",
		"start_boottime", "pids", "level", "numbers", "nr", "bpf_iter_task_file",
		"file", "inode", "super_block", "task_struct", "signal_struct", "pid", "upid",
	} {
		data := bytesReplace(kernelBTF(binary.NativeEndian), name, name[:len(name)-1]+"?")
		_, err := findLayout(data)
		if !errors.Is(err, errMissing) || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	for _, name := range []string{"private_data", "sk", "skc_net", "nsproxy", "net_ns", "ns", "inum", "socket", "sock_common", "net", "ns_common"} {
		data := bytesReplace(kernelBTF(binary.NativeEndian), name, name[:len(name)-1]+"?")
		l, err := findLayout(data)
		if err != nil {
			t.Errorf("without %s: %v", name, err) // owners are found
		}
		if err := l.findSpaces(data); !errors.Is(err, errMissing) || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestLayoutOfBrokenBTF(t *testing.T) {
	data := kernelBTF(binary.NativeEndian)
	for size := range data {
		if _, err := findLayout(data[:size]); !errors.Is(err, errBTF) {
			t.Fatalf("cut to %d bytes: %v", size, err)
		}
	}
	w := &btfWriter{order: binary.NativeEndian}
	w.typ(20, "of the future", false, 0, 0)
	if _, err := findLayout(w.data()); !errors.Is(err, errBTF) {
		t.Errorf("an unknown kind: %v", err)
	}
	w = &btfWriter{order: binary.NativeEndian}
	w.typ(0, "void", false, 0, 0)
	if _, err := findLayout(w.data()); !errors.Is(err, errBTF) {
		t.Errorf("the kind 0: %v", err)
	}
}

// Anonymous structs that hold themselves do not keep us.
func TestLayoutOfACircle(t *testing.T) {
	w := &btfWriter{order: binary.NativeEndian}
	w.composite(kindStruct, "pid", 8, testMember{"", 0, 2})
	w.composite(kindStruct, "", 8, testMember{"", 1 << 28, 2}, testMember{"", 1 << 28, 2})
	w.typ(12, hookName, false, 0, 0)
	if _, err := findLayout(w.data()); !errors.Is(err, errMissing) {
		t.Error(err)
	}
}

func FuzzLayout(f *testing.F) {
	for _, order := range orders {
		f.Add(kernelBTF(order))
	}
	f.Add([]byte{})
	f.Add(kernelBTF(binary.LittleEndian)[:100])
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := findLayout(data)
		if err == nil && l.hook == 0 {
			t.Error("no function and no error")
		}
		for _, err := range []error{err, l.findSpaces(data)} {
			if err != nil && !errors.Is(err, errBTF) && !errors.Is(err, errMissing) {
				t.Error(err)
			}
		}
	})
}
