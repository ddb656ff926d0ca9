package iphlpapi

import (
	"context"
	"time"

	"sockeye/sock"
)

// system is what this package needs of Windows. Every result code is the return
// value of the call, a Win32 error or an NTSTATUS; GetLastError is not set by
// these calls.
type system struct {
	// table is GetExtendedTcpTable or GetExtendedUdpTable. It fills buf; if that
	// is too small it returns the size that is needed.
	table func(t sock.Table, class uint32, buf []byte) (needed, code uint32)
	// module is GetOwnerModuleFromTcpEntry or the twin for the table: it fills
	// buf, which is at address base, with a TCPIP_OWNER_MODULE_BASIC_INFO. The
	// row is one of an ownerModule table.
	module func(t sock.Table, row, buf []byte) (needed, code uint32, base uint64)
	// wordSize is the size of a pointer in what module and processes fill, in bytes.
	wordSize int
	// processes is NtQuerySystemInformation for SystemProcessInformation: it
	// fills buf, which is at address base.
	processes func(buf []byte) (needed, code uint32, base uint64)
	// setTCPEntry is SetTcpEntry with a MIB_TCPROW.
	setTCPEntry func(row []byte) (code uint32)
	// pause waits between two tries.
	pause func(context.Context, time.Duration) error
}

// pause waits, unless the context ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
