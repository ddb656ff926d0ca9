package procnet

import (
	"bytes"
	"encoding/binary"
)

// numberedEntries appends the numbers among the names in a buffer that
// getdents64(2) filled, and skips other names:
//
//	struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
//
// Numbers are in the machine's byte order. A record that does not fit ends it.
func numberedEntries(numbers []int32, buf []byte) []int32 {
	const lengthAt, nameAt = 16, 19
	for len(buf) > nameAt {
		length := int(binary.NativeEndian.Uint16(buf[lengthAt:]))
		if length <= nameAt || length > len(buf) {
			break
		}
		name := buf[nameAt:length]
		if end := bytes.IndexByte(name, 0); end >= 0 {
			if n, ok := parseNumber(name[:end]); ok {
				numbers = append(numbers, n)
			}
		}
		buf = buf[length:]
	}
	return numbers
}
