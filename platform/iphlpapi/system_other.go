//go:build !windows

package iphlpapi

import "sockeye/sock"

// thisSystem has none of the calls.
func thisSystem() system {
	return system{
		table:       func(sock.Table, uint32, []byte) (uint32, uint32) { return 0, codeNotImplemented },
		module:      func(sock.Table, []byte, []byte) (uint32, uint32, uint64) { return 0, codeNotImplemented, 0 },
		processes:   func([]byte) (uint32, uint32, uint64) { return 0, codeNotImplemented, 0 },
		setTCPEntry: func([]byte) uint32 { return codeNotImplemented },
		wordSize:    8,
		pause:       pause,
	}
}
