package iphlpapi

import (
	"errors"
	"fmt"
	"io/fs"
)

// Result codes, from winerror.h and ntstatus.h.
const (
	codeSuccess            = 0
	codeAccessDenied       = 5
	codeNotSupported       = 50
	codeInvalidParameter   = 87
	codeNotImplemented     = 120
	codeInsufficientBuffer = 122
	codeModuleNotFound     = 126
	codeProcNotFound       = 127
	codeMessageNotFound    = 317
	// codeUnsuccessful is STATUS_UNSUCCESSFUL. It is not documented for these
	// calls, which give it for a moment while tables grow.
	codeUnsuccessful = 0xC0000001
	// STATUS_INFO_LENGTH_MISMATCH and STATUS_BUFFER_TOO_SMALL: the buffer is.
	codeLengthMismatch = 0xC0000004
	codeBufferTooSmall = 0xC0000023
)

var codeTexts = map[uint32]string{
	codeAccessDenied:       "access is denied",
	codeNotSupported:       "not supported",
	codeInvalidParameter:   "the parameter is not known",
	codeNotImplemented:     "there is no such call on this system",
	codeInsufficientBuffer: "the table kept growing",
	codeModuleNotFound:     "the library is missing",
	codeProcNotFound:       "the library has no such call",
	codeUnsuccessful:       "the table kept changing",
	codeLengthMismatch:     "the table kept growing",
	codeBufferTooSmall:     "the table kept growing",
}

// CallError is a call of Windows that failed.
type CallError struct {
	Call string
	// Code is the Win32 error or NTSTATUS that the call returned.
	Code uint32
}

// Error names the call, the code and what it means.
func (e *CallError) Error() string {
	if text, ok := codeTexts[e.Code]; ok {
		return fmt.Sprintf("%s: %s (%#x)", e.Call, text, e.Code)
	}
	return fmt.Sprintf("%s: error %#x", e.Call, e.Code)
}

// Is makes a refused call an [fs.ErrPermission].
func (e *CallError) Is(target error) bool {
	return e.Code == codeAccessDenied && target == fs.ErrPermission
}

// errMalformed is the cause if a table is not what it says it is.
var errMalformed = errors.New("the table is malformed")

// errNoTable is the cause for a protocol that Windows has no table of.
var errNoTable = errors.New("there is no such table")
