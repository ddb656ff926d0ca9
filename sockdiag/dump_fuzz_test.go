package sockdiag

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"sockeye/sock"
)

// FuzzDumpFile reads arbitrary files as dumps.
func FuzzDumpFile(f *testing.F) {
	f.Add(ssDump(f)[:124]) // one message; long seeds make the fuzzer minimise for minutes
	f.Add(slices.Concat(netlinkMessage(sockDiagByFamily, 2, 1, 5, established(1)), netlinkMessage(nlmsgDone, 2, 1, 5, errnoPayload(0))))
	f.Add(slices.Concat(netlinkMessage(tcpDiagGetSock, 2, 1, 5, established(1)), netlinkMessage(nlmsgError, 2, 1, 5, errnoPayload(-2))))
	f.Add(netlinkMessage(sockDiagByFamily, 2, 1, 5, established(1))[:70])
	f.Add([]byte(`{"schema_version":1}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := OpenDump(bytes.NewReader(file))
		if err != nil {
			return
		}
		if !IsDump(file) {
			t.Error("opened, and not known as a dump")
		}
		ended, rows := false, 0
		for s, err := range d.Sockets(t.Context(), anyTCP()) {
			if ended {
				t.Errorf("the stream goes on after its end: %v, %v", s, err)
			}
			if _, part := errors.AsType[*sock.Partial](err); err == nil {
				rows++
				checkRecord(t, s)
			} else if !part {
				ended = true
			}
		}
		if rows > len(file)/inetMsgLen || cap(d.buf) > maxDumpMessage {
			t.Errorf("%d rows and %d bytes of memory for a file of %d", rows, cap(d.buf), len(file))
		}
	})
}
