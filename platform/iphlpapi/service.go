package iphlpapi

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// serviceHost is the program that hosts the services of Windows, several in one
// process.
const serviceHost = "svchost.exe"

// services finds the service for which a socket of a service host was opened.
type services struct {
	sys   *system
	known map[serviceKey]string
	buf   []byte
}

// serviceKey is what the answer depends on.
type serviceKey struct {
	pid  uint32
	info [moduleSize]byte
}

// minModule holds two names of usual length. It is not 0: a first call with no
// buffer may succeed and say nothing.
const minModule = 1 << 10

// maxModule bounds what is allocated for two names.
const maxModule = 1 << 20

// of returns the name of the service, empty if it is not known: the process may
// be gone, or be one that this user may not look into.
func (v *services) of(r *rows, row []byte) string {
	info := r.moduleInfo(row)
	if info == nil {
		return ""
	}
	pid, _ := r.processID(row)
	key := serviceKey{pid: pid, info: [moduleSize]byte(info)}
	name, ok := v.known[key]
	if !ok {
		name = v.ask(r, row)
		if v.known == nil {
			v.known = map[serviceKey]string{}
		}
		v.known[key] = name
	}
	return name
}

func (v *services) ask(r *rows, row []byte) string {
	if v.buf == nil {
		v.buf = make([]byte, minModule)
	}
	for range maxTries {
		clear(v.buf)
		needed, code, base := v.sys.module(r.table, row, v.buf)
		switch {
		case code == codeSuccess:
			name, _, err := decodeModule(v.buf, base, v.sys.wordSize)
			if err != nil {
				return "" // a name that cannot be read is one that is not known
			}
			return name
		case code != codeInsufficientBuffer || needed > maxModule:
			return ""
		}
		v.buf = make([]byte, max(int(needed), 2*len(v.buf)))
		if len(v.buf) > maxModule {
			v.buf = nil
			return ""
		}
	}
	return ""
}

var errModule = errors.New("the owner module is malformed")

// decodeModule reads a TCPIP_OWNER_MODULE_BASIC_INFO of iprtrmib.h: pointers to
// the name of the module, which is that of the service for a service host, and
// to its path. Both strings lie in the same buffer, which is at address base; a
// pointer to elsewhere is an error. A null pointer is an empty string.
func decodeModule(buf []byte, base uint64, wordSize int) (name, path string, err error) {
	var texts [2]string
	for i := range texts {
		at, err := pointer(buf, i*wordSize, wordSize)
		if err != nil {
			return "", "", err
		}
		if at == 0 {
			continue
		}
		if at-base >= uint64(len(buf)) { // what is before the base wraps to beyond it
			return "", "", errModule
		}
		if texts[i], err = wideString(buf[at-base:]); err != nil {
			return "", "", err
		}
	}
	return texts[0], texts[1], nil
}

// pointer reads a pointer of the given size.
func pointer(buf []byte, at, size int) (uint64, error) {
	switch {
	case at+size > len(buf):
		return 0, errModule
	case size == 4:
		return uint64(binary.LittleEndian.Uint32(buf[at:])), nil
	}
	return binary.LittleEndian.Uint64(buf[at:]), nil
}

// wideString reads UTF-16 up to its NUL, as UTF-8.
func wideString(b []byte) (string, error) {
	for i := 0; i+2 <= len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return wideText(b[:i]), nil
		}
	}
	return "", errModule
}

// wideText reads UTF-16 as UTF-8. What is no character becomes U+FFFD.
func wideText(b []byte) string {
	var text []byte
	for i := 0; i+2 <= len(b); {
		r := rune(binary.LittleEndian.Uint16(b[i:]))
		i += 2
		if utf16.IsSurrogate(r) {
			second := rune(0)
			if i+2 <= len(b) {
				second = rune(binary.LittleEndian.Uint16(b[i:]))
			}
			if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
				i += 2
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return string(text)
}
