package bpfiter

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// Where the BTF cannot be mapped it is read.
func TestReadPages(t *testing.T) {
	want := bytes.Repeat([]byte("BTF!"), 5000)
	got, err := readPages(bytes.NewReader(want), len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := unix.Munmap(got); err != nil {
		t.Error(err)
	}
	if _, err := readPages(bytes.NewReader(want), len(want)+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a short file: %v", err)
	}
}

// Mapped or read, it is the same.
func TestMapBTF(t *testing.T) {
	want, err := os.ReadFile(btfFile)
	if err != nil {
		population.Skip(t, err.Error())
	}
	data, release, err := host{}.mapBTF()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if !bytes.Equal(data, want) {
		t.Error("what is mapped is not what the file holds")
	}
	mapped, err := findLayout(data)
	if err != nil {
		t.Fatal(err)
	}
	read, err := findLayout(want)
	if d := cmp.Diff(read, mapped, cmp.AllowUnexported(layout{})); d != "" || err != nil {
		t.Error(d, err)
	}
}
