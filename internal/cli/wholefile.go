package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// wholeFile is a file that comes into being whole or not at all: it is written
// beside the place where it will stand. What is there and is no regular file, a
// device or a FIFO, is written as it is.
type wholeFile struct {
	*os.File
	name string // where it will stand; empty if it is there already
}

// createWhole begins to write the file of that name.
func createWhole(name string) (*wholeFile, error) {
	old, err := os.Stat(name)
	switch {
	case err == nil && !old.Mode().IsRegular():
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &wholeFile{File: file}, err
	case err == nil:
		name, err = filepath.EvalSymlinks(name)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(fmt.Sprintf("%s.%08x", name, rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: plainError(err)}
	}
	f := &wholeFile{file, name}
	if old != nil {
		if err := file.Chmod(old.Mode().Perm()); err != nil {
			f.discard()
			return nil, err
		}
	}
	return f, nil
}

// finish puts the file in its place.
func (f *wholeFile) finish() error {
	err := f.Close()
	if err == nil && f.name != "" {
		err = os.Rename(f.Name(), f.name)
	}
	if err != nil {
		f.discard()
	}
	return err
}

// discard ends the writing of a file that is not whole. What stood in its place
// stays; behind a file that is in its place already it does nothing.
func (f *wholeFile) discard() {
	f.Close()
	if f.name != "" {
		os.Remove(f.Name())
	}
}
